/** Reports (上报) and cases (案卷) as the intake desk lists them. */
import type { components } from "@/shared/api/intake";
import { kindOf, type Kind } from "@/shared/catalogue";
import { personName } from "@/shared/people";
import { me } from "@/shared/session";
import { gridName, type Grid } from "@/shared/grid";
import { metresBetween, type Point } from "@/shared/point";

export type Listed = components["schemas"]["ListedReport"];
export type Whole = components["schemas"]["WholeReport"];
export type Case = components["schemas"]["ShownCase"];
export type Position = components["schemas"]["ShownPosition"];
export type Duty = components["schemas"]["ShownCollector"];

/** The states that an operator looks through. */
export const STATES = [
  { value: "received", text: "待受理" },
  { value: "confirming", text: "核实中" },
  { value: "awaiting_filing", text: "待立案" },
] as const;

/** The columns that every clerk expects first. */
export function placeColumns(one: Listed | Case, kinds: Kind[], grid: Grid | null) {
  const kind = kindOf(kinds, one.subcategory);
  return {
    place: one.address ?? "",
    photo: one.photos?.[0] ?? null,
    grid:
      gridName(grid, one.position?.responsibility_grid).replace(/责任网格$/, "格") ||
      (one.position ? "网格范围外" : "未定点"),
    category: kind?.category ?? "",
    subcategory: kind?.name ?? "",
    kind: kind?.kind_text ?? "",
  };
}

export function pointOf(position: Position | null | undefined): Point | null {
  return position ? { lon: position.lon ?? 0, lat: position.lat ?? 0 } : null;
}

export interface Candidate {
  person_id: string;
  on_duty: boolean;
  open_tasks: number;
  /** Whether the place lies in the collector's own responsibility grid. */
  own: boolean;
  responsibility_grid: string;
  /** From the last known position; null when nobody knows it. */
  metres: number | null;
}

/** The collectors for a place: who is on duty first, then the nearest, then the grid's own, then the least busy. */
export function candidates(collectors: Duty[], position: Position | null | undefined): Candidate[] {
  const point = pointOf(position);
  const far = Number.MAX_SAFE_INTEGER;
  return collectors
    .map((one) => ({
      person_id: one.collector ?? "",
      on_duty: Boolean(one.on_duty),
      open_tasks: one.open_tasks ?? 0,
      own: Boolean(one.responsibility_grid) && one.responsibility_grid === position?.responsibility_grid,
      responsibility_grid: one.responsibility_grid ?? "",
      metres:
        point && one.lon != null && one.lat != null
          ? Math.round(metresBetween(point, { lon: one.lon, lat: one.lat }))
          : null,
    }))
    .sort(
      (one, other) =>
        Number(other.on_duty) - Number(one.on_duty) ||
        (one.metres ?? far) - (other.metres ?? far) ||
        Number(other.own) - Number(one.own) ||
        one.open_tasks - other.open_tasks ||
        one.person_id.localeCompare(other.person_id),
    );
}

/** 350 米, 2.4 公里. */
export function distance(metres: number): string {
  return metres < 1000 ? `${Math.round(metres)} 米` : `${(metres / 1000).toFixed(1)} 公里`;
}

/** 您 for oneself, else a colleague's name. */
export function nameOf(person_id: string | null | undefined): string {
  return person_id && person_id === me.value?.person_id ? "您" : personName(person_id);
}

/** Beside an open pane a small screen has room for the place only when these stand back; the pane shows them. */
const STAND_BACK = new Set(["category", "kind", "source", "unit"]);

export function columnsBeside<T extends { name: string }>(columns: T[], open: boolean, width: number): T[] {
  return open && width < 1600 ? columns.filter((column) => !STAND_BACK.has(column.name)) : columns;
}
