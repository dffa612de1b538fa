import { expect, test } from "vitest";
import { effectScope, nextTick, ref, shallowRef } from "vue";
import { useCorrection } from "./draft";
import type { Entry } from "./outbox/entry";

interface Form {
  words: string;
}

function page() {
  const form = ref<Form>({ words: "" });
  const ready = ref(true);
  const old = shallowRef<Entry>();
  effectScope().run(() =>
    useCorrection<Form>({ form, ready }, () => old.value, {
      written: (draft) => draft as Form,
      untouched: (one) => !one.words,
    }),
  );
  const refuse = async (id: string, words: string) => {
    old.value = { id, draft: { words } } as Entry;
    await nextTick();
  };
  return { form, refuse };
}

test("a form is filled with what was refused", async () => {
  const { form, refuse } = page();
  await refuse("m1", "井盖缺失");

  expect(form.value.words).toBe("井盖缺失");
});

test("what the person has cleared stays cleared when the outbox is looked at again", async () => {
  const { form, refuse } = page();
  await refuse("m1", "井盖缺失");
  form.value = { words: "" };

  await refuse("m1", "井盖缺失");

  expect(form.value.words).toBe("");
});

test("what the person is writing is not written over", async () => {
  const { form, refuse } = page();
  form.value = { words: "路灯不亮" };

  await refuse("m1", "井盖缺失");

  expect(form.value.words).toBe("路灯不亮");
});
