import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { effectScope } from "vue";
import { LATER, useChanges } from "./changes";
import type { Row } from "./live";

let push: (rows: Row[] | "reset") => void = () => undefined;
vi.mock("./live", () => ({ useLive: (listener: typeof push) => (push = listener) }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const row = (number: string) => ({ number }) as Row;
function following() {
  const act = vi.fn();
  const scope = effectScope();
  scope.run(() => useChanges(act, (one) => one.number === "R1"));
  return { act, scope };
}

test("what is shown is read at once, and once more when every service has heard of the change", async () => {
  const { act } = following();
  push([row("R1")]);
  expect(act).toHaveBeenCalledTimes(1);

  await vi.advanceTimersByTimeAsync(LATER * 3);
  expect(act).toHaveBeenCalledTimes(2);
});

test("after a burst once more is enough", async () => {
  const { act } = following();
  for (let time = 0; time < 4; time += 1) {
    push([row("R2"), row("R1")]);
    await vi.advanceTimersByTimeAsync(LATER / 2);
  }
  await vi.advanceTimersByTimeAsync(LATER * 3);

  expect(act).toHaveBeenCalledTimes(5);
});

test("another row concerns nobody here, a reset everybody", async () => {
  const { act } = following();
  push([row("R2")]);
  expect(act).not.toHaveBeenCalled();

  push("reset");
  expect(act).toHaveBeenCalledTimes(1);
});

test("who has left reads no more", async () => {
  const { act, scope } = following();
  push([row("R1")]);
  scope.stop();
  await vi.advanceTimersByTimeAsync(LATER * 3);

  expect(act).toHaveBeenCalledTimes(1);
});
