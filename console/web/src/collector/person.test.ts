import { beforeEach, expect, test, vi } from "vitest";
import { nextTick, ref } from "vue";

const left: (() => void)[] = [];
const me = ref<object | null>(null);
vi.mock("@/shared/session", () => ({
  me,
  onLogOut: (tell: () => void) => left.push(tell),
  resume: async () => null,
}));
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });

beforeEach(() => {
  left.length = 0;
  me.value = null;
});

test("whoever logged in after the app was opened is told as well when the login is over", async () => {
  const { goOn, loginWanted, person } = await import("./person");
  await goOn(); // nobody is known on this phone yet
  me.value = { person_id: "person-han" };
  await nextTick();
  expect(person.value?.person_id).toBe("person-han");

  for (const tell of left) tell();

  expect(loginWanted.value).toBe(true);
});
