import { beforeEach, expect, test, vi } from "vitest";
import type { Row } from "@/shared/live";

let push: (rows: Row[]) => void = () => undefined;
let leave: () => void = () => undefined;
vi.mock("@/shared/live", () => ({ useLive: (listener: typeof push) => (push = listener) }));
vi.mock("@/shared/session", () => ({ may: () => true, onLogOut: (tell: () => void) => (leave = tell) }));
const { markRead, notices, unread, useNotices } = await import("./notices");

const row = (number: number, round = 0) =>
  ({ number: `R${number}`, state: "received", round }) as unknown as Row;

const pressed: string[] = [];
useNotices((notice) => pressed.push(notice.number));
beforeEach(() => {
  leave();
  pressed.length = 0;
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
