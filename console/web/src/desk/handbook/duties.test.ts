import { describe, expect, it } from "vitest";
import { givenTo, sizeOf, takenOut, without, type Draft, type Duty } from "./duties";

const duty = { subcategory: "I0101", area: "", primary: "u01", assisting: ["u02", "u03"] } as unknown as Duty;
const empty: Draft = { rows: [], taken_out: [] };

describe("a draft of duties", () => {
  it("gives a row to another unit, which then does not assist", () => {
    expect(givenTo(empty, duty, "u02").rows).toEqual([
      { subcategory: "I0101", area: "", primary: "u02", assisting: ["u03"] },
    ]);
  });
  it("is empty again when the row is given back", () => {
    expect(sizeOf(givenTo(givenTo(empty, duty, "u02"), duty, "u01"))).toBe(0);
  });
  it("a row taken out is not changed as well", () => {
    const draft = takenOut(givenTo(empty, duty, "u02"), duty);
    expect(draft.rows).toEqual([]);
    expect(draft.taken_out.length).toBe(1);
    expect(sizeOf(without(draft, duty))).toBe(0);
  });
});
