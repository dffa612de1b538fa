/** Kinds are found as clerks type them. */
import { describe, expect, it } from "vitest";
import { found, kindOf, kindsOf } from "./catalogue";

const KINDS = kindsOf([
  {
    code: "C01",
    name: "公用设施",
    kind: "component",
    kind_text: "部件",
    subcategories: [
      { code: "C0101", name: "上水井盖", standards: [] },
      { code: "C0110", name: "路灯", standards: [] },
    ],
  },
  {
    code: "I01",
    name: "市容环境",
    kind: "incident",
    kind_text: "事件",
    subcategories: [
      { code: "I0101", name: "私搭乱建", standards: [] },
      { code: "I0104", name: "道路不洁", standards: [] },
    ],
  },
] as never);

describe("a kind is found", () => {
  it("by any part of its name", () => {
    expect(found(KINDS, "井盖").map((kind) => kind.code)).toEqual(["C0101"]);
  });
  it("by its code, whatever the case", () => {
    expect(found(KINDS, "i01").map((kind) => kind.code)).toEqual(["I0101", "I0104"]);
  });
  it("by its category and name together", () => {
    expect(found(KINDS, "市容 路").map((kind) => kind.code)).toEqual(["I0104"]);
  });
  it("first where the name begins with what was typed", () => {
    expect(found(KINDS, "路").map((kind) => kind.name)).toEqual(["路灯", "道路不洁"]);
  });
  it("not when nothing has it", () => {
    expect(found(KINDS, "火星")).toEqual([]);
  });
});

it("an empty search shows the whole catalogue in its order", () => {
  expect(found(KINDS, "  ")).toEqual(KINDS);
  expect(kindOf(KINDS, "I0104")?.category).toBe("市容环境");
  expect(kindOf(KINDS, null)).toBeUndefined();
});
