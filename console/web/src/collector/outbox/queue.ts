/** The outbox (发件箱) as the app sees it: what waits, what became of it, and when it is tried again. */
import { computed, ref, shallowRef } from "vue";
import { newKey } from "@/shared/doors";
import { Away, refusal } from "@/shared/problem";
import { distrust, freshToken, refreshToken } from "@/shared/session";
import { loginWanted, person } from "../person";
import { corrected, entryOf, mayChange, pauseAfter, type Entry, type Message } from "./entry";
import { sendAll, type Doors, type Round } from "./sending";
import { Store, type KeptPhoto } from "./store";

const PHOTO_PATIENCE = 120_000;
const MESSAGE_PATIENCE = 30_000;

const all = shallowRef<Entry[]>([]);
export const sending = ref(false);
/** How the last round ended. */
export const round = ref<Round>("idle");

export const own = computed(() =>
  all.value.filter((one) => one.person === person.value?.person_id).sort((a, b) => b.order - a.order),
);
export const waiting = computed(() => own.value.filter((one) => one.state === "waiting").reverse());
export const refusals = computed(() => own.value.filter((one) => one.state === "refused"));
export const sent = computed(() => own.value.filter((one) => one.state === "sent"));
/** Messages of others who used this phone before. */
export const othersUnsent = computed(
  () => all.value.filter((one) => one.person !== person.value?.person_id && one.state !== "sent").length,
);

let opened: Promise<Store> | null = null;
export function store(): Promise<Store> {
  opened ??= Store.open().catch((error: unknown) => {
    opened = null; // A phone that was full may have room when it is tried again.
    throw error;
  });
  return opened;
}

/** Put a message into the queue; `instead` names the refused one that it corrects. */
export async function enqueue(message: Message, { instead = "", draft = "" } = {}): Promise<void> {
  const shelf = await store();
  const old = instead ? (await shelf.entries()).find((one) => one.id === instead) : undefined;
  const at = Date.now();
  await shelf.add(old ? corrected(old, message, at) : entryOf(message, at), {
    instead: old?.id ?? "",
    draft,
  });
  // From here on it is kept: that the outbox cannot be shown is no reason to write it twice.
  await look().catch(console.error);
  void flush();
}

/** Throw a message away that has surely not arrived. */
export async function discard(entry: Entry): Promise<void> {
  await (await store()).discard(entry.id, mayChange);
  await look();
}

export async function look(): Promise<void> {
  all.value = await (await store()).entries();
}

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let running = false;

/** Try to send everything now. */
export async function flush(): Promise<void> {
  const who = person.value?.person_id;
  if (!who || running || loginWanted.value) return;
  running = true;
  clearTimeout(timer);
  try {
    await alone(async () => {
      sending.value = waiting.value.length > 0;
      round.value = await sendAll(await store(), doors, who, Date.now, { changed: () => void look() });
    });
  } catch (error) {
    console.error(error);
    round.value = "later";
  } finally {
    running = false;
    sending.value = false;
    await look();
  }
  // A token that was refused too early is renewed; only without anything to renew it by must the person log in.
  if (round.value === "login" && !refreshToken()) loginWanted.value = true;
  failures = round.value === "idle" ? 0 : failures + 1;
  if (waiting.value.length) timer = setTimeout(() => void flush(), pauseAfter(failures) || 1_000);
}

/** From now on: send when the network is back, when the app is looked at, and after growing pauses. */
export async function keepSending(): Promise<void> {
  const soon = () => {
    failures = 0;
    void look().then(flush);
  };
  window.addEventListener("online", soon);
  window.addEventListener("focus", soon);
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  await (await store()).sweep();
  await look();
  await flush();
}

/** One sender in this browser, however many tabs there are. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return work();
  await navigator.locks.request("qianliyan.outbox", { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

const doors: Doors = {
  async putPhoto({ sha256, type, bytes }: KeptPhoto) {
    await ask(`/api/intake/attachments/${sha256}`, { method: "PUT", body: bytes, type }, PHOTO_PATIENCE);
  },
  post: (path, body, key) =>
    ask(
      path,
      { method: "POST", body: JSON.stringify(body), type: "application/json", key },
      MESSAGE_PATIENCE,
    ),
};

interface Asked {
  method: string;
  body: BodyInit;
  type: string;
  key?: string;
}

/** A request of the own origin with the person's token; throws Away or Refused. */
export async function ask(
  path: string,
  { method, body, type, key }: Asked,
  patience: number,
): Promise<unknown> {
  const token = await freshToken();
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), patience);
  let answer: Response;
  let said: unknown;
  try {
    answer = await fetch(path, {
      method,
      body,
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": type,
        "Accept-Language": "zh-CN",
        "Idempotency-Key": key ?? newKey(),
      },
      cache: "no-store",
      signal: stop.signal,
    });
    const text = await answer.text();
    said = text.startsWith("{") ? (JSON.parse(text) as unknown) : null;
  } catch {
    throw new Away();
  } finally {
    clearTimeout(late);
  }
  if (answer.status === 401) distrust();
  if (!answer.ok) throw refusal(answer.status, said);
  return said;
}
