/** One thing that is looked at (详情): read by its number, and again when it has changed; only the last question counts. */
import { ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useChanges } from "./changes";
import type { Row } from "./live";
import { sentence } from "./problem";

/**
 * Takes turns: `const mine = turn()` before a reading; after it, `mine()` says whether no later one has begun. A late
 * answer must not stand in the place of a newer one.
 */
export function takingTurns(): () => () => boolean {
  let last = 0;
  return () => {
    const own = ++last;
    return () => own === last;
  };
}

/** What `read` answers for a number, whenever the number changes or a row that `concerns` it comes by server push. */
export function useOne<T>(
  number: () => string,
  read: (number: string) => Promise<T>,
  concerns: (row: Row, number: string) => boolean,
): {
  one: ShallowRef<T | null>;
  /** Why it could not be read, for the reader; empty when all is well. */
  trouble: Ref<string>;
  reread: () => Promise<void>;
} {
  const one: ShallowRef<T | null> = shallowRef(null);
  const trouble = ref("");
  const turn = takingTurns();

  async function reread(): Promise<void> {
    const mine = turn();
    try {
      const found = await read(number());
      if (!mine()) return;
      one.value = found;
      trouble.value = "";
    } catch (error) {
      if (mine()) trouble.value = sentence(error);
    }
  }

  watch(
    number,
    () => {
      one.value = null;
      trouble.value = "";
      void reread();
    },
    { immediate: true },
  );
  useChanges(
    () => void reread(),
    (row) => concerns(row, number()),
  );
  return { one, trouble, reread };
}
