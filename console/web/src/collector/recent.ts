/** 最近使用: kinds and places that one has reported lately, on this phone. */
import { ref } from "vue";

const KEPT = "qianliyan.collector.recent";
const MOST = 6;

interface Recent {
  kinds: string[];
  addresses: string[];
}

function read(): Recent {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Partial<Recent>;
    return { kinds: found.kinds ?? [], addresses: found.addresses ?? [] };
  } catch {
    return { kinds: [], addresses: [] };
  }
}

export const recent = ref<Recent>(read());

export function used(kind: string | null, address: string): void {
  recent.value = {
    kinds: kind ? first(kind, recent.value.kinds) : recent.value.kinds,
    addresses: address ? first(address, recent.value.addresses) : recent.value.addresses,
  };
  try {
    localStorage.setItem(KEPT, JSON.stringify(recent.value));
  } catch {
    // A full phone suggests what it knows as long as the app is open.
  }
}

function first(one: string, others: string[]): string[] {
  return [one, ...others.filter((other) => other !== one)].slice(0, MOST);
}
