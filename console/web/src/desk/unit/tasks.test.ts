import { describe, expect, test } from "vitest";
import { optionsOf, pressingFirst } from "./tasks";

const NOW = Date.parse("2026-06-15T02:00:00Z");
const task = (more = {}) =>
  ({
    case_number: "1",
    state: "handling",
    urgency: "ordinary",
    responsible_unit: "u04",
    decided_unit: null,
    due_at: "2026-06-20T02:00:00Z",
    return_until_at: "2026-06-15T03:00:00Z",
    extension_request: null,
    extensions_granted: 0,
    suspension_request: null,
    suspensions: 0,
    ...more,
  }) as never;

describe("what a unit may do with a task", () => {
  test("it is sent back only within the window, and never after a written decision", () => {
    expect(optionsOf(task(), NOW).sendBack).toBe(true);
    expect(optionsOf(task(), NOW + 2 * 3600_000)).toMatchObject({
      sendBack: false,
      noReturn: "回退期限已过",
    });
    expect(optionsOf(task({ decided_unit: "u04" }), NOW)).toMatchObject({
      sendBack: false,
      noReturn: "已书面确权，不能回退",
    });
  });

  test("more time is asked for while there is some left, twice at most, one request at a time", () => {
    expect(optionsOf(task(), NOW).askExtension).toBe(true);
    expect(optionsOf(task({ extensions_granted: 2 }), NOW).askExtension).toBe(false);
    expect(optionsOf(task({ extension_request: {} }), NOW).askExtension).toBe(false);
    expect(optionsOf(task({ due_at: "2026-06-15T01:00:00Z" }), NOW).askExtension).toBe(false);
  });

  test("what rests is only gone on with", () => {
    expect(optionsOf(task({ state: "suspended", suspensions: 1 }), NOW)).toMatchObject({
      resume: true,
      feedBack: false,
      sendBack: false,
      askSuspension: false,
    });
  });
});

test("urgent ones come first, then those with the least time", () => {
  const tasks = [
    task({ case_number: "later" }),
    task({ case_number: "sooner", due_at: "2026-06-16T02:00:00Z" }),
    task({ case_number: "urgent", urgency: "urgent", due_at: "2026-06-30T02:00:00Z" }),
    task({ case_number: "major", urgency: "major" }),
  ];
  expect(pressingFirst(tasks).map((one) => one.case_number)).toEqual(["major", "urgent", "sooner", "later"]);
});
