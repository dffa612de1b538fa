import { expect, test, vi } from "vitest";
import { ready, summary } from "./batch";

vi.mock("@/shared/doors", () => ({ dispatch: {}, told: async () => undefined }));
vi.mock("@/shared/saying", () => ({}));
const to = (name: string) => ({ suggestion: { name } }) as never;

test("only what is suggested and not to be decided on is dispatched unseen", () => {
  const task = { suggestion: { name: "示例市政" }, in_coordination: false, state: "awaiting_dispatch" };
  expect(ready(task as never)).toBe(true);
  expect(ready({ ...task, in_coordination: true } as never)).toBe(false);
  expect(ready({ ...task, suggestion: null } as never)).toBe(false);
  expect(ready({ ...task, state: "handling" } as never)).toBe(false);
});

test("the dispatcher is told how many go to each unit", () => {
  expect(summary([to("环卫"), to("市政"), to("市政")])).toBe("市政 2 件、环卫 1 件");
});
