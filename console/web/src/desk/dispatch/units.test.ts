import { expect, test, vi } from "vitest";
import { loadOf, matches, presenceOf } from "./units";

vi.mock("@/shared/doors", () => ({ dispatch: {}, told: async () => undefined }));
vi.mock("@/shared/live", () => ({ useLive: () => undefined }));
const unit = { code: "u04", name: "示例市政管理所", open: 3, overdue: 0, silent: false };

test("a unit is found by parts of its name and by its code", () => {
  expect(matches(unit, "市政")).toBe(true);
  expect(matches(unit, "U04")).toBe(true);
  expect(matches(unit, "示例 管理")).toBe(true);
  expect(matches(unit, "环卫")).toBe(false);
});

test("a unit's load tells of what is late only when something is", () => {
  expect(loadOf(unit)).toBe("在办 3");
  expect(loadOf({ ...unit, overdue: 2, silent: true })).toBe("在办 3 · 超期 2 · 系统沉默");
});

test("a unit whose system was never seen works at the unit desk", () => {
  const seen = { ...unit, seen_at: null, read_at: null, spoke_at: null, unsigned: 0 };
  expect(presenceOf(seen, 0).text).toBe("单位工作台办理");
  expect(
    presenceOf({ ...seen, seen_at: "2026-06-15T08:00:00Z" }, Date.parse("2026-06-15T08:01:00Z")).text,
  ).toBe("在线");
  expect(
    presenceOf({ ...seen, seen_at: "2026-06-15T08:00:00Z" }, Date.parse("2026-06-15T09:00:00Z")).text,
  ).toBe("离线");
});
