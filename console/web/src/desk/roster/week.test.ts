import { describe, expect, it } from "vitest";
import { dayOf, shiftOn, shiftsIn, weekOf, type Shift } from "./week";

describe("the roster's week", () => {
  it("begins on Monday by the county's time, whatever the browser's", () => {
    // Sunday 2026-06-14 23:30 in the county, and half an hour later.
    expect(weekOf(Date.parse("2026-06-14T15:30:00Z"))[0]).toEqual({ day: "2026-06-08", name: "周一" });
    expect(weekOf(Date.parse("2026-06-14T16:00:00Z"))[0]?.day).toBe("2026-06-15");
    expect(weekOf(Date.parse("2026-06-14T16:00:00Z"), 1)[6]).toEqual({ day: "2026-06-28", name: "周日" });
    expect(dayOf("2026-06-14T16:00:00Z")).toBe("2026-06-15");
  });

  it("lets a shift end on the next day, and refuses what is no time", () => {
    expect(shiftOn("2026-06-30", "20:00", "08:00")).toEqual({
      starts_at: "2026-06-30T20:00:00+08:00",
      ends_at: "2026-07-01T08:00:00+08:00",
    });
    expect(shiftOn("2026-06-30", "16:00", "24:00")?.ends_at).toBe("2026-07-01T00:00:00+08:00");
    expect(shiftOn("2026-06-30", "08:00", "16:00")?.ends_at).toBe("2026-06-30T16:00:00+08:00");
    expect(shiftOn("2026-06-30", "8", "16:00")).toBeNull();
    expect(shiftOn("2026-06-30", "25:00", "16:00")).toBeNull();
  });

  it("stands in the cell of its post, person and first day", () => {
    const shift = (starts_at: string, more = {}) =>
      ({ post: "dispatcher", person_id: "p", starts_at, ...more }) as Shift;
    const late = shift("2026-06-15T12:00:00Z");
    const early = shift("2026-06-15T00:00:00Z");
    const night = shift("2026-06-15T16:00:00Z");

    expect(shiftsIn([late, early, night], "dispatcher", "p", "2026-06-15")).toEqual([early, late]);
    expect(shiftsIn([late], "hotline_agent", "p", "2026-06-15")).toEqual([]);
  });
});
