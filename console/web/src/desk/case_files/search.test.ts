import { describe, expect, it } from "vitest";
import { countOf, isNothing, NOTHING, queryOf, SavedFilters } from "./search";

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("what is looked for", () => {
  it("says nothing of what does not matter", () => {
    expect(queryOf(NOTHING)).toEqual({});
    expect(isNothing({ ...NOTHING, words: "  " })).toBe(true);
  });
  it("names the part of the county by its code", () => {
    expect(queryOf({ ...NOTHING, grid: "410523100201" })).toEqual({ grid: "410523100201" });
  });
  it("takes whole days of the county", () => {
    expect(queryOf({ ...NOTHING, days: ["2026-06-15", "2026-06-15"] })).toEqual({
      received_from: "2026-06-14T16:00:00.000Z",
      received_until: "2026-06-15T16:00:00.000Z",
    });
  });
  it("counts exactly or says that there are more", () => {
    expect([countOf(12, false), countOf(10_000, true)]).toEqual(["12 件", "超过 10,000 件"]);
  });
});

describe("saved filters", () => {
  it("are one person's, and one of the same name is replaced", () => {
    const store = memory();
    const mine = new SavedFilters("p1", store);
    mine.keep("超时", { ...NOTHING, overdue: true });
    mine.keep("超时", { ...NOTHING, overdue: true, unit: "u1" });
    expect(mine.all().map((one) => [one.name, one.wanted.unit])).toEqual([["超时", "u1"]]);
    expect(new SavedFilters("p2", store).all()).toEqual([]);
    expect(mine.remove("超时")).toEqual([]);
  });
  it("of an older version get what they lack", () => {
    const store = memory();
    store.setItem("qianliyan.filters.p1", JSON.stringify([{ name: "旧", wanted: { words: "井盖" } }]));
    expect(new SavedFilters("p1", store).all()[0]?.wanted).toEqual({ ...NOTHING, words: "井盖" });
  });
});
