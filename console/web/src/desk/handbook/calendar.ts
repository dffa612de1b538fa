/** A year of the working calendar (工作日历) as months of days. */

export interface Day {
  date: string;
  number: number;
  kind: "work" | "weekend" | "holiday" | "make_up";
  festival: string;
}
export interface Month {
  number: number;
  /** Empty places before the first, in weeks that begin on Monday. */
  before: number;
  days: Day[];
}
interface Special {
  day?: string;
  festival?: string;
}

export function monthsOf(year: number, holidays: Special[], makeUpDays: Special[]): Month[] {
  const off = new Map(holidays.map((one) => [one.day, one.festival ?? ""]));
  const on = new Map(makeUpDays.map((one) => [one.day, one.festival ?? ""]));
  return Array.from({ length: 12 }, (_, month) => {
    const first = new Date(Date.UTC(year, month, 1));
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const days = Array.from({ length }, (_, place): Day => {
      const date = new Date(Date.UTC(year, month, place + 1)).toISOString().slice(0, 10);
      const weekday = (first.getUTCDay() + place) % 7;
      const rest = weekday === 0 || weekday === 6;
      const kind = on.has(date) ? "make_up" : off.has(date) ? "holiday" : rest ? "weekend" : "work";
      return { date, number: place + 1, kind, festival: off.get(date) ?? on.get(date) ?? "" };
    });
    return { number: month + 1, before: (first.getUTCDay() + 6) % 7, days };
  });
}
