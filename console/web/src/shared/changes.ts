/** Reading anew what has changed (变更后重读): at once, and once more when every service has heard of it. */
import { onScopeDispose } from "vue";
import { useLive, type Row } from "./live";

/** Milliseconds after the last change. */
export const LATER = 5_000;

/**
 * Call `act` when a row that `concerns` it has changed, and once more some seconds after the last such change: the
 * console tells of a change as soon as it knows it itself, and the service whose list is shown may hear of it later.
 */
export function useChanges(act: () => void, concerns: (row: Row) => boolean = () => true): void {
  let later: ReturnType<typeof setTimeout> | undefined;
  useLive((rows) => {
    if (rows !== "reset" && !rows.some(concerns)) return;
    clearTimeout(later);
    later = setTimeout(act, LATER);
    act();
  });
  onScopeDispose(() => clearTimeout(later));
}
