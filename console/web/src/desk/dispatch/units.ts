/** Responsible units as the dispatcher sees them (责任单位): what each has in hand, what is overdue, who is silent. */
import { onScopeDispose, readonly, ref, shallowRef } from "vue";
import type { components } from "@/shared/api/dispatch";
import { dispatch, told } from "@/shared/doors";
import { useChanges } from "@/shared/changes";
import { sentence } from "@/shared/problem";

export type UnitSeen = components["schemas"]["ResponsibleUnit"];

const CALM = 3_000;

/** Kept fresh while the calling component lives. */
export function useUnits() {
  const units = shallowRef<UnitSeen[]>([]);
  const trouble = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    timer = undefined;
    try {
      units.value = (await told(dispatch.GET("/api/dispatch/units"))).units;
      trouble.value = "";
    } catch (error) {
      trouble.value = sentence(error);
    }
  }
  void read();
  useChanges(() => {
    timer ??= setTimeout(() => void read(), CALM);
  });
  onScopeDispose(() => clearTimeout(timer));
  return { units, trouble: readonly(trouble), read };
}

/** 在办 3 · 超期 1 */
export function loadOf(unit: Pick<UnitSeen, "open" | "overdue" | "silent">): string {
  return [`在办 ${unit.open}`, unit.overdue ? `超期 ${unit.overdue}` : "", unit.silent ? "系统沉默" : ""]
    .filter(Boolean)
    .join(" · ");
}

/** Whether what was typed is in the unit's name or code; several words must all be there. */
export function matches(unit: Pick<UnitSeen, "code" | "name">, typed: string): boolean {
  const text = `${unit.code} ${unit.name}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((part) => text.includes(part));
}

/** Where a unit's own system stands: 在线, 沉默, or that it works at the unit desk. */
export function presenceOf(unit: UnitSeen, now: number): { text: string; light: string | null } {
  if (!unit.seen_at) return { text: "单位工作台办理", light: null };
  if (unit.silent) return { text: "沉默超 12 小时", light: "red" };
  const minutes = (now - new Date(unit.seen_at).getTime()) / 60_000;
  return minutes < 5 ? { text: "在线", light: "green" } : { text: "离线", light: "yellow" };
}
