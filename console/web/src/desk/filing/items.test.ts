import { describe, expect, it } from "vitest";
import {
  calledFirst,
  ofAppeal,
  ofCallBack,
  ofCase,
  ofReport,
  type Case,
  type Item,
  type Report,
} from "./items";

describe("the filing desk's lists", () => {
  it("put what nobody touched in time above the rest, and leave the order otherwise", () => {
    const items = [
      { key: "a", called: false },
      { key: "b", called: true },
      { key: "c", called: false },
      { key: "d", called: true },
    ] as Item[];

    expect(calledFirst(items).map((one) => one.key)).toEqual(["b", "d", "a", "c"]);
  });

  it("show a closed case as one that is asked for again while nobody has decided", () => {
    const one = {
      case_number: "1",
      photos: [],
      state_text: "已结案",
      evidence_flags: [],
      reopenings: [{ granted: null }],
    } as unknown as Case;

    expect(ofCase(one).state_text).toBe("要求重新处置");
    expect(ofCase({ ...one, reopenings: [] }).state_text).toBe("已结案");
  });

  it("know a report that was called up to the shift supervisor", () => {
    const report = { report_number: "R1", photos: ["x"], called: "shift_supervisor" } as unknown as Report;

    expect(ofReport(report)).toMatchObject({ key: "R1", photo: "x", called: true });
    expect(ofReport({ ...report, called: null }).called).toBe(false);
  });

  it("say what lies at other desks: a caller nobody rings, an appeal nobody reviews", () => {
    const ring = { report_number: "H1", kind_text: "结案", text: "已修复", state_text: "待回访" };
    const appeal = { case_number: "41", reason: "暴雨", state_text: "待初审" };

    expect(ofCallBack(ring as never)).toMatchObject({
      of: "report",
      number: "H1",
      place: "待回访：结案",
      called: true,
    });
    expect(ofAppeal(appeal as never)).toMatchObject({
      of: "case",
      number: "41",
      place: "申诉待初审",
      called: true,
    });
  });
});
