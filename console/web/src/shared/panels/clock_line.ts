/** The reckoning behind the line of clocks (计时线): lines, and an axis on which the quiet stretches are short. */
import type { components } from "@/shared/api/console";
import { shortly } from "@/shared/clock";

type ClockRun = components["schemas"]["ClockRun"];

export interface Line {
  key: string;
  text: string;
  round: number;
  unit: string;
  from: number;
  /** Its end, or now. */
  until: number;
  due: number | null;
  end: "ended" | "dropped" | "running" | "resting";
  late: boolean;
  /** Milliseconds that it ran, without its pauses. */
  took: number;
  pauses: { from: number; until: number; text: string }[];
  marks: { at: number; text: string }[];
}

export interface Axis {
  from: number;
  until: number;
  running: boolean;
  /** Where a moment stands, from 0 to 1. */
  share: (at: number) => number;
  holds: (at: number) => boolean;
  ticks: { at: number; text: string }[];
}

const time = (at: string) => new Date(at).getTime();

export function lines(clocks: ClockRun[], now: number): Line[] {
  return clocks.map((run, place) => {
    const until = run.ended_at ? time(run.ended_at) : Math.max(now, time(run.began_at));
    const pauses = run.pauses.map((pause) => ({
      from: time(pause.began_at),
      // A rest may be known to end later than now.
      until: pause.ended_at ? Math.min(time(pause.ended_at), until) : until,
      text: pause.text,
    }));
    const due = run.due_at ? time(run.due_at) : null;
    const rested = pauses.reduce((sum, pause) => sum + pause.until - pause.from, 0);
    const resting = run.pauses.some((pause) => !pause.ended_at || time(pause.ended_at) > until);
    return {
      key: `${run.name}/${place}`,
      text: run.text,
      round: run.round,
      unit: run.unit_name,
      from: time(run.began_at),
      until,
      due,
      end: run.ended_at ? (run.in_time === null ? dropped(run) : "ended") : resting ? "resting" : "running",
      late: run.ended_at ? run.in_time === false : due !== null && now > due,
      took: until - time(run.began_at) - rested,
      pauses,
      marks: run.marks.map((mark) => ({ at: time(mark.at), text: mark.text })),
    };
  });
}

/** A clock without a due time cannot be judged, and still was ended by whoever had it. */
function dropped(run: ClockRun): "ended" | "dropped" {
  return run.due_at || run.name === "handle" ? "dropped" : "ended";
}

/**
 * An axis between the first beginning and the last end. A day of handling would press the minutes of
 * acceptance to nothing: stretches between two moments count by the fourth root of their length.
 */
export function axis(clocks: ClockRun[], now: number): Axis {
  const all = lines(clocks, now);
  const running = all.some((line) => line.end === "running" || line.end === "resting");
  const moments = all.flatMap((line) => [
    line.from,
    line.until,
    ...(line.due && line.due <= Math.max(now, line.until) ? [line.due] : []),
    ...line.pauses.flatMap((pause) => [pause.from, pause.until]),
  ]);
  const last = Math.max(...all.map((line) => line.until), -Infinity);
  const ahead = all.filter((line) => line.end === "running").map((line) => line.due ?? 0);
  const knots = [...new Set([...moments, ...ahead.filter((due) => due > last)])].sort(
    (one, two) => one - two,
  );
  const places = [0];
  for (let place = 1; place < knots.length; place += 1) {
    places.push((places[place - 1] ?? 0) + weight((knots[place] ?? 0) - (knots[place - 1] ?? 0)));
  }
  const whole = places[places.length - 1] || 1;
  const first = knots[0] ?? 0;
  const end = knots[knots.length - 1] ?? 0;

  function share(at: number): number {
    if (at <= first) return 0;
    if (at >= end) return 1;
    const after = knots.findIndex((knot) => knot >= at);
    const [from, until] = [knots[after - 1] ?? 0, knots[after] ?? 0];
    const [low, high] = [places[after - 1] ?? 0, places[after] ?? 0];
    return (low + ((at - from) / (until - from || 1)) * (high - low)) / whole;
  }
  return { from: first, until: last, running, share, holds: (at) => at <= end, ticks: ticks(knots, share) };
}

function weight(milliseconds: number): number {
  return Math.pow(Math.max(0, milliseconds) / 60_000, 0.25);
}

/** The moments that are written above: no two nearer than their words are wide. */
function ticks(knots: number[], share: (at: number) => number): { at: number; text: string }[] {
  const half = (text: string) => (text.length > 5 ? 0.1 : 0.056);
  const found: { at: number; text: string }[] = [];
  let free = -1;
  let day = "";
  for (const at of knots) {
    const whole = shortly(new Date(at).toISOString(), at + 86_400_000);
    const [thisDay, clock] = whole.split(" ");
    const text = thisDay === day ? (clock ?? whole) : whole;
    if (share(at) - half(text) < free) continue;
    found.push({ at, text });
    day = thisDay ?? "";
    free = share(at) + half(text);
  }
  return found;
}
