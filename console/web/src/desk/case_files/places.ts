/** Where to look for case files (网格、社区): responsibility grids, communities, and cells by the beginning of their code. */
import { villageName, type Grid } from "@/shared/grid";

export interface Place {
  code: string;
  name: string;
}
export interface PlaceGroup {
  title: string;
  places: Place[];
}

const MOST_CELLS = 50;
/** Before so many digits every cell of the county would be offered. */
const CELL_DIGITS = 9;
const COMMUNITY_DIGITS = 12;

/** The community of a cell is the beginning of the cell's code. */
function communities(grid: Grid): Place[] {
  const found = new Map<string, string>();
  for (const cell of grid.cells?.features ?? []) {
    const { code = "", town = "", village = "" } = cell.properties ?? {};
    found.set(code.slice(0, COMMUNITY_DIGITS), `${town} ${villageName(village)}`);
  }
  return [...found]
    .map(([code, name]) => ({ code, name }))
    .sort((one, other) => (one.code < other.code ? -1 : 1));
}

function cells(grid: Grid, typed: string): Place[] {
  if (!/^\d+$/.test(typed) || typed.length < CELL_DIGITS) return [];
  return (grid.cells?.features ?? [])
    .filter((cell) => cell.properties?.code?.startsWith(typed))
    .slice(0, MOST_CELLS)
    .map((cell) => ({ code: cell.properties?.code ?? "", name: cell.properties?.code ?? "" }));
}

/** What is offered for what was typed: every part of it is in the name or the code. */
export function placesFor(grid: Grid, typed: string): PlaceGroup[] {
  const parts = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ code, name }: Place) =>
    parts.every((part) => name.includes(part) || code.toLowerCase().startsWith(part));
  const grids = (grid.responsibility_grids?.features ?? []).map(({ properties }) => ({
    code: properties?.code ?? "",
    name: properties?.name ?? properties?.code ?? "",
  }));
  return [
    { title: "责任网格", places: grids.filter(fits) },
    { title: "社区、村", places: communities(grid).filter(fits) },
    { title: "单元网格", places: cells(grid, parts[0] ?? "") },
  ].filter((group) => group.places.length > 0);
}

/** What a code is called; the code itself where nobody knows it. */
export function placeName(grid: Grid | null, code: string): string {
  if (!grid || !code) return code;
  const found = placesFor(grid, code).flatMap((group) => group.places);
  return found.find((one) => one.code === code)?.name ?? code;
}
