import { describe, expect, test, vi } from "vitest";
import { beginsAgain, leftOf, limitOf } from "./assignments";

vi.mock("./doors", () => ({ dispatch: {}, told: async () => undefined }));
const HOUR = 3600;
const task = (remaining_seconds: number | null, more = {}) =>
  ({ remaining_seconds, limit: 5, limit_unit: "working_day", state: "handling", ...more }) as never;

describe("what is left of a task", () => {
  test.each([
    [40 * HOUR, "剩 5 工作日"],
    [19.5 * HOUR, "剩 2 工作日 3 时"],
    [1.5 * HOUR, "剩 1 工作时 30 分"],
    [60, "剩 1 分（工作时间）"],
    [-9 * HOUR, "超 1 工作日 1 时"],
    [null, ""],
  ])("%s seconds of working time: %s", (seconds, words) => {
    expect(leftOf(task(seconds))).toBe(words);
  });

  test("emergency limits run day and night", () => {
    expect(leftOf(task(30 * HOUR, { limit_unit: "emergency_hour" }))).toBe("剩 1 天 6 小时");
  });

  test("the dispatcher's minutes run day and night", () => {
    expect(leftOf(task(9 * HOUR, { state: "awaiting_dispatch" }))).toBe("剩 9 小时");
  });

  test("a limit is read as the handbook writes it", () => {
    expect(limitOf(task(0))).toBe("5 工作日");
  });
});

describe("why a unit begins again", () => {
  test("is rework after a failed check and reopening after a closing, and nothing in the first round", () => {
    expect(beginsAgain({ reopened: false, rework_reason: "问题仍在" })?.title).toBe("返工");
    expect(beginsAgain({ reopened: true, rework_reason: "又塌了" })).toEqual({
      title: "重新处置",
      reason: "又塌了",
    });
    expect(beginsAgain({ reopened: false, rework_reason: "" })).toBeNull();
  });
});
