/** 本机空间: asked to be kept, and watched. */
import { ref } from "vue";
import { say } from "./toast";

export const kept = ref<boolean | null>(null);
export const left = ref<number | null>(null);
const LOW = 100 * 1024 * 1024;
export const low = ref(false);

/** Ask the browser not to clear what is not sent yet, and look how much room there is. */
export async function watchStorage(): Promise<void> {
  if (!("storage" in navigator)) return;
  try {
    kept.value = (await navigator.storage.persisted()) || (await navigator.storage.persist());
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    left.value = Math.max(0, quota - usage);
    low.value = quota > 0 && left.value < LOW;
  } catch {
    // A browser that does not tell keeps what it keeps.
  }
}

/** What the phone could not keep is not sent either: the form stays as it is. */
export function sayNotKept(error: unknown): void {
  console.error(error);
  say("手机存储失败，内容没有保存。请清理手机空间后再提交，此前不要离开本页", 8_000);
}

export function megabytes(bytes: number): string {
  return bytes > 1_073_741_824
    ? `${(bytes / 1_073_741_824).toFixed(1)} GB`
    : `${Math.round(bytes / 1_048_576)} MB`;
}
