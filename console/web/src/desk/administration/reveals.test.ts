import { describe, expect, it } from "vitest";
import { emptyFlow, merged, type Look } from "./reveals";

function look(key: string, at: string): Look {
  return { key, at, person_id: "p", whom: "", report_number: null, reason: "" };
}
/** Pages of two, as an owner answers them. */
function owner(looks: Look[]) {
  return (before: number | null) => {
    const from = before ?? 0;
    const page = looks.slice(from, from + 2);
    return Promise.resolve({ looks: page, before: page.length === 2 ? from + 2 : null });
  };
}

describe("looks at reporters and at callers", () => {
  const reporters = owner([look("r3", "2026-06-03"), look("r2", "2026-06-02"), look("r1", "2026-06-01")]);
  const callers = owner([look("c2", "2026-06-02T12"), look("c1", "2026-05-01")]);

  it("come as one list, the latest first, page after page", async () => {
    const [one, two] = [emptyFlow(), emptyFlow()];
    const first = await merged(one, reporters, two, callers, 3);
    const second = await merged(one, reporters, two, callers, 3);
    const third = await merged(one, reporters, two, callers, 3);
    expect(first.map((each) => each.key)).toEqual(["r3", "c2", "r2"]);
    expect(second.map((each) => each.key)).toEqual(["r1", "c1"]);
    expect(third).toEqual([]);
  });
});
