import { describe, expect, it } from "vitest";
import { axis, lines } from "./clock_line";

const at = (minutes: number) => new Date(Date.UTC(2026, 5, 15) + minutes * 60_000).toISOString();
const time = (minutes: number) => Date.UTC(2026, 5, 15) + minutes * 60_000;

function run(name: string, from: number, until: number | null, due: number | null, more: object = {}) {
  return {
    name,
    text: name,
    round: 1,
    unit_name: "",
    began_at: at(from),
    ended_at: until === null ? null : at(until),
    due_at: due === null ? null : at(due),
    in_time: until === null || due === null ? null : until <= due,
    pauses: [],
    marks: [],
    ...more,
  };
}

describe("lines of clocks", () => {
  it("a running clock is late only after its due time", () => {
    const clocks = [run("handle", 0, null, 60)];
    expect(lines(clocks, time(59))[0]).toMatchObject({ end: "running", late: false });
    expect(lines(clocks, time(61))[0]).toMatchObject({ end: "running", late: true });
  });
  it("pauses are not counted as time used", () => {
    const pauses = [{ began_at: at(10), ended_at: at(40), text: "挂账" }];
    expect(lines([run("handle", 0, 60, 90, { pauses })], time(100))[0]?.took).toBe(30 * 60_000);
  });
  it("a clock that stands still is neither running nor late", () => {
    const pauses = [{ began_at: at(10), ended_at: null, text: "挂账" }];
    expect(lines([run("handle", 0, null, null, { pauses })], time(999))[0]).toMatchObject({
      end: "resting",
      late: false,
      took: 10 * 60_000,
    });
  });
  it("a rest that ends later than now is drawn until now", () => {
    const pauses = [{ began_at: at(0), ended_at: at(120), text: "待再次拨打" }];
    const line = lines([run("call_back", 0, null, 360, { pauses })], time(30))[0];
    expect(line).toMatchObject({ end: "resting", late: false, took: 0 });
    expect(line?.pauses).toEqual([{ from: time(0), until: time(30), text: "待再次拨打" }]);
    expect(lines([run("call_back", 0, null, 360, { pauses })], time(200))[0]?.end).toBe("running");
  });
  it("a task that was taken away was dropped, not kept", () => {
    expect(lines([run("handle", 0, 60, 90, { in_time: null })], time(100))[0]?.end).toBe("dropped");
  });
});

describe("the axis", () => {
  const clocks = [run("accept", 0, 5, 15), run("handle", 5, 5 + 3 * 1440, 5 + 2 * 1440)];
  it("keeps the order of moments, and minutes visible beside days", () => {
    const { share } = axis(clocks, time(5000));
    expect(share(time(0))).toBe(0);
    expect(share(time(5 + 3 * 1440))).toBe(1);
    expect(share(time(5))).toBeGreaterThan(0.05);
    expect(share(time(15))).toBeGreaterThan(share(time(5)));
    expect(share(time(100))).toBeGreaterThan(share(time(15)));
  });
  it("reaches to the due time of what still runs", () => {
    const open = axis([run("handle", 0, null, 600)], time(60));
    expect(open.holds(time(600))).toBe(true);
    expect(open.running).toBe(true);
  });
  it("writes no two moments over each other", () => {
    const many = Array.from({ length: 30 }, (_, place) => run(`c${place}`, place, place + 1, null));
    const { ticks, share } = axis(many, time(60));
    const places = ticks.map((tick) => share(tick.at));
    places.slice(1).forEach((place, before) => expect(place - (places[before] ?? 0)).toBeGreaterThan(0.1));
  });
});
