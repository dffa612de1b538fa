/** Work lists (工作列表): pages from the server, more while one scrolls, new ones when something has changed. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useChanges } from "./changes";
import type { Row } from "./live";
import { sentence } from "./problem";

export interface Page<T> {
  rows: T[];
  /** What asks for the next page; null when there is none. */
  next: string | null;
}

/** Rows of one page. */
export const PAGE = 50;

/** What a door is asked for one page, `most` rows of it. */
export function paging(after: string | null, most = PAGE): { limit: number; after?: string } {
  return { limit: most, ...(after ? { after } : {}) };
}

export interface List<T> {
  rows: ShallowRef<T[]>;
  loading: Ref<boolean>;
  /** Why nothing could be read, for the reader; empty when all is well. */
  trouble: Ref<string>;
  more: Ref<boolean>;
  /** Load what is shown anew; what was there stays on the screen meanwhile. */
  reload: () => Promise<void>;
  loadMore: () => Promise<void>;
}

/** Changes come in bursts; a list is read again at most this often. */
const CALM = 400;
/** Without any news it is read again all the same: lights and remaining times are the server's. */
const MINUTE = 60_000;

/**
 * A list from a function that reads one page. It is read again when `depends` changes, when a row that `concerns`
 * it comes by server push, and every minute.
 */
export function useList<T>(
  read: (after: string | null) => Promise<Page<T>>,
  {
    depends = () => null,
    concerns = () => true,
  }: { depends?: () => unknown; concerns?: (row: Row) => boolean } = {},
): List<T> {
  const rows = shallowRef<T[]>([]);
  const loading = ref(false);
  const trouble = ref("");
  const more = ref(false);
  let next: string | null = null;
  let turn = 0;
  let gone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function fill(from: string | null, keep: T[], atLeast: number): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    try {
      let found = keep;
      let after = from;
      do {
        const page = await read(after);
        if (mine !== turn) return;
        found = [...found, ...page.rows];
        after = page.next;
      } while (after !== null && found.length < atLeast);
      rows.value = found;
      next = after;
      more.value = after !== null;
      trouble.value = "";
    } catch (error) {
      if (mine === turn) trouble.value = sentence(error);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  const reload = () => fill(null, [], rows.value.length);
  const loadMore = async () => {
    if (next !== null && !loading.value) await fill(next, rows.value, 0);
  };
  // The first news sets the time: a steady stream of them neither postpones the reading nor overtakes one under way.
  let stale = false;
  const soon = () => {
    stale = true;
    timer ??= setTimeout(() => void catchUp(), CALM);
  };
  async function catchUp(): Promise<void> {
    stale = false;
    await reload();
    timer = undefined;
    if (stale && !gone) soon();
  }

  watch(depends, () => void fill(null, [], 0), { immediate: true, deep: true });
  useChanges(soon, concerns);
  const everyMinute = setInterval(soon, MINUTE);
  onScopeDispose(() => {
    gone = true;
    clearTimeout(timer);
    clearInterval(everyMinute);
  });
  return { rows, loading, trouble, more, reload, loadMore };
}

/** A setting of this person's browser, such as a list's filter, kept from day to day. */
export function useKept<T extends object>(name: string, otherwise: T): Ref<T> {
  const key = `qianliyan.kept.${name}`;
  let known: Partial<T> = {};
  try {
    known = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<T>;
  } catch {
    // What another version left is no reason to fail.
  }
  const kept = ref({ ...otherwise, ...known }) as Ref<T>;
  watch(kept, (value) => localStorage.setItem(key, JSON.stringify(value)), { deep: true });
  return kept;
}
