import { describe, expect, it, vi } from "vitest";
import { keyed } from "./keyed";
import { Away, Refused } from "./problem";

describe("keyed", () => {
  it("repeats the key while nobody answers, and takes a new one once the door has", async () => {
    const keys: string[] = [];
    const note = (header: { "Idempotency-Key": string }) => keys.push(header["Idempotency-Key"]);
    const away = async (header: { "Idempotency-Key": string }) => {
      note(header);
      throw new Away();
    };

    await expect(keyed("close/1", away)).rejects.toThrow(Away);
    await keyed("close/1", async (header) => note(header));
    await keyed("close/1", async (header) => note(header));

    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
  });

  it("takes a new key after a refusal: what is corrected is another command", async () => {
    const keys: string[] = [];
    await expect(
      keyed("void/1", async (header) => {
        keys.push(header["Idempotency-Key"]);
        throw new Refused(422, "invalid", "x");
      }),
    ).rejects.toThrow(Refused);
    await keyed("void/1", async (header) => keys.push(header["Idempotency-Key"]));

    expect(keys[0]).not.toBe(keys[1]);
  });

  it("repeats the key after a door has stumbled: it may have done it", async () => {
    const keys: string[] = [];
    const stumbles = keyed("file/1", async (header) => {
      keys.push(header["Idempotency-Key"]);
      throw new Refused(500, "unexpected", "x");
    });
    await expect(stumbles).rejects.toThrow(Refused);
    await keyed("file/1", async (header) => keys.push(header["Idempotency-Key"]));

    expect(keys[0]).toBe(keys[1]);
  });

  it("takes a new key when the same is meant much later: the case has come round again", async () => {
    vi.useFakeTimers();
    const keys: string[] = [];
    const away = async (header: { "Idempotency-Key": string }) => {
      keys.push(header["Idempotency-Key"]);
      throw new Away();
    };
    await expect(keyed("ask-verification/1", away)).rejects.toThrow(Away);
    vi.advanceTimersByTime(9 * 60_000);
    await expect(keyed("ask-verification/1", away)).rejects.toThrow(Away);
    vi.advanceTimersByTime(2 * 60_000);
    await expect(keyed("ask-verification/1", away)).rejects.toThrow(Away);
    vi.useRealTimers();

    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
  });

  it("says that the first attempt arrived when the words were changed since", async () => {
    const reused = keyed("urge/1", async () => {
      throw new Refused(422, "idempotency-key-reused", "x");
    });

    await expect(reused).rejects.toThrow("上一次提交已被接收");
  });
});
