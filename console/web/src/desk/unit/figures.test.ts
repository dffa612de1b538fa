import { expect, test } from "vitest";
import { monthOf, months, percent } from "./figures";

test("a month begins and ends at the county's midnight", () => {
  expect(monthOf("2026-12")).toEqual(["2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"]);
});

test("the first hours of a month are that month, not the last", () => {
  const chosen = months(Date.parse("2026-05-31T16:30:00Z"));
  expect(chosen[0]).toEqual({ key: "2026-06", title: "2026 年 6 月" });
  expect(chosen[11]?.key).toBe("2025-07");
});

test("a rate of nothing is no rate", () => {
  expect([percent(0.979), percent(0), percent(null)]).toEqual(["97.9%", "0.0%", "–"]);
});
