/** The outbox's algebra: in order, photos first, nothing twice, nothing lost. */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Away, Refused } from "@/shared/problem";
import { corrected, entryOf, mayChange, outdated, pauseAfter, type Entry, type Message } from "./entry";
import { sendAll, type Doors } from "./sending";
import { Store, type KeptPhoto } from "./store";

const HAN = "person-han";
let store: Store;
let count = 0;

beforeEach(async () => {
  count += 1;
  store = await Store.open(`test-${count}`);
});
afterEach(() => store.close());

/** A centre that keeps what it takes, and does nothing twice under one key. */
class Centre implements Doors {
  log: string[] = [];
  taken = new Map<string, unknown>();
  photos = new Set<string>();
  /** What goes wrong next, once each: at "photo", "post", or "answer" (taken, but the answer is lost). */
  faults: { at: "photo" | "post" | "answer"; error: Error }[] = [];

  async putPhoto(photo: KeptPhoto): Promise<void> {
    this.fail("photo");
    this.photos.add(photo.sha256);
    this.log.push(`photo ${photo.sha256}`);
  }

  async post(path: string, body: unknown, key: string): Promise<unknown> {
    this.fail("post");
    if (!this.taken.has(key)) {
      this.taken.set(key, body);
      this.log.push(`${path} ${(body as { words: string }).words}`);
    }
    this.fail("answer");
    return { report_number: `R${[...this.taken.keys()].indexOf(key) + 1}` };
  }

  private fail(at: string): void {
    const fault = this.faults[0];
    if (fault?.at !== at) return;
    this.faults.shift();
    throw fault.error;
  }
}

function message(words: string, photos: string[] = [], person = HAN): Message {
  return {
    person,
    kind: "report",
    title: words,
    path: "/reports",
    body: { words },
    draft: { words },
    photos,
  };
}

async function take(name: string): Promise<void> {
  await store.keepDraft(
    "draft",
    { photos: [name], content: null },
    { sha256: name, type: "image/jpeg", bytes: new ArrayBuffer(4), at: 0 },
  );
}

async function write(words: string, at: number, photos: string[] = [], person = HAN): Promise<Entry> {
  for (const photo of photos) await take(photo);
  const entry = entryOf(message(words, photos, person), at);
  await store.add(entry, { draft: "draft" });
  return entry;
}

const send = (centre: Doors, at = 1_000) => sendAll(store, centre, HAN, () => at);
const of = async (id: string) => (await store.entries()).find((one) => one.id === id);

test("messages arrive in the order in which they were written, each after its photos", async () => {
  const centre = new Centre();
  await write("second", 20, ["b1", "b2"]);
  await write("first", 10, ["a"]);

  expect(await send(centre)).toBe("idle");

  expect(centre.log).toEqual(["photo a", "/reports first", "photo b1", "photo b2", "/reports second"]);
  expect((await store.entries()).map((one) => one.state)).toEqual(["sent", "sent"]);
  expect(await store.photo("a")).toBeUndefined();
});

test("without a network everything stays, and goes out once it is back", async () => {
  const centre = new Centre();
  centre.faults = [{ at: "photo", error: new Away() }];
  const entry = await write("dead spot", 10, ["a"]);

  expect(await send(centre)).toBe("away");
  expect((await of(entry.id))?.state).toBe("waiting");
  expect(await store.photo("a")).toBeDefined();

  expect(await send(centre)).toBe("idle");
  expect((await of(entry.id))?.number).toBe("R1");
});

test("a photo that has arrived is not sent again", async () => {
  const centre = new Centre();
  await write("two photos", 10, ["a", "b"]);
  centre.faults = [{ at: "post", error: new Away() }];

  await send(centre);
  await send(centre);

  expect(centre.log).toEqual(["photo a", "photo b", "/reports two photos"]);
});

test("an answer that is lost, or a tab that is killed, leads to no second report", async () => {
  const centre = new Centre();
  const entry = await write("once", 10);
  centre.faults = [{ at: "answer", error: new Away() }];

  expect(await send(centre)).toBe("away");
  expect(await send(centre)).toBe("idle");

  expect(centre.taken.size).toBe(1);
  expect((await of(entry.id))?.number).toBe("R1");
});

test("what may have arrived can neither be changed nor thrown away", async () => {
  const centre = new Centre();
  const entry = await write("perhaps", 10);
  expect(mayChange(entry)).toBe(true);
  centre.faults = [{ at: "answer", error: new Away() }];

  await send(centre);

  expect(mayChange((await of(entry.id))!)).toBe(false);
});

test("a refusal stays with the server's words and holds up nobody", async () => {
  const centre = new Centre();
  const refusedOne = await write("refused", 10, ["a"]);
  await write("fine", 20);
  centre.faults = [{ at: "post", error: new Refused(409, "task-given-on", "任务已改派") }];

  expect(await send(centre)).toBe("idle");

  const kept = await of(refusedOne.id);
  expect(kept).toMatchObject({ state: "refused", words: "任务已改派", draft: { words: "refused" } });
  expect(await store.photo("a")).toBeDefined();
  expect(centre.log).toEqual(["photo a", "/reports fine"]);
  expect(await send(centre)).toBe("idle");
  expect(centre.taken.size).toBe(1);
});

test("a corrected message has a key of its own, its old time, and its photos again", async () => {
  const centre = new Centre();
  const old = await write("wrong", 10, ["a"]);
  centre.faults = [{ at: "post", error: new Refused(422, "invalid", "填写的内容不符合要求") }];
  await send(centre);

  const better = corrected((await of(old.id))!, message("right", ["a"]), 500);
  await store.add(better, { instead: old.id });
  await send(centre);

  expect(better.id).not.toBe(old.id);
  expect(better.madeAt).toBe(10);
  expect((await store.entries()).map((one) => one.id)).toEqual([better.id]);
  expect(centre.log).toEqual(["photo a", "photo a", "/reports right"]);
});

test("when the login is over, sending stops and nothing is lost", async () => {
  const centre = new Centre();
  const entry = await write("later", 10);
  centre.faults = [{ at: "post", error: new Refused(401, "not-authenticated", "未登录") }];

  expect(await send(centre)).toBe("login");
  expect((await of(entry.id))?.state).toBe("waiting");
  expect(await send(centre)).toBe("idle");
});

test("a message over which the server stumbles waits alone, with growing pauses", async () => {
  const centre = new Centre();
  const stumbling = await write("stumbles", 10);
  await write("fine", 20);
  const fault = { at: "post" as const, error: new Refused(500, "unexpected", "系统内部错误") };
  centre.faults = [fault];

  expect(await send(centre, 1_000)).toBe("later");
  expect(centre.log).toEqual(["/reports fine"]);
  expect(await send(centre, 1_000 + pauseAfter(1) - 1)).toBe("later");
  expect(await send(centre, 1_000 + pauseAfter(1))).toBe("idle");
  expect((await of(stumbling.id))?.state).toBe("sent");
});

test("another person's messages are not sent in this one's name", async () => {
  const centre = new Centre();
  await write("hers", 10, [], "person-li");

  expect(await send(centre)).toBe("idle");
  expect(centre.taken.size).toBe(0);
});

test("a photo that the browser has lost is the person's matter", async () => {
  const centre = new Centre();
  const entry = entryOf(message("no photo", ["gone"]), 10);
  await store.add(entry);

  await send(centre);

  expect(await of(entry.id)).toMatchObject({ state: "refused", words: "本机照片已丢失，请重新拍摄" });
});

test("what is thrown away while its photos go up is neither sent nor put back", async () => {
  const centre = new Centre();
  const entry = await write("thrown away", 10, ["a"]);
  const carry = centre.putPhoto.bind(centre);
  centre.putPhoto = async (photo) => {
    await carry(photo);
    await store.discard(entry.id, mayChange);
  };

  expect(await send(centre)).toBe("idle");

  expect(centre.taken.size).toBe(0);
  expect(await store.entries()).toEqual([]);
});

test("what is thrown away while a photo of it is refused stays away", async () => {
  const centre = new Centre();
  const entry = await write("thrown away", 10, ["a"]);
  centre.putPhoto = async () => {
    await store.discard(entry.id, mayChange);
    throw new Refused(422, "invalid", "不是照片");
  };

  expect(await send(centre)).toBe("idle");

  expect(await store.entries()).toEqual([]);
});

test("what has left is not thrown away by who presses a moment too late", async () => {
  const centre = new Centre();
  const entry = await write("too late", 10);
  const post = centre.post.bind(centre);
  centre.post = async (...asked) => {
    await store.discard(entry.id, mayChange);
    return post(...asked);
  };

  expect(await send(centre)).toBe("idle");

  expect((await of(entry.id))?.number).toBe("R1");
});

test("a draft keeps its photos until it is thrown away", async () => {
  await take("a");
  await store.sweep();
  expect(await store.photo("a")).toBeDefined();

  await store.dropDraft("draft");
  expect(await store.photo("a")).toBeUndefined();
});

test("pauses grow to five minutes; sent messages are shown for a week, a hundred at most", () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(pauseAfter)).toEqual([5, 15, 30, 60, 120, 300, 300].map((s) => s * 1000));
  const day = 86_400_000;
  const sent = (id: string, sentAt: number) => ({
    ...entryOf(message(id), 0, id),
    state: "sent" as const,
    sentAt,
  });
  expect(outdated([sent("old", 0), sent("new", 8 * day)], 8 * day).map((one) => one.id)).toEqual(["old"]);
  const many = Array.from({ length: 101 }, (_, place) => sent(`m${place}`, place));
  expect(outdated(many, 200).map((one) => one.id)).toEqual(["m0"]);
});
