import { describe, expect, it } from "vitest";
import { duration, left, moment, shortly } from "./clock";

describe("time as the county reads it", () => {
  it("is Peking time, wherever the browser is", () => {
    expect(moment("2026-06-15T00:37:00Z")).toBe("2026-06-15 08:37");
  });

  it("says no more than is needed", () => {
    const noon = Date.parse("2026-06-15T04:00:00Z");
    expect(shortly("2026-06-15T00:37:00Z", noon)).toBe("08:37");
    expect(shortly("2026-06-14T00:37:00Z", noon)).toBe("06-14 08:37");
    expect(shortly("2025-06-15T00:37:00Z", noon)).toBe("2025-06-15");
    expect(shortly(null, noon)).toBe("");
  });

  it("counts in two units at most", () => {
    expect(duration(59)).toBe("0 分");
    expect(duration(3600)).toBe("1 小时");
    expect(duration(4 * 3600 + 20 * 60)).toBe("4 小时 20 分");
    expect(duration(3 * 86400 + 4 * 3600 + 60)).toBe("3 天 4 小时");
  });

  it("says what is left and what is late", () => {
    const noon = Date.parse("2026-06-15T04:00:00Z");
    expect(left("2026-06-15T05:00:00Z", noon)).toBe("剩 1 小时");
    expect(left("2026-06-15T03:40:00Z", noon)).toBe("超 20 分");
    expect(left(null, noon)).toBe("");
  });
});
