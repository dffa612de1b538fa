import { beforeEach, expect, test, vi } from "vitest";
import type { Row } from "@/shared/live";

let push: (rows: Row[] | "reset") => void = () => undefined;
let leave: () => void = () => undefined;
const { me, open } = vi.hoisted(() => ({
  me: { value: { person_id: "p1", roles: ["shift_supervisor"] } },
  open: { rows: [] as unknown[], asked: [] as string[] },
}));
vi.mock("@/shared/live", () => ({ useLive: (listener: typeof push) => (push = listener) }));
vi.mock("@/shared/session", () => ({
  me,
  may: () => true,
  onLogOut: (tell: () => void) => (leave = tell),
}));
vi.mock("@/shared/doors", () => ({
  hall: {
    GET: (_path: string, { params }: { params: { query: { matter: string } } }) => {
      open.asked.push(params.query.matter);
      return Promise.resolve({ rows: open.rows });
    },
  },
  told: (answer: Promise<unknown>) => answer,
}));
const { markRead, notices, unread, useNotices } = await import("./notices");

const row = (number: number, round = 0) =>
  ({ number: `R${number}`, state: "received", round }) as unknown as Row;

const called = (post: string, minute = 0) =>
  ({
    ...row(9),
    report_number: "R9",
    case_number: null,
    state: "closed",
    subcategory: "井盖缺失",
    place: "人民路",
    callings: [
      {
        post,
        to: post === "leader" ? "领导" : "值班长",
        reason: "申诉超时未初审",
        at: `2026-06-15T00:0${minute}:00Z`,
      },
    ],
  }) as unknown as Row;
const texts = () => notices.value.map((notice) => notice.text);

const pressed: string[] = [];
useNotices((notice) => pressed.push(notice.number));
beforeEach(() => {
  leave();
  pressed.length = 0;
  me.value = { person_id: "p1", roles: ["shift_supervisor"] };
  open.rows = [];
  open.asked.length = 0;
});

test("what is raised to be urgent is told once more, and at once", () => {
  push([row(1)]);
  expect(pressed).toEqual([]);

  push([{ ...row(1), urgency: "urgent" }]);
  push([{ ...row(1), urgency: "urgent" }]);

  expect(pressed).toEqual(["R1"]);
  expect(unread.value).toBe(2);
});

test("what came since the list was looked at is unread, also when the list is full", () => {
  push(Array.from({ length: 60 }, (_, number) => row(number)));
  expect(unread.value).toBe(60);
  markRead();

  push([row(60), row(61)]);
  push([row(61)]);

  expect(notices.value.length).toBe(50);
  expect(unread.value).toBe(2);
});

test("the next person at this computer finds no notices of the one before", () => {
  push([row(1)]);

  leave();

  expect(notices.value).toEqual([]);
  expect(unread.value).toBe(0);
  push([row(1)]);
  expect(unread.value).toBe(1);
});

test("the called post is told at once what lies, in words, and is led to its list", () => {
  push([called("shift_supervisor")]);
  push([called("shift_supervisor")]);

  expect(texts()).toEqual(["申诉超时未初审，已上报值班长：井盖缺失，人民路"]);
  expect(notices.value[0]).toMatchObject({ title: "逐级上报", to: "/filing?list=called&number=R9" });
  expect(pressed).toEqual(["R9"]);
});

test("nobody hears of what another post was called for", () => {
  push([called("leader")]);
  expect(notices.value).toEqual([]);

  me.value = { person_id: "p2", roles: ["leader"] };
  push([called("leader")]);

  expect(notices.value.map((notice) => notice.to)).toEqual(["/cases/R9"]);
});

test("what somebody has acted on, or was passed further up, is in the bell no more", () => {
  push([called("shift_supervisor"), row(1)]);
  expect(unread.value).toBe(2);

  push([called("leader", 5)]);

  expect(notices.value.map((notice) => notice.number)).toEqual(["R1"]);
  expect(unread.value).toBe(1);
});

test("who logs in later finds what is open for the post, without being startled", async () => {
  open.rows = [called("shift_supervisor")];
  push("reset");
  await vi.waitFor(() => expect(notices.value).toHaveLength(1));

  expect(open.asked).toEqual(["escalated"]);
  expect(unread.value).toBe(1);
  expect(pressed).toEqual([]);

  open.rows = [];
  push("reset");
  await vi.waitFor(() => expect(notices.value).toEqual([]));
  expect(unread.value).toBe(0);
});

test("what is open stays in a full list", () => {
  push([called("shift_supervisor")]);
  push(Array.from({ length: 60 }, (_, number) => row(number + 100)));

  expect(notices.value).toHaveLength(50);
  expect(notices.value.filter((notice) => notice.called)).toHaveLength(1);
});
