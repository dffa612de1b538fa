/** What the centre told this phone last (任务, 目录, 网格): read again when there is a network, kept when there is none. */
import { onScopeDispose, ref, shallowRef, type ShallowRef } from "vue";
import type { components } from "@/shared/api/intake";
import { hall, intake, told } from "@/shared/doors";
import { pictureBlob } from "@/shared/pictures";
import { Away, sentence } from "@/shared/problem";
import { store } from "./outbox/queue";
import { loginWanted, person } from "./person";

type Shown = components["schemas"];
export type Task = Shown["TaskOnTheSpot"];
export type OwnReport = Shown["OwnReport"];
export type Duty = Shown["Duty"];

/** A kind of problem as it is picked. */
export interface Kind {
  code: string;
  name: string;
  category: string;
  kind: string;
}

export interface OwnGrid {
  code: string;
  name: string;
  shapes: GeoJSON.Feature[];
  cells: GeoJSON.Feature[];
}

export interface Kept<T> {
  at: number;
  value: T;
}

/** Whether the centre answered when it was asked last. */
export const reachable = ref(true);

export const tasks = shallowRef<Kept<Task[]> | null>(null);
export const duty = shallowRef<Kept<Duty> | null>(null);
export const reports = shallowRef<Kept<OwnReport[]> | null>(null);
export const kinds = shallowRef<Kept<Kind[]> | null>(null);
export const grid = shallowRef<Kept<OwnGrid> | null>(null);

const SHELVES: Record<string, ShallowRef<unknown>> = { tasks, duty, reports, kinds, grid };

/** Show what was kept, before anybody is asked. */
export async function recall(): Promise<void> {
  const shelf = await store();
  for (const [name, target] of Object.entries(SHELVES)) target.value = (await shelf.kept(name)) ?? null;
}

export function forget(): void {
  for (const target of Object.values(SHELVES)) target.value = null;
}

async function fresh<T>(
  name: string,
  target: ShallowRef<Kept<T> | null>,
  read: () => Promise<T>,
): Promise<void> {
  try {
    const value = await read();
    reachable.value = true;
    target.value = { at: Date.now(), value };
    await (await store()).keep(name, target.value);
  } catch (error) {
    if (error instanceof Away) reachable.value = false;
    throw error;
  }
}

export async function readTasks(): Promise<void> {
  await fresh("tasks", tasks, async () => (await told(intake.GET("/api/intake/tasks"))).tasks);
  void seePhotos();
}

export const readDuty = () => fresh("duty", duty, () => told(intake.GET("/api/intake/duty")));

/** Reading one's reports counts as having received the answers: only when they are shown. */
export const readReports = () =>
  fresh("reports", reports, async () => (await told(intake.GET("/api/intake/my-reports"))).reports);

const A_DAY = 86_400_000;

/** The catalogue and the own grid change with the handbook: once a day is enough. */
export async function readHandbook(): Promise<void> {
  const own = person.value?.responsibility_grid;
  if (!kinds.value || Date.now() - kinds.value.at > A_DAY) await fresh("kinds", kinds, allKinds);
  if (own && (grid.value?.value.code !== own || Date.now() - grid.value.at > A_DAY))
    await fresh("grid", grid, () => ownGrid(own));
}

async function allKinds(): Promise<Kind[]> {
  const { categories } = await told(hall.GET("/api/console/handbook/catalogue"));
  return categories.flatMap(({ name: category, kind, subcategories }) =>
    subcategories
      .filter((one) => one.in_use)
      .map(({ code, name }) => ({ code, name, category, kind: String(kind) })),
  );
}

async function ownGrid(code: string): Promise<OwnGrid> {
  const query = { responsibility_grid: code };
  const { responsibility_grids, cells } = await told(
    hall.GET("/api/console/handbook/grid", { params: { query } }),
  );
  const shapes = responsibility_grids.features.filter((one) => one.properties.code === code);
  return {
    code,
    name: shapes[0]?.properties.name ?? code,
    shapes: shapes as unknown as GeoJSON.Feature[],
    cells: cells.features as unknown as GeoJSON.Feature[],
  };
}

/** Photos of open tasks, for where there is no network. */
async function seePhotos(): Promise<void> {
  const shelf = await store();
  for (const task of tasks.value?.value ?? [])
    for (const sha256 of photosOf(task)) {
      if (await shelf.photo(sha256)) continue;
      try {
        const blob = await pictureBlob(sha256);
        await shelf.see({ sha256, type: blob.type, bytes: await blob.arrayBuffer(), at: Date.now() });
      } catch {
        return; // with the next reading
      }
    }
}

export function photosOf(task: Task): string[] {
  return [...task.photos_before, ...feedbackOf(task).photos];
}

/** What the unit says it did. */
export function feedbackOf(task: Task): { words: string; photos: string[]; condition: string } {
  const more = task as Task & { feedback?: string; feedback_photos?: string[]; closing_condition?: string };
  return {
    words: more.feedback ?? "",
    photos: more.feedback_photos ?? [],
    condition: more.closing_condition ?? "",
  };
}

export function kindName(code: string | null | undefined): string {
  if (!code) return "";
  return kinds.value?.value.find((one) => one.code === code)?.name ?? code;
}

const PAUSES = [20, 30, 60, 120, 300];

/** Why the tasks shown may be old; empty when they are not. */
export const trouble = shallowRef("");

let again: () => Promise<void> = () => Promise.resolve();
/** Read tasks and duty now. */
export const readAgain = () => again();

/**
 * Read tasks and duty now, when the app is looked at, when the network is back, and every 20 seconds while it is
 * looked at; with growing pauses while nobody answers. Not by server push: a phone's connection does not stay.
 */
export function useTasks(): { again: () => Promise<void> } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let gone = false;
  again = async () => {
    clearTimeout(timer);
    if (!document.hidden && person.value && !loginWanted.value) {
      try {
        await Promise.all([readTasks(), readDuty()]);
        void readHandbook().catch(() => undefined);
        trouble.value = "";
        failures = 0;
      } catch (error) {
        // That the login is over is said above every page.
        trouble.value = loginWanted.value ? "" : sentence(error);
        failures += 1;
      }
    }
    clearTimeout(timer);
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 60;
    if (!gone) timer = setTimeout(() => void again(), pause * 1000);
  };
  const now = () => void again();
  window.addEventListener("online", now);
  window.addEventListener("focus", now);
  onScopeDispose(() => {
    gone = true;
    clearTimeout(timer);
    window.removeEventListener("online", now);
    window.removeEventListener("focus", now);
  });
  now();
  return { again };
}
