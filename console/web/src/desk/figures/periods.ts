/** Periods (统计周期) in the county's time: from a moment on, up to but not including another. */
import { dayBefore, dayIn } from "./days";

export interface Period {
  name: string;
  title: string;
  /** The first and the last day, both inside. */
  days: (now: number) => [string, string];
}

export const PERIODS: Period[] = [
  { name: "today", title: "今天", days: (now) => [dayIn(now), dayIn(now)] },
  { name: "week", title: "近 7 天", days: (now) => [dayBefore(dayIn(now), 6), dayIn(now)] },
  { name: "month", title: "本月", days: (now) => [`${dayIn(now).slice(0, 7)}-01`, dayIn(now)] },
  {
    name: "last-month",
    title: "上月",
    days: (now) => {
      const last = dayBefore(`${dayIn(now).slice(0, 7)}-01`, 1);
      return [`${last.slice(0, 7)}-01`, last];
    },
  },
  { name: "year", title: "今年", days: (now) => [`${dayIn(now).slice(0, 4)}-01-01`, dayIn(now)] },
];

/** The days as the doors take them; a period that is still running has no end. */
export function asked(first: string, last: string, now: number): { from: string; to?: string } {
  const to = `${dayBefore(last, -1)}T00:00:00+08:00`;
  const from = `${first}T00:00:00+08:00`;
  return Date.parse(to) > now ? { from } : { from, to };
}

/** 97.9 %, or a dash where there is nothing to take a share of. */
export function percent(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? "—" : `${(rate * 100).toFixed(1)} %`;
}
