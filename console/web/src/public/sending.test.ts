import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Away, Refused } from "@/shared/problem";
import { Sending, type Said } from "./sending";

const said: Said = {
  description: "井盖缺失",
  address: "古贤镇",
  position: null,
  name: "",
  telephone: "",
  website: "",
};
vi.mock("@/shared/doors", () => ({
  newKey: () => "key",
  once: () => ({}),
  told: (answer: unknown) => answer,
  open: {
    POST: async (path: string) =>
      path.endsWith("/drafts") ? { token: `draft-${++drafts}` } : { report_number: "R1", query_word: "word" },
  },
}));
const photo = new Blob(["photo"], { type: "image/jpeg" });
let drafts = 0;
let upload: (asked: RequestInit) => Promise<Response>;
const received = async () => Response.json({ receipt: "receipt" });

beforeEach(() => {
  drafts = 0;
  upload = received;
  vi.stubGlobal("fetch", async (_: string, asked: RequestInit) => upload(asked));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const send = (sending: Sending) => sending.send([photo], said, () => undefined);

test("a citizen whose draft has ended begins another with the next press", async () => {
  const sending = new Sending();
  upload = async () => Response.json({ title: "未登录" }, { status: 401 });
  await expect(send(sending)).rejects.toThrow(Refused);
  const by: string[] = [];
  upload = async ({ headers }) => {
    by.push((headers as Record<string, string>).Authorization ?? "");
    return received();
  };

  expect((await send(sending)).report_number).toBe("R1");

  expect(by).toEqual(["Bearer draft-2"]);
});

test("a photo of which nobody says anything is given up after two minutes, and the draft kept", async () => {
  vi.useFakeTimers();
  const sending = new Sending();
  upload = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const asked = expect(send(sending)).rejects.toThrow(Away);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  await vi.advanceTimersByTimeAsync(120_000);
  await asked;

  upload = received;
  await send(sending);
  expect(drafts).toBe(1);
});
