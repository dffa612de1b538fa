import { describe, expect, it } from "vitest";
import { flagsOf, shotsOfCase, shotsOfFile, wordsOf, type Flag, type WholeCase } from "./evidence";

const flag = (more: Partial<Flag>): Flag => ({
  id: "1-too_far",
  doubt: "too_far",
  doubt_text: "拍摄位置离案发位置过远",
  sha256: "a",
  occasion: "feedback",
  occasion_text: "反馈",
  used_at: "2026-06-15T00:00:00Z",
  metres: null,
  taken_at: null,
  other: null,
  ...more,
});

describe("evidence", () => {
  it("tells a doubt with its distance and with the case that used the photo before", () => {
    const other = {
      report_number: "R1",
      case_number: "4105232026061500001",
      occasion: "feedback" as const,
      round: 0,
      sha256: "a",
      used_at: "2026-06-14T01:00:00Z",
    };

    expect(wordsOf(flag({ metres: 812.4 }))).toBe("拍摄位置离案发位置过远：相距 812 米");
    expect(wordsOf(flag({ doubt_text: "照片此前已使用过", other }))).toBe(
      "照片此前已使用过：见 4105232026061500001（2026-06-14 09:00）",
    );
  });

  it("keeps the doubt of one occasion apart from the same photo's other occasion", () => {
    const flags = [flag({}), flag({ id: "2", occasion: "report" })];

    expect(flagsOf(flags, "after", "a").map((one) => one.id)).toEqual(["1-too_far"]);
    expect(flagsOf(flags, "before", "a").map((one) => one.id)).toEqual(["2"]);
    expect(flagsOf(flags, "verification", "a")).toEqual([]);
  });

  it("dates the photos of a case by what was told last, and adds what the confirmation saw", () => {
    const line = { actor: "", action: "", from_state: "", to_state: "", round: 0, reason: "" };
    const one = {
      photos: ["a"],
      feedback_photos: ["b"],
      verification_photos: ["c"],
      filed_at: "2026-06-15T00:00:00Z",
      tasks: [{ kind: "confirmation", photos: ["a", "d"], ended_at: "2026-06-15T00:10:00Z" }],
      flow: [
        { ...line, fact_type: "feedback_submitted", at: "2026-06-15T01:00:00Z" },
        { ...line, fact_type: "feedback_submitted", at: "2026-06-16T01:00:00Z" },
        { ...line, fact_type: "handling_verified", at: "2026-06-16T02:00:00Z" },
      ],
    } as unknown as WholeCase;

    const [before, after, verification] = shotsOfCase(one, "2026-06-14T23:00:00Z");

    expect(before?.shots).toEqual([
      { sha256: "a", at: "2026-06-14T23:00:00Z" },
      { sha256: "d", at: "2026-06-15T00:10:00Z" },
    ]);
    expect(after?.shots[0]?.at).toBe("2026-06-16T01:00:00Z");
    expect(verification?.shots[0]?.at).toBe("2026-06-16T02:00:00Z");
  });

  it("shows the latest round of a case file first", () => {
    const shots = {
      feedback: [
        { sha256: "x", round: 0, at: "1" },
        { sha256: "y", round: 1, at: "2" },
      ],
    };

    const [before, after] = shotsOfFile({ photos: shots } as never);

    expect(before?.shots).toEqual([]);
    expect(after?.shots.map((shot) => shot.sha256)).toEqual(["y", "x"]);
  });
});
