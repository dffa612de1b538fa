import { effectScope } from "vue";
import { describe, expect, test, vi } from "vitest";
import { Away, Refused } from "./problem";
import { useUploads, type Uploads } from "./uploads";

vi.mock("./doors", () => ({ intake: {} }));
vi.mock("./session", () => ({ freshToken: async () => "own" }));

function uploads(
  send: Parameters<typeof useUploads>[1]["send"],
  { most = 10, token }: { most?: number; token?: string } = {},
): Uploads {
  const scope = effectScope();
  return scope.run(() =>
    useUploads(() => token, { most: () => most, send: send!, make: async (file) => file }),
  )!;
}
const photo = (words: string) => new Blob([words], { type: "image/jpeg" });
const named = async (content: Blob) => ({
  name: await content.text(),
  receipt: `for ${await content.text()}`,
});

describe("photos on their way", () => {
  test("are sent in the order in which they are shown, with their receipts", async () => {
    const form = uploads(named, { token: "task" });

    form.add([photo("a"), photo("b"), photo("c")]);
    await vi.waitFor(() => expect(form.names.value).toEqual(["a", "b", "c"]));
    form.move(form.photos[2]!, -2);

    expect(form.names.value).toEqual(["c", "a", "b"]);
    expect(form.receipts.value).toEqual(["for c", "for a", "for b"]);
  });

  test("carry the unit's token", async () => {
    const tokens: unknown[] = [];
    const form = uploads(async (content, { token }) => (tokens.push(token), named(content)), {
      token: "task",
    });

    form.add([photo("a")]);

    await vi.waitFor(() => expect(form.busy.value).toBe(false));
    expect(tokens).toEqual(["task"]);
  });

  test("that were refused say why, and go when they are tried again", async () => {
    let refuse = true;
    const form = uploads(async (content) => {
      if (refuse) throw new Refused(422, "invalid", "内容不符合要求");
      return named(content);
    });
    form.add([photo("a")]);
    await vi.waitFor(() => expect(form.failed.value).toBe(1));
    expect(form.photos[0]!.trouble).toContain("内容不符合要求");

    refuse = false;
    form.retry(form.photos[0]!);

    await vi.waitFor(() => expect(form.names.value).toEqual(["a"]));
  });

  test("survive a line that is away for a moment", async () => {
    vi.useFakeTimers();
    let away = 1;
    const form = uploads(async (content) => {
      if (away-- > 0) throw new Away();
      return { name: "a", receipt: String(content.size) };
    });

    form.add([photo("a")]);
    await vi.runAllTimersAsync();
    vi.useRealTimers();

    expect(form.names.value).toEqual(["a"]);
  });

  test("are as many as the form takes, and none is there twice", async () => {
    const form = uploads(named, { most: 2 });

    form.add([photo("a"), photo("a"), photo("b")]);
    await vi.waitFor(() => expect(form.busy.value).toBe(false));

    expect(form.names.value).toEqual(["a"]);
  });

  test("that are there already keep their place", () => {
    const form = uploads(named);

    form.show(["x", "y"]);
    form.show(["y"]);

    expect(form.names.value).toEqual(["y"]);
  });
});
