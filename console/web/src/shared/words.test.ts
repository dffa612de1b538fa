import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { STAGES, STATES } from "./words";

describe("the states that filters offer", () => {
  it("are those of the server, in its words and stages", () => {
    const source = readFileSync(resolve(import.meta.dirname, "../../../words.py"), "utf-8");
    const stages = ["COLLECTING", "FILING", "DISPATCHING", "HANDLING", "FEEDBACK", "VERIFYING", "ASSESSING"];
    const known = [...source.matchAll(/State\.(\w+): _Meaning\("([^"]+)", Stage\.(\w+)/g)].map(
      ([, state = "", text, stage = ""]) => [state.toLowerCase(), { text, stage: stages.indexOf(stage) + 1 }],
    );
    expect(known.length).toBeGreaterThan(20);
    expect(STATES).toEqual(Object.fromEntries(known));
    expect(STAGES.length).toBe(stages.length);
  });
});
