import { describe, expect, it } from "vitest";
import type { Grid } from "@/shared/grid";
import { placeName, placesFor } from "./places";

const cell = (code: string, village: string) => ({ properties: { code, village, town: "城关镇" } });
const GRID = {
  cells: {
    features: [
      cell("410523100201002", "北关村民委员会"),
      cell("410523100201001", "北关村民委员会"),
      cell("410523100200001", "石家庄村民委员会"),
    ],
  },
  responsibility_grids: {
    features: [{ properties: { code: "410523Z001", name: "城关镇第1责任网格" } }],
  },
} as unknown as Grid;
const offered = (typed: string) =>
  placesFor(GRID, typed).map((group) => [group.title, ...group.places.map((one) => one.name)]);

describe("places to look in", () => {
  it("are grids and communities, each once", () => {
    expect(offered("")).toEqual([
      ["责任网格", "城关镇第1责任网格"],
      ["社区、村", "城关镇 石家庄村", "城关镇 北关村"],
    ]);
  });
  it("are found by a part of the name or the beginning of the code", () => {
    expect(offered("北关")).toEqual([["社区、村", "城关镇 北关村"]]);
    expect(offered("410523z")).toEqual([["责任网格", "城关镇第1责任网格"]]);
    expect(offered("城关 石")).toEqual([["社区、村", "城关镇 石家庄村"]]);
    expect(offered("没有的地方")).toEqual([]);
  });
  it("are cells when a code leads to them", () => {
    expect(offered("4105231002010")).toEqual([["单元网格", "410523100201002", "410523100201001"]]);
    expect(offered("41052310")).toHaveLength(1);
  });
  it("have names by their codes", () => {
    expect(placeName(GRID, "410523100201")).toBe("城关镇 北关村");
    expect(placeName(GRID, "410523Z999")).toBe("410523Z999");
    expect(placeName(null, "410523Z001")).toBe("410523Z001");
  });
});
