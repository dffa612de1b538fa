/** 我的上报 of this browser: numbers and query words, so that nobody has to write them down. */
import { ref } from "vue";

export interface Told {
  number: string;
  word: string;
  at: string;
  words: string;
}

const KEPT = "qianliyan.public.told";
const MOST = 30;

function read(): Told[] {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]") as unknown;
    return Array.isArray(found) ? (found as Told[]) : [];
  } catch {
    return [];
  }
}

export const told = ref<Told[]>(read());

function keep(list: Told[]): void {
  told.value = list.slice(0, MOST);
  try {
    localStorage.setItem(KEPT, JSON.stringify(told.value));
  } catch {
    // In a private window the list lives as long as the page.
  }
}

export function remember(one: Told): void {
  keep([one, ...told.value.filter((other) => other.number !== one.number)]);
}

export function forgetTold(number: string): void {
  keep(told.value.filter((other) => other.number !== number));
}
