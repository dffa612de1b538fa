import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick, ref } from "vue";
import { Store } from "./store";

let refreshes: string | null = null;
const me = ref<object | null>(null);
vi.mock("@/shared/session", () => ({
  me,
  onLogOut: () => undefined,
  resume: async () => null,
  freshToken: async () => "token",
  refreshToken: () => refreshes,
  distrust: () => undefined,
}));
const { entryOf } = await import("./entry");
const { flush, round, store } = await import("./queue");
const { loginWanted } = await import("../person");

beforeEach(async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("navigator", {});
  me.value = { person_id: "person-han" };
  await nextTick();
  loginWanted.value = false;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("a phone that could not keep anything is asked again at the next try", async () => {
  vi.spyOn(Store, "open").mockRejectedValueOnce(new Error("QuotaExceededError"));

  await expect(store()).rejects.toThrow("QuotaExceededError");

  expect(await (await store()).entries()).toEqual([]);
});

test.each([
  { kept: "refresh", wanted: false },
  { kept: null, wanted: true },
])("a token refused too early is renewed; without a refresh token ($kept) one must log in", async (one) => {
  refreshes = one.kept;
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 401 }));
  const message = { person: "person-han", kind: "report", title: "x", path: "/reports" } as const;
  await (await store()).add(entryOf({ ...message, body: {}, draft: null, photos: [] }, 1));

  await flush();

  expect(round.value).toBe("login");
  expect(loginWanted.value).toBe(one.wanted);
});
