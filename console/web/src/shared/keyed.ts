/** Keys of commands (幂等键): while nobody answers, pressing again repeats the same command and does not do it twice. */
import { newKey } from "./doors";
import { Away, Refused } from "./problem";

/** After this long the same command is meant anew: the case may have come round again. */
const MEANT = 10 * 60_000;
const pending = new Map<string, { key: string; since: number }>();

/**
 * Do `work` with the key of this command on this thing; the key is given up when the door has answered. A door that
 * stumbles (5xx) has not.
 */
export async function keyed<T>(
  command: string,
  work: (header: { "Idempotency-Key": string }) => Promise<T>,
): Promise<T> {
  const key = keyOf(command);
  try {
    const answer = await work({ "Idempotency-Key": key });
    pending.delete(command);
    return answer;
  } catch (error) {
    if (unanswered(error)) throw error;
    pending.delete(command);
    // The door keeps only what it has done: the first attempt, of which nobody heard, has arrived.
    if (error instanceof Refused && error.kind === "idempotency-key-reused")
      throw new Refused(error.status, error.kind, "上一次提交已被接收，请刷新查看；要更改请再次提交");
    throw error;
  }
}

function keyOf(command: string): string {
  const known = pending.get(command);
  if (known && Date.now() - known.since < MEANT) return known.key;
  const key = newKey();
  pending.set(command, { key, since: Date.now() });
  return key;
}

function unanswered(error: unknown): boolean {
  return error instanceof Away || (error instanceof Refused && error.status >= 500);
}
