/** The call in hand (来电草稿): kept in this tab, so that a reload loses nothing that was typed. */
import { reactive, watch } from "vue";
import type { Point } from "@/shared/point";

export interface Registered {
  report_number: string;
  /** What the agent must tell the caller beside the number; often nothing. */
  notice: string;
}

export interface Draft {
  number: string;
  name: string;
  words: string;
  address: string;
  subcategory: string | null;
  point: Point | null;
  /** The key of a registration that nobody has answered yet, and what it was for. */
  key: string;
  keyed: string;
  registered: Registered | null;
}

const KEPT = "qianliyan.call";
const EMPTY: Draft = {
  number: "",
  name: "",
  words: "",
  address: "",
  subcategory: null,
  point: null,
  key: "",
  keyed: "",
  registered: null,
};

/** The draft of this tab; what changes is kept at once. */
export function useDraft(): Draft {
  let known: Partial<Draft> = {};
  try {
    known = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Partial<Draft>;
  } catch {
    // What another version left is no reason to fail.
  }
  const draft = reactive<Draft>({ ...EMPTY, ...known });
  watch(draft, (now) => sessionStorage.setItem(KEPT, JSON.stringify(now)), { flush: "sync" });
  return draft;
}

export function empty(draft: Draft, number = ""): void {
  Object.assign(draft, EMPTY, { number });
}

/** Whether something was typed that a new call must not overwrite. */
export function isBegun(draft: Draft): boolean {
  return !draft.registered && Boolean(draft.name || draft.words || draft.address || draft.point);
}

/** The body of a registration. */
export function bodyOf(draft: Draft) {
  return {
    caller_number: draft.number.trim(),
    caller_name: draft.name.trim(),
    words: draft.words.trim(),
    address: draft.address.trim(),
    position: draft.point ? { ...draft.point, datum: "wgs84" as const } : null,
    subcategory: draft.subcategory,
  };
}

/** The key for a body: the one that was sent and not answered, as long as nothing has changed since. */
export function keyFor(draft: Draft, fresh: () => string): string {
  const body = JSON.stringify(bodyOf(draft));
  if (!draft.key || draft.keyed !== body) Object.assign(draft, { key: fresh(), keyed: body });
  return draft.key;
}
