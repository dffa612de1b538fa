import { expect, test, vi } from "vitest";
import { effectScope, nextTick, ref } from "vue";
import type { Row } from "./live";
import { useOne } from "./one";
import { Away } from "./problem";

let push: (rows: Row[]) => void = () => undefined;
vi.mock("./live", () => ({ useLive: (listener: typeof push) => (push = listener) }));

/** A pane whose server answers when the test says so. */
function pane() {
  const number = ref("R1");
  const asked: { number: string; answer: (text: string) => void; fail: () => void }[] = [];
  const read = (of: string) =>
    new Promise<string>((answer, reject) =>
      asked.push({ number: of, answer, fail: () => reject(new Away()) }),
    );
  const scope = effectScope();
  const shown = scope.run(() =>
    useOne(
      () => number.value,
      read,
      (row, of) => row.number === of,
    ),
  )!;
  return { number, asked, ...shown };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a late answer for the report before does not stand under the number of this one", async () => {
  const { number, asked, one, trouble } = pane();
  number.value = "R2";
  await nextTick();

  asked[1]?.answer("second");
  await settled();
  asked[0]?.answer("first");
  await settled();

  expect(asked.map((one) => one.number)).toEqual(["R1", "R2"]);
  expect(one.value).toBe("second");
  expect(trouble.value).toBe("");
});

test("a late failure does not complain of what was read since", async () => {
  const { asked, one, trouble } = pane();
  push([{ number: "R1" } as Row]);
  asked[1]?.answer("again");
  await settled();
  asked[0]?.fail();
  await settled();

  expect([one.value, trouble.value]).toEqual(["again", ""]);
});

test("what went wrong with the report before is not said of this one", async () => {
  const { number, asked, trouble } = pane();
  asked[0]?.fail();
  await settled();
  expect(trouble.value).not.toBe("");

  number.value = "R2";
  await nextTick();

  expect(trouble.value).toBe("");
});

test("what happens to others is not read", () => {
  const { asked } = pane();
  push([{ number: "R9" } as Row]);

  expect(asked.length).toBe(1);
});
