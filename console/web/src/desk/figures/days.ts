/** Days (日) of the county's time as words: 2026-06-15. */
const DAY = 86_400_000;
const EAST = 8 * 3_600_000;

/** The day of a moment. */
export function dayIn(at: number): string {
  return new Date(at + EAST).toISOString().slice(0, 10);
}

/** So many days before a day; after it for a negative number. */
export function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY).toISOString().slice(0, 10);
}
