/** Which version of the handbook (手册版本) the desk shows, and reading what it says. */
import {
  inject,
  onMounted,
  ref,
  shallowRef,
  type ComputedRef,
  type InjectionKey,
  type Ref,
  type ShallowRef,
} from "vue";
import { hall, told } from "@/shared/doors";
import { sentence } from "@/shared/problem";

export const VERSION: InjectionKey<ComputedRef<string>> = Symbol("version");
/** The name of the version in force, as the desk's head says it. */
export const IN_FORCE: InjectionKey<Ref<string>> = Symbol("in force");

/** The query parameter of the reading doors. */
export function useVersion(): { version?: string } {
  const version = inject(VERSION)?.value;
  return version ? { version } : {};
}

export async function versionName(): Promise<string> {
  const found = await told(hall.GET("/api/console/handbook/settings", { params: { query: {} } }));
  return found.version ?? "";
}

/** Read once when the part opens; what went wrong is said. */
export function useRead<T>(read: () => Promise<T>): {
  found: ShallowRef<T | null>;
  trouble: Ref<string>;
  again: () => Promise<void>;
} {
  const found = shallowRef<T | null>(null);
  const trouble = ref("");
  async function again(): Promise<void> {
    try {
      found.value = await read();
      trouble.value = "";
    } catch (error) {
      trouble.value = sentence(error);
    }
  }
  onMounted(again);
  return { found, trouble, again };
}

/** Whether every typed word stands in one of these texts. */
export function has(words: string, ...texts: (string | null | undefined)[]): boolean {
  const text = texts.filter(Boolean).join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
