/** Who is logged in (会话): a short-lived token in memory; the refresh token is shared by all tabs of this browser. */
import { computed, readonly, ref } from "vue";
import type { components } from "./api/console";
import { Away, refusal, Refused } from "./problem";

export type Person = components["schemas"]["Person"];
type LoggedIn = components["schemas"]["LoggedIn"];

const KEPT = "qianliyan.refresh";
const EARLY = 60_000; // by our own clock, which may differ from the server's
const LIFETIME = 5 * 60_000;

const person = ref<Person | null>(null);
let token = "";
let until = 0;

export const me = readonly(person);
export const actions = computed(() => new Set(person.value?.actions ?? []));

/** Whether the person has a right, by its name in the table of roles (case_contracts/roles.py). */
export function may(action: string): boolean {
  return actions.value.has(action);
}

/** With a one-time password (一次性口令) comes the one that takes its place. */
export async function logIn(login: string, password: string, chosen?: string): Promise<void> {
  await enter("/api/console/login", { login, password, ...(chosen ? { new_password: chosen } : {}) });
}

/** This browser's refresh token: whoever changes their password stays logged in here, and nowhere else. */
export function refreshToken(): string | null {
  return localStorage.getItem(KEPT);
}

/** Go on with what an earlier tab or visit left; null when there is nothing, or it holds no more. */
export async function resume(): Promise<Person | null> {
  if (!localStorage.getItem(KEPT)) return null;
  try {
    await renew();
  } catch (error) {
    if (error instanceof Away) throw error;
  }
  return person.value as Person | null;
}

export async function logOut(): Promise<void> {
  const secret = localStorage.getItem(KEPT);
  forget();
  if (secret) await ask("/api/console/logout", { refresh_token: secret }).catch(() => undefined);
}

/** A token that holds for a while yet. Throws Refused (401) when the person must log in again. */
export async function freshToken(): Promise<string> {
  if (Date.now() < until - EARLY) return token;
  await renew();
  return token;
}

/** The server did not take the token: the next request asks for another. */
export function distrust(): void {
  until = 0;
}

/** Told when this or another tab logs out. */
export function onLogOut(tell: () => void): void {
  leaving.add(tell);
}

const leaving = new Set<() => void>();
let renewing: Promise<void> | null = null;

function renew(): Promise<void> {
  renewing ??= alone(async () => {
    const secret = localStorage.getItem(KEPT);
    if (!secret) throw new Refused(401, "not-authenticated", "请先登录");
    try {
      await enter("/api/console/refresh", { refresh_token: secret });
    } catch (error) {
      if (error instanceof Refused && error.status === 401) forget();
      throw error;
    }
  }).finally(() => {
    renewing = null;
  });
  return renewing;
}

/** One tab at a time: a refresh token is good for one use. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return work();
  await navigator.locks.request(KEPT, work);
}

async function enter(path: string, body: unknown): Promise<void> {
  const entered = (await ask(path, body)) as LoggedIn;
  token = entered.token;
  until = Date.now() + LIFETIME;
  localStorage.setItem(KEPT, entered.refresh_token);
  person.value = entered.person;
}

async function ask(path: string, body: unknown): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": "zh-CN" },
      body: JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Away();
  }
  const said = (await answer.json().catch(() => null)) as unknown;
  if (!answer.ok) throw refusal(answer.status, said);
  return said;
}

function forget(): void {
  token = "";
  until = 0;
  localStorage.removeItem(KEPT);
  person.value = null;
  for (const tell of leaving) tell();
}

if (typeof window !== "undefined") {
  window.addEventListener("storage", (change) => {
    if (change.key === KEPT && change.newValue === null && person.value) forget();
  });
}
