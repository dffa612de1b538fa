/** The figures that a unit reads of itself (指标), by their names (docs/domain.md, Counts and rates). */
import type { components } from "@/shared/api/assessment";

type Figures = components["schemas"]["PeriodFigures"];

export const RATES: [keyof Figures["rates"], string][] = [
  ["handling_rate", "处置率"],
  ["handling_punctuality", "按期处置率"],
  ["rework_rate", "返工率"],
  ["extension_rate", "延期率"],
  ["supervision_punctuality", "督办按期回复率"],
  ["closing_punctuality", "按期结案率"],
];

export const COUNTS: [keyof Figures["counts"], string][] = [
  ["dispatched", "派遣数"],
  ["to_handle", "应处置数"],
  ["handled", "处置数"],
  ["handled_in_time", "按期处置数"],
  ["handled_late", "超期处置数"],
  ["overdue_open", "超期未处置数"],
  ["handled_exempt", "申诉免计数"],
  ["rework_cases", "返工案件数"],
  ["sent_back", "回退数"],
  ["shirked", "推诿数"],
  ["extensions", "延期数"],
  ["to_handle_suspended", "在挂账数"],
];

/** 97.9%; a rate of nothing is –. */
export function percent(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? "–" : `${(rate * 100).toFixed(1)}%`;
}

const COUNTY = 8 * 3_600_000;

/** This month and the eleven before it, as the county has them: 2026-06. */
export function months(now: number): { key: string; title: string }[] {
  const local = new Date(now + COUNTY);
  return Array.from({ length: 12 }, (_, back) => {
    const first = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - back, 1));
    const key = first.toISOString().slice(0, 7);
    return { key, title: `${first.getUTCFullYear()} 年 ${first.getUTCMonth() + 1} 月` };
  });
}

/** From and to of a month: [from, to). */
export function monthOf(key: string): [string, string] {
  const [year = 0, month = 1] = key.split("-").map(Number);
  const next = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7);
  return [`${key}-01T00:00:00+08:00`, `${next}-01T00:00:00+08:00`];
}
