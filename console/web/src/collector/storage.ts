/** 本机空间: asked to be kept, and watched. */
import { ref } from "vue";

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

export function megabytes(bytes: number): string {
  return bytes > 1_073_741_824
    ? `${(bytes / 1_073_741_824).toFixed(1)} GB`
    : `${Math.round(bytes / 1_048_576)} MB`;
}
