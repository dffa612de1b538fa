import { afterEach, expect, test, vi } from "vitest";
import { open, told } from "./doors";
import { Away } from "./problem";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A line that breaks, or falls silent, after the answer has begun. */
function begun(signal: AbortSignal | null | undefined, end: "breaks" | "silent"): Response {
  const body = new ReadableStream({
    start(line) {
      line.enqueue(new TextEncoder().encode('{"token": "a'));
      if (end === "breaks") line.error(new TypeError("network error"));
      signal?.addEventListener("abort", () => line.error(new DOMException("aborted", "AbortError")));
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}

const draft = () => told(open.POST("/api/intake/public/drafts", { baseUrl: "http://here", body: {} }));

test("an answer that breaks off is none", async () => {
  vi.stubGlobal("fetch", async (_: Request, asked: RequestInit) => begun(asked.signal, "breaks"));

  await expect(draft()).rejects.toThrow(Away);
});

test("an answer that begins and does not end is none once patience is over", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (_: Request, asked: RequestInit) => begun(asked.signal, "silent"));

  const asked = expect(draft()).rejects.toThrow(Away);
  await vi.advanceTimersByTimeAsync(20_000);

  await asked;
});
