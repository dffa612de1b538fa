/** What an agent has typed is not lost, and a registration that was not answered is not made twice. */
import { beforeEach, expect, it, vi } from "vitest";
import { bodyOf, empty, isBegun, keyFor, useDraft } from "./draft";

const kept = new Map<string, string>();
vi.stubGlobal("sessionStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});
let count = 0;
const fresh = () => `key-${++count}`;

beforeEach(() => kept.clear());

it("what was typed is there after a reload, and gone after the next call began", () => {
  const draft = useDraft();
  draft.words = "井盖缺失";
  expect(useDraft().words).toBe("井盖缺失");

  empty(draft, "13900001234");
  expect(useDraft()).toMatchObject({ words: "", number: "13900001234" });
});

it("a kept draft that nobody can read is an empty one", () => {
  kept.set("qianliyan.call", "{");
  expect(isBegun(useDraft())).toBe(false);
});

it("the same words are sent again with the same key, also after a reload; other words with another", () => {
  const draft = useDraft();
  draft.words = "井盖缺失";
  const key = keyFor(draft, fresh);
  expect(keyFor(useDraft(), fresh)).toBe(key);

  draft.words = "井盖缺失，很危险";
  expect(keyFor(draft, fresh)).not.toBe(key);
});

it("a number alone is no begun call, and neither is a registered one", () => {
  const draft = useDraft();
  draft.number = "13900001234";
  expect(isBegun(draft)).toBe(false);
  draft.words = "路灯不亮";
  expect(isBegun(draft)).toBe(true);
  draft.registered = { report_number: "H1", notice: "" };
  expect(isBegun(draft)).toBe(false);
});

it("blanks around what was typed are not sent", () => {
  const draft = useDraft();
  Object.assign(draft, { number: " 139 ", words: " 坑 ", point: { lon: 114, lat: 36 } });
  expect(bodyOf(draft)).toMatchObject({
    caller_number: "139",
    words: "坑",
    position: { lon: 114, lat: 36, datum: "wgs84" },
  });
});
