import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { effectScope } from "vue";
import { useList } from "./lists";
import type { Row } from "./live";

let push: (rows: Row[]) => void = () => undefined;
vi.mock("./live", () => ({ useLive: (listener: typeof push) => (push = listener) }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A list whose reading takes so many milliseconds; each page holds the number of the reading. */
function list(takes: number) {
  let reading = 0;
  const scope = effectScope();
  const shown = scope.run(() =>
    useList(async () => {
      const mine = ++reading;
      await new Promise((resolve) => setTimeout(resolve, takes));
      return { rows: [mine], next: null };
    }),
  )!;
  return { rows: shown.rows, scope, readings: () => reading };
}
const news = async (times: number, every: number) => {
  for (let time = 0; time < times; time += 1) {
    push([{} as Row]);
    await vi.advanceTimersByTimeAsync(every);
  }
};

test("a steady stream of news does not keep a list from being read", async () => {
  const { rows, readings } = list(10);
  await news(20, 100);

  expect(rows.value[0]).toBeGreaterThan(3);
  expect(readings()).toBeLessThan(8);
});

test("nor on a line on which reading takes longer than the news", async () => {
  const { rows } = list(1_500);
  await news(50, 100);

  expect(rows.value[0]).toBeGreaterThan(1);
});

test("news that comes while the list is read is read after it", async () => {
  const { rows } = list(100);
  await vi.advanceTimersByTimeAsync(200);
  push([{} as Row]);
  await vi.advanceTimersByTimeAsync(450);
  push([{} as Row]);
  await vi.advanceTimersByTimeAsync(1_000);

  expect(rows.value).toEqual([3]);
});

test("a list that is left is read no more", async () => {
  const { scope, readings } = list(100);
  await vi.advanceTimersByTimeAsync(200);
  push([{} as Row]);
  await vi.advanceTimersByTimeAsync(450);
  push([{} as Row]);
  scope.stop();
  await vi.advanceTimersByTimeAsync(5_000);

  expect(readings()).toBe(2);
});

test("without any news a list is read again every minute", async () => {
  const { readings, scope } = list(10);
  await vi.advanceTimersByTimeAsync(125_000);
  expect(readings()).toBe(3);

  scope.stop();
  await vi.advanceTimersByTimeAsync(125_000);
  expect(readings()).toBe(3);
});
