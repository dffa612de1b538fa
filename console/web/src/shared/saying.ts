/** Asking and telling: a reason, a yes, what was done, what went wrong. */
import { ElMessage, ElMessageBox } from "element-plus";
import { ref, type Ref } from "vue";
import { sentence } from "./problem";

export function done(text: string): void {
  ElMessage.success({ message: text, grouping: true });
}

export function complain(error: unknown): void {
  ElMessage.error({ message: sentence(error), duration: 6000, showClose: true, grouping: true });
}

/** Ask for a reason; null when the person thinks better of it. */
export async function askReason(
  title: string,
  text = "请写明理由，理由会告知对方并记入流程",
): Promise<string | null> {
  try {
    const { value } = await ElMessageBox.prompt(text, title, {
      inputType: "textarea",
      inputValidator: (typed: string) => (typed?.trim() ? true : "请填写理由"),
      confirmButtonText: "确定",
      cancelButtonText: "取消",
    });
    return value.trim();
  } catch {
    return null;
  }
}

/** Ask before what cannot be undone. */
export async function askYes(title: string, text: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      type: "warning",
      confirmButtonText: "确定",
      cancelButtonText: "取消",
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Do one thing at a time and say how it went: `const { busy, run } = useDoing()`,
 * `run(() => told(intake.POST(…)), "已立案")`. Answers what was done, undefined when it was refused.
 */
export function useDoing(): {
  busy: Ref<boolean>;
  run: <T>(work: () => Promise<T>, text?: string) => Promise<T | undefined>;
} {
  const busy = ref(false);
  async function run<T>(work: () => Promise<T>, text = ""): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    try {
      const result = await work();
      if (text) done(text);
      return result;
    } catch (error) {
      complain(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, run };
}
