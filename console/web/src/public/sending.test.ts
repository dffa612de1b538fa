import { beforeEach, expect, test, vi } from "vitest";
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
    POST: async (path: string) => (path.endsWith("/drafts") ? { token: `draft-${++drafts}` } : posted()),
  },
}));
vi.mock("@/shared/pictures", () => ({
  prepared: async (photo: Blob) => photo,
  upload: async (_: Blob, { token }: { token: string }) => {
    tokens.push(token);
    return upload();
  },
}));
const photo = new Blob(["photo"], { type: "image/jpeg" });
let drafts = 0;
let tokens: string[] = [];
let posted: () => Promise<unknown>;
let upload: () => Promise<{ receipt: string }>;
const taken = async () => ({ report_number: "R1", query_word: "word" });
const received = async () => ({ receipt: "receipt" });
const away = async () => {
  throw new Away();
};

beforeEach(() => {
  drafts = 0;
  tokens = [];
  posted = taken;
  upload = received;
});

const send = (sending: Sending) => sending.send([photo], said, () => undefined);

test("a citizen whose draft has ended begins another with the next press", async () => {
  const sending = new Sending();
  upload = async () => {
    throw new Refused(401, "not-authenticated", "未登录");
  };
  await expect(send(sending)).rejects.toThrow(Refused);
  upload = received;

  expect((await send(sending)).report_number).toBe("R1");

  expect(tokens).toEqual(["draft-1", "draft-2"]);
});

test("a photo that did not arrive is sent again with the same draft", async () => {
  const sending = new Sending();
  upload = away;
  await expect(send(sending)).rejects.toThrow(Away);

  upload = received;
  await send(sending);
  expect(tokens).toEqual(["draft-1", "draft-1"]);
});

test("a photo that has arrived is not sent again with the next press", async () => {
  const sending = new Sending();
  posted = away;
  await expect(send(sending)).rejects.toThrow(Away);

  posted = taken;
  await send(sending);
  expect(tokens).toEqual(["draft-1"]);
});
