import { describe, expect, it } from "vitest";
import { monthsOf } from "./calendar";

describe("a year of the calendar", () => {
  const months = monthsOf(
    2026,
    [{ day: "2026-10-01", festival: "国庆节" }],
    [{ day: "2026-10-10", festival: "国庆节" }],
  );
  it("begins weeks on Monday", () => {
    // 1 October 2026 is a Thursday.
    expect(months[9]?.before).toBe(3);
    expect(months[1]?.days.length).toBe(28);
  });
  it("a Saturday that is made up for is a working day, a holiday is none", () => {
    const october = months[9]?.days ?? [];
    expect([october[0]?.kind, october[0]?.festival]).toEqual(["holiday", "国庆节"]);
    expect(october[9]?.kind).toBe("make_up");
    expect(october[10]?.kind).toBe("weekend");
    expect(october[11]?.kind).toBe("work");
  });
});
