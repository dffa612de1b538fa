/** The roster's week (排班周): days of the county's time, and the shifts that stand in each. */
import type { components } from "@/shared/api/intake";

export type Shift = components["schemas"]["ShownShift"];

const DAY = 86_400_000;
/** 北京时间 has no summer time. */
const EAST = 8 * 3_600_000;
const NAMES = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/** 2026-06-15: the day of a moment in the county. */
export function dayOf(at: string | number | Date): string {
  return new Date(new Date(at).getTime() + EAST).toISOString().slice(0, 10);
}

/** The seven days from a week's Monday on; `weeks` later or earlier than the week of `at`. */
export function weekOf(at: number, weeks = 0): { day: string; name: string }[] {
  const there = new Date(at + EAST);
  const back = (there.getUTCDay() + 6) % 7;
  const monday = Date.UTC(there.getUTCFullYear(), there.getUTCMonth(), there.getUTCDate() - back + 7 * weeks);
  return NAMES.map((name, place) => ({
    day: new Date(monday + place * DAY).toISOString().slice(0, 10),
    name,
  }));
}

/** A moment of a day, as the door takes it: "2026-06-15", "08:00". */
export function momentOf(day: string, time: string): string {
  return `${day}T${time}:00+08:00`;
}

/** From when until when, where an end that is not later is the next day's; null for what is no time. */
export function shiftOn(
  day: string,
  from: string,
  to: string,
): { starts_at: string; ends_at: string } | null {
  const time = /^([01]\d|2[0-3]):[0-5]\d$/;
  const until = to === "24:00" ? "00:00" : to;
  if (!time.test(from) || !time.test(until)) return null;
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
  return { starts_at: momentOf(day, from), ends_at: momentOf(until > from ? day : next, until) };
}

/** The shifts that a person stands at a post and that begin on a day, the earliest first. */
export function shiftsIn(shifts: Shift[], post: string, person_id: string, day: string): Shift[] {
  return shifts
    .filter((one) => one.post === post && one.person_id === person_id && dayOf(one.starts_at) === day)
    .sort((one, other) => one.starts_at.localeCompare(other.starts_at));
}
