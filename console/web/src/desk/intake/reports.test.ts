/** Who is offered first to be sent, and what a list says of a report. */
import { expect, it } from "vitest";
import type { Kind } from "@/shared/catalogue";
import type { Grid } from "@/shared/grid";
import {
  candidates,
  columnsBeside,
  distance,
  placeColumns,
  type Duty,
  type Listed,
  type Position,
} from "./reports";

const HERE = { lon: 114.36, lat: 35.92, responsibility_grid: "G1" } as Position;
const duty = (collector: string, more: Partial<Duty> = {}): Duty => ({
  collector,
  responsibility_grid: "G2",
  on_duty: false,
  open_tasks: 0,
  lon: null,
  lat: null,
  ...more,
});

it("who is on duty comes first, the nearest of them before the others", () => {
  const found = candidates(
    [
      duty("own", { responsibility_grid: "G1" }),
      duty("far", { on_duty: true, lon: 114.4, lat: 35.92 }),
      duty("near", { on_duty: true, lon: 114.361, lat: 35.92 }),
      duty("unknown", { on_duty: true }),
    ],
    HERE,
  );
  expect(found.map((one) => one.person_id)).toEqual(["near", "far", "unknown", "own"]);
  expect(found[0]?.metres).toBe(90);
});

it("where nobody is on duty the grid's own come first, the least busy of them", () => {
  const found = candidates(
    [
      duty("other"),
      duty("busy", { responsibility_grid: "G1", open_tasks: 3 }),
      duty("free", { responsibility_grid: "G1" }),
    ],
    HERE,
  );
  expect(found.map((one) => one.person_id)).toEqual(["free", "busy", "other"]);
});

it("a report without a place has no own grid and no distances", () => {
  const [one] = candidates([duty("a", { lon: 1, lat: 1, responsibility_grid: "" })], null);
  expect(one).toMatchObject({ own: false, metres: null });
});

it("a row names grid, category and kind, and says where they are missing", () => {
  const kinds = [{ code: "C0101", name: "上水井盖", category: "公用设施", kind_text: "部件" }] as Kind[];
  const grid = { responsibility_grids: { features: [{ properties: { code: "G1", name: "一格" } }] } } as Grid;
  const row = { address: "人民路", photos: ["a"], subcategory: "C0101", position: HERE } as Listed;
  expect(placeColumns(row, kinds, grid)).toEqual({
    place: "人民路",
    photo: "a",
    grid: "一格",
    category: "公用设施",
    subcategory: "上水井盖",
    kind: "部件",
  });
  const bare = { address: "", photos: [], subcategory: null, position: null } as unknown as Listed;
  expect(placeColumns(bare, kinds, grid)).toMatchObject({ photo: null, grid: "未定点", category: "" });
});

it("distances are read in metres and kilometres", () => {
  expect(distance(352.4)).toBe("352 米");
  expect(distance(2449)).toBe("2.4 公里");
});

it("beside an open report a small screen keeps place, photo, grid and kind", () => {
  const columns = ["place", "photo", "grid", "category", "subcategory", "kind", "source"].map((name) => ({
    name,
  }));
  const names = (open: boolean, width: number) => columnsBeside(columns, open, width).map((one) => one.name);
  expect(names(true, 1366)).toEqual(["place", "photo", "grid", "subcategory"]);
  expect(names(false, 1366)).toHaveLength(7);
  expect(names(true, 1920)).toHaveLength(7);
});
