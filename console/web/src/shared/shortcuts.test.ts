import { describe, expect, it } from "vitest";
import { nameOf } from "./shortcuts";

const pressed = (key: string, held: Partial<KeyboardEvent> = {}) => ({ key, ...held }) as KeyboardEvent;

describe("a key's name", () => {
  it("says what is held with it", () => {
    expect(nameOf(pressed("J"))).toBe("j");
    expect(nameOf(pressed("Enter", { ctrlKey: true }))).toBe("Ctrl+Enter");
    expect(nameOf(pressed("s", { altKey: true }))).toBe("Alt+s");
  });
});
