import { expect, test } from "vitest";
import { answersIn } from "./answers";
import type { Entry } from "./outbox/entry";

const answer = (task: string, state: Entry["state"]) =>
  ({ kind: "answer", path: `/api/intake/tasks/${task}/answer`, state }) as Entry;

test("a task that is answered here is no open one", () => {
  const found = answersIn([answer("t1", "waiting"), answer("t2", "sent")]);

  expect([...found.keys()]).toEqual(["t1", "t2"]);
});

test("a refused answer leaves the task open for the correction, whatever else was sent", () => {
  expect(answersIn([answer("t1", "refused"), answer("t1", "sent")]).size).toBe(0);
});
