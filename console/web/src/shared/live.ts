/** Live by server push (实时): what changed comes as rows of case files; a cut connection heals and misses nothing. */
import { onScopeDispose, readonly, ref } from "vue";
import type { components } from "./api/console";
import { distrust, freshToken } from "./session";

export type Row = components["schemas"]["Row"];
interface StreamEvent {
  rows: Row[];
  gone?: unknown[];
}
export type Connection = "live" | "connecting" | "away";

/** The server sends a heartbeat every 15 seconds; silence for longer is a dead connection. */
const SILENCE = 40_000;
const PAUSES = [500, 1_000, 2_000, 5_000, 10_000];

const state = ref<Connection>("connecting");
export const connection = readonly(state);

type Listener = (rows: Row[] | "reset") => void;
const listeners = new Set<Listener>();
let cursor = "";
let running: AbortController | null = null;

/** Stay connected until `disconnect`; a second call changes nothing. */
export function connect(): void {
  if (running) return;
  running = new AbortController();
  void keepOn(running.signal);
}

export function disconnect(): void {
  running?.abort();
  running = null;
  cursor = "";
  state.value = "connecting";
}

/** Hear of changed rows while the calling component lives; "reset" says: load everything anew. */
export function useLive(listener: Listener): void {
  listeners.add(listener);
  onScopeDispose(() => listeners.delete(listener));
}

async function keepOn(stopped: AbortSignal): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    try {
      await listen(stopped, () => {
        failures = 0;
        state.value = "live";
      });
    } catch {
      // Shown by the connection's state.
    }
    if (stopped.aborted) return;
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 1_000;
    failures += 1;
    if (failures > 1) state.value = "away";
    await new Promise((resolve) => {
      setTimeout(resolve, pause);
      window.addEventListener("online", resolve, { once: true });
    });
  }
}

async function listen(stopped: AbortSignal, opened: () => void): Promise<void> {
  const stop = new AbortController();
  stopped.addEventListener("abort", () => stop.abort(), { once: true });
  let timer = setTimeout(() => stop.abort(), SILENCE);
  try {
    const answer = await fetch("/api/console/stream", {
      headers: {
        Authorization: `Bearer ${await freshToken()}`,
        Accept: "text/event-stream",
        ...(cursor ? { "Last-Event-ID": cursor } : {}),
      },
      cache: "no-store",
      signal: stop.signal,
    });
    if (answer.status === 401) distrust();
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    opened();
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENCE);
      rest += decoder.decode(value, { stream: true });
      const events = rest.split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) take(event);
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function take(event: string): void {
  const said = parse(event);
  const first = !cursor;
  if (said.id) cursor = said.id;
  if (said.event === "change") {
    const { rows, gone } = JSON.parse(said.data) as StreamEvent;
    tell(rows);
    // What this person may see no more is in no list of theirs.
    if (gone?.length) tell("reset");
  }
  // What changed between a list's reading and the first connection is told by nobody else.
  if (said.event === "reset" || (said.event === "ready" && first)) tell("reset");
}

function tell(rows: Row[] | "reset"): void {
  for (const listener of listeners) listener(rows);
}

/** One server-sent event (WHATWG HTML, 9.2). */
export function parse(event: string): { event: string; id: string; data: string } {
  const said = { event: "message", id: "", data: "" };
  const data: string[] = [];
  for (const line of event.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    const field = line.slice(0, colon);
    if (field === "data") data.push(value);
    else if (field === "id" || field === "event") said[field] = value;
  }
  said.data = data.join("\n");
  return said;
}
