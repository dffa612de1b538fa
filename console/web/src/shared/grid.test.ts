/** A point lies in one cell, and the cell says where that is. */
import { describe, expect, it } from "vitest";
import { finderOf, gridName, nameOfCell, villagesNamed, type Cell, type Grid } from "./grid";
import { metresBetween } from "./point";

function square(code: string, west: number, south: number, hole?: number[][]): Cell {
  const ring = [
    [west, south],
    [west + 1, south],
    [west + 1, south + 1],
    [west, south + 1],
    [west, south],
  ];
  return {
    type: "Feature",
    id: code,
    properties: { code, responsibility_grid: "G1", village: "东古贤村村民委员会", town: "古贤镇" },
    geometry: { type: "Polygon", coordinates: hole ? [ring, hole] : [ring] },
  } as Cell;
}

const HOLE = [
  [1.4, 0.4],
  [1.6, 0.4],
  [1.6, 0.6],
  [1.4, 0.6],
];
const GRID = {
  responsibility_grids: { features: [{ properties: { code: "G1", name: "古贤一格" } }] },
} as Grid;

describe("a point's cell", () => {
  const find = finderOf([square("west", 0, 0), square("east", 1, 0, HOLE)]);
  it("is the one around it, from one to the next", () => {
    expect(find({ lon: 0.5, lat: 0.5 })?.id).toBe("west");
    expect(find({ lon: 1.2, lat: 0.2 })?.id).toBe("east");
    expect(find({ lon: 0.1, lat: 0.9 })?.id).toBe("west");
  });
  it("is none in a hole or outside", () => {
    expect(find({ lon: 1.5, lat: 0.5 })).toBeNull();
    expect(find({ lon: 3, lat: 0.5 })).toBeNull();
  });
});

it("a cell is named by town, village and responsibility grid", () => {
  expect(nameOfCell(square("west", 0, 0), GRID)).toBe("古贤镇 · 东古贤村 · 古贤一格");
  expect(nameOfCell(null, GRID)).toBe("");
  expect(gridName(GRID, "G1")).toBe("古贤一格");
  expect(gridName(GRID, "G9")).toBe("G9");
});

it("a second of latitude is about 31 metres", () => {
  expect(metresBetween({ lon: 114, lat: 36 }, { lon: 114, lat: 36 + 1 / 3600 })).toBeCloseTo(30.9, 1);
});

it("an address that names a village leads to it, by its short name too", () => {
  const grid = { cells: { features: [square("west", 0, 0)] } } as unknown as Grid;
  expect(villagesNamed(grid, "东古贤小学门口")).toEqual([
    { name: "古贤镇 东古贤村", point: { lon: 0, lat: 0 } },
  ]);
  expect(villagesNamed(grid, "人民路")).toEqual([]);
  expect(villagesNamed(grid, " ")).toEqual([]);
});
