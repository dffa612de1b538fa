/** Accounts (账号) as the administrator's list has them, and the places that they may name. */
import { shallowRef } from "vue";
import type { components } from "@/shared/api/console";
import { hall, told } from "@/shared/doors";

export type Account = components["schemas"]["AccountLine"];
export interface Choice {
  code: string;
  name: string;
}

/** Where an account stands, in a word. */
export function standingOf(account: Account, now: number): { text: string; tone: string } {
  if (account.closed_at) return { text: "已销户", tone: "info" };
  if (account.locked_until && new Date(account.locked_until).getTime() > now)
    return { text: "已锁定", tone: "danger" };
  if (account.one_time_until)
    return new Date(account.one_time_until).getTime() > now
      ? { text: "待设口令", tone: "warning" }
      : { text: "口令过期", tone: "danger" };
  return { text: "正常", tone: "success" };
}

/** Whether an account has every word of these in its login, name, roles or place. */
export function matches(account: Account, words: string): boolean {
  const text = [account.login, account.name, ...account.role_names, account.unit_name, account.grid_name]
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export const units = shallowRef<Choice[]>([]);
export const grids = shallowRef<Choice[]>([]);

/** Read the units and responsibility grids that an account may name, once a visit. */
export async function readPlaces(): Promise<void> {
  if (units.value.length) return;
  const [found, grid] = await Promise.all([
    told(hall.GET("/api/console/handbook/units", { params: { query: {} } })),
    told(hall.GET("/api/console/handbook/grid", { params: { query: {} } })),
  ]);
  units.value = (found.units ?? [])
    .filter((unit) => unit.active)
    .map((unit) => ({ code: unit.code ?? "", name: unit.name ?? "" }));
  grids.value = (grid.responsibility_grids?.features ?? [])
    .map((one) => ({ code: one.properties?.code ?? "", name: one.properties?.name ?? "" }))
    .sort((one, two) => one.code.localeCompare(two.code));
}
