import { describe, expect, it } from "vitest";
import type { WholeCase } from "@/shared/evidence";
import { actsOnCase, actsOnReport } from "./actions";
import type { Report } from "./items";

const aCase = (more: Partial<WholeCase>): WholeCase =>
  ({ case_number: "1", urgency: "ordinary", evidence_flags: [], reopenings: [], ...more }) as WholeCase;
const texts = (acts: { text: string }[]) => acts.map((act) => act.text);

describe("what the shift supervisor can do", () => {
  it("with a verified case: close it only after every doubt was seen", () => {
    const doubtful = aCase({ state: "awaiting_closing", evidence_flags: [{ id: "7-too_far" }] as never });

    expect(actsOnCase(doubtful, [])[0]).toMatchObject({
      text: "结案",
      missing: expect.stringContaining("1"),
    });
    expect(actsOnCase(doubtful, ["7-too_far"])[0]?.missing).toBeUndefined();
    expect(texts(actsOnCase(doubtful, []))).toContain("再次核查");
  });

  it("with an ended case: nothing, unless somebody asks to have it handled again", () => {
    const asked = [{ granted: null }] as never;

    expect(actsOnCase(aCase({ state: "closed" }), [])).toEqual([]);
    expect(texts(actsOnCase(aCase({ state: "closed", reopenings: asked }), []))).toEqual([
      "重新处置",
      "不予重新处置",
    ]);
    expect(actsOnCase(aCase({ state: "voided", reopenings: asked }), [])).toEqual([]);
  });

  it("raises urgency, never lowers it", () => {
    expect(texts(actsOnCase(aCase({ state: "in_command" }), []))).toContain("提高缓急");
    expect(texts(actsOnCase(aCase({ state: "in_command", urgency: "major" }), []))).not.toContain("提高缓急");
  });

  it("asks for a reason before everything that ends a matter", () => {
    const acts = [
      ...actsOnCase(aCase({ state: "in_command" }), []),
      ...actsOnReport({ report_number: "R1", state: "awaiting_filing", urgency: null } as Report),
    ];
    const grave = acts.filter((act) => act.tone === "danger");

    expect(texts(grave)).toEqual(["强制结案", "作废", "不予立案"]);
    for (const act of grave)
      expect(act.question?.fields.some((field) => field.name === "reason" && !field.optional)).toBe(true);
  });
});
