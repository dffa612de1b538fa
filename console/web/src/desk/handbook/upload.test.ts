import { describe, expect, it } from "vitest";
import { findingsOf } from "./upload";

describe("findings of a refused handbook", () => {
  it("name file, row and column", () => {
    const said = {
      errors: [
        { field: "duties.csv:7", rule: "没有这个单位", file: "duties.csv", row: 7, column: "primary" },
      ],
      findings: 1,
    };
    expect(findingsOf(said)).toEqual([
      { file: "duties.csv", row: 7, column: "primary", rule: "没有这个单位" },
    ]);
  });
  it("are none in a refusal of another kind", () => {
    expect(findingsOf({ errors: [{ field: "valid_from", rule: "Must not lie in the past." }] })).toEqual([]);
    expect(findingsOf(null)).toEqual([]);
  });
});
