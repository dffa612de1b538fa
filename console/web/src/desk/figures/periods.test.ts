import { describe, expect, it } from "vitest";
import { asked, percent, PERIODS } from "./periods";

const days = (name: string, at: string) => PERIODS.find((one) => one.name === name)?.days(Date.parse(at));

describe("periods", () => {
  it("follow the county's day: half past midnight there is yesterday in UTC", () => {
    const at = "2026-05-31T16:30:00Z";

    expect(days("today", at)).toEqual(["2026-06-01", "2026-06-01"]);
    expect(days("week", at)).toEqual(["2026-05-26", "2026-06-01"]);
    expect(days("month", at)).toEqual(["2026-06-01", "2026-06-01"]);
    expect(days("last-month", at)).toEqual(["2026-05-01", "2026-05-31"]);
  });

  it("end with the last day's end, and have no end while they run", () => {
    const now = Date.parse("2026-06-15T04:00:00Z");

    expect(asked("2026-05-01", "2026-05-31", now)).toEqual({
      from: "2026-05-01T00:00:00+08:00",
      to: "2026-06-01T00:00:00+08:00",
    });
    expect(asked("2026-06-01", "2026-06-15", now)).toEqual({ from: "2026-06-01T00:00:00+08:00" });
  });

  it("show a rate of nothing as nothing, not as nought", () => {
    expect([percent(null), percent(0), percent(0.979)]).toEqual(["—", "0.0 %", "97.9 %"]);
  });
});
