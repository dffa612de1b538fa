import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { upload } from "./pictures";
import { Away, Refused } from "./problem";

vi.mock("./doors", () => ({ intake: {} }));
vi.mock("./session", () => ({ freshToken: async () => "own" }));

/** The browser's own, as far as a photo needs it: it answers when the test says so, or gives up when its time is over. */
class Line {
  static last: Line | undefined;
  headers: Record<string, string> = {};
  upload = {};
  timeout = 0;
  status = 0;
  response: unknown = null;
  onload = (): void => undefined;
  ontimeout = (): void => undefined;
  open(): void {
    Line.last = this;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  send(): void {
    setTimeout(() => this.ontimeout(), this.timeout);
  }
  answer(status: number, response: unknown): void {
    Object.assign(this, { status, response });
    this.onload();
  }
}
const photo = new Blob(["photo"], { type: "image/jpeg" });
const asked = () => vi.waitUntil(() => Line.last);

beforeEach(() => {
  Line.last = undefined;
  vi.useFakeTimers();
  vi.stubGlobal("XMLHttpRequest", Line);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a photo of which nobody says anything is given up after two minutes", async () => {
  let ended = false;
  const sent = expect(upload(photo).finally(() => (ended = true))).rejects.toThrow(Away);
  await asked();

  await vi.advanceTimersByTimeAsync(119_000);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await sent;
});

test("a token's photo has a receipt, and a person's own has none", async () => {
  const drafted = upload(photo, { token: "draft" });
  const line = await asked();
  line.answer(201, { receipt: "receipt" });
  expect((await drafted).receipt).toBe("receipt");
  expect(line.headers.Authorization).toBe("Bearer draft");

  Line.last = undefined;
  const own = upload(photo);
  (await asked()).answer(201, {});
  expect((await own).receipt).toBe("");
});

test("a page that some network puts in the place of the answer is no receipt", async () => {
  const sent = expect(upload(photo, { token: "draft" })).rejects.toThrow(Refused);
  (await asked()).answer(200, null);
  await sent;
});
