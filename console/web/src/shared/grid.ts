/** The county's grid (单元网格, 责任网格): read once a visit, and where in it a point lies. */
import type { components } from "./api/console";
import { hall, told } from "./doors";
import type { Point } from "./point";

export type Grid = components["schemas"]["ShownGrid"];
export type Cell = components["schemas"]["CellFeature"];

let known: Promise<Grid> | null = null;

/** The grid of the handbook in force, kept while the page lives. */
export function countyGrid(): Promise<Grid> {
  known ??= told(hall.GET("/api/console/handbook/grid", { params: { query: {} } })).catch(
    (error: unknown) => {
      known = null;
      throw error;
    },
  );
  return known;
}

type Ring = number[][];
type Box = [west: number, south: number, east: number, north: number];

/** Whether a point lies within a ring (even-odd rule). */
export function within({ lon, lat }: Point, ring: Ring): boolean {
  let inside = false;
  let before = ring[ring.length - 1];
  for (const corner of ring) {
    const [x = 0, y = 0] = corner;
    const [u = 0, v = 0] = before ?? corner;
    if (y > lat !== v > lat && lon < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
    before = corner;
  }
  return inside;
}

function boxOf(ring: Ring): Box {
  const box: Box = [180, 90, -180, -90];
  for (const [x = 0, y = 0] of ring) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** Finds the cell of a point; made once for a grid. */
export function finderOf(cells: Cell[]): (point: Point) => Cell | null {
  const boxed = cells.map((cell) => {
    const [outer = [], ...holes] = cell.geometry?.coordinates ?? [];
    return { cell, outer, holes, box: boxOf(outer) };
  });
  let last = boxed[0];
  const holds = (one: (typeof boxed)[number], point: Point) =>
    point.lon >= one.box[0] &&
    point.lon <= one.box[2] &&
    point.lat >= one.box[1] &&
    point.lat <= one.box[3] &&
    within(point, one.outer) &&
    !one.holes.some((hole) => within(point, hole));
  return (point) => {
    // A pointer mostly stays where it was.
    if (last && holds(last, point)) return last.cell;
    const found = boxed.find((one) => holds(one, point));
    if (found) last = found;
    return found?.cell ?? null;
  };
}

/** 北关村 for 北关村民委员会, 陈孔村 for 陈孔村村民委员会: the place, not its office. */
export function villageName(village: string): string {
  return village
    .replace(/村民委员会$/, "村")
    .replace(/(?:居民)?委员会$/, "")
    .replace(/村村$/, "村");
}

/** A place's name by its grid: 古贤镇 东古贤村, with the responsibility grid's name where it has one. */
export function nameOfCell(cell: Cell | null, grid: Grid): string {
  const properties = cell?.properties;
  if (!properties) return "";
  const known = grid.responsibility_grids?.features?.find(
    (one) => one.properties?.code === properties.responsibility_grid,
  );
  return [properties.town, villageName(properties.village ?? ""), known?.properties?.name]
    .filter(Boolean)
    .join(" · ");
}

/** The name of a responsibility grid by its code; the code where it is unknown. */
export function gridName(grid: Grid | null, code: string | null | undefined): string {
  if (!code) return "";
  const found = grid?.responsibility_grids?.features?.find((one) => one.properties?.code === code);
  return found?.properties?.name || code;
}

export interface Village {
  name: string;
  /** Somewhere in it. */
  point: Point;
}

const MOST_VILLAGES = 4;

/** The villages and communities (村、社区) that some words name, for looking there on the map. */
export function villagesNamed(grid: Grid, words: string): Village[] {
  if (words.trim().length < 2) return [];
  const named = new Map<string, Village>();
  for (const cell of grid.cells?.features ?? []) {
    const { village = "", town = "" } = cell.properties ?? {};
    const short = villageName(village).replace(/(社区|村)$/, "");
    const name = `${town} ${villageName(village)}`;
    if (short.length < 2 || named.has(name) || !words.includes(short)) continue;
    const [lon = 0, lat = 0] = cell.geometry?.coordinates?.[0]?.[0] ?? [];
    named.set(name, { name, point: { lon, lat } });
    if (named.size === MOST_VILLAGES) break;
  }
  return [...named.values()];
}
