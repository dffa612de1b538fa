/** The services' doors, typed by their own OpenAPI documents (`scripts/web` makes ./api from them). */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths as Assessment } from "./api/assessment";
import type { paths as Console } from "./api/console";
import type { paths as Dispatch } from "./api/dispatch";
import type { paths as Hotline } from "./api/hotline";
import type { paths as Intake } from "./api/intake";
import { Away, refusal } from "./problem";
import { distrust, freshToken } from "./session";

const PATIENCE = 20_000;

const bearer: Middleware = {
  async onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${await freshToken()}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) distrust();
  },
};

const common = { baseUrl: "/", headers: { "Accept-Language": "zh-CN" }, fetch: patient } as const;

export const intake = createClient<Intake>(common);
export const dispatch = createClient<Dispatch>(common);
export const hotline = createClient<Hotline>(common);
export const assessment = createClient<Assessment>(common);
export const hall = createClient<Console>(common);
for (const client of [intake, dispatch, hotline, assessment, hall]) client.use(bearer);

/** The public's doors: nobody is logged in. */
export const open = createClient<Intake>(common);
export const openHall = createClient<Console>(common);

/**
 * What a door answered, or the refusal thrown: `const cases = await told(intake.GET("/api/intake/cases"))`.
 */
export async function told<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<NonNullable<T>> {
  const { data, error, response } = await asked;
  if (error !== undefined || !response.ok) throw refusal(response.status, error);
  return (data ?? undefined) as NonNullable<T>;
}

/**
 * A key of its own for each thing that a person does; the same key repeats it without doing it twice:
 * keep it until the door has answered.
 */
export function newKey(): string {
  // Not randomUUID: Chrome 87 does not have it.
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The header parameters of a door that changes something; most commands take theirs from ./keyed. */
export function once(key: string): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

/**
 * An answer that does not come, or does not come whole, is none: whoever changed something may repeat it. What is
 * only read may take its time once it comes.
 */
async function patient(request: Request): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { cache: "no-store", signal: stop.signal });
    if (request.method !== "GET") await answer.clone().arrayBuffer();
    return answer;
  } catch {
    throw new Away();
  } finally {
    clearTimeout(timer);
  }
}
