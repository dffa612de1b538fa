/** Keys of commands (幂等键): while nobody answers, pressing again repeats the same command and does not do it twice. */
import { newKey } from "./doors";
import { Away } from "./problem";

const pending = new Map<string, string>();

/** Do `work` with the key of this command on this thing; the key is given up when the door has answered. */
export async function keyed<T>(
  command: string,
  work: (header: { "Idempotency-Key": string }) => Promise<T>,
): Promise<T> {
  const key = pending.get(command) ?? newKey();
  pending.set(command, key);
  try {
    const answer = await work({ "Idempotency-Key": key });
    pending.delete(command);
    return answer;
  } catch (error) {
    if (!(error instanceof Away)) pending.delete(command);
    throw error;
  }
}
