/** Keyboard shortcuts (快捷键): whoever types all day needs no mouse; `?` lists those that hold here. */
import { onScopeDispose, shallowReactive } from "vue";

export interface Shortcut {
  /** "j", "Enter", "Alt+s", "Ctrl+Enter": as `KeyboardEvent.key` says it, with its modifiers. */
  keys: string;
  text: string;
  act: () => void;
  /** Also while a field has the focus; only for keys with Ctrl or Alt, and Escape. */
  inFields?: boolean;
}

export const shortcuts = shallowReactive<Shortcut[]>([]);

/** These hold while the calling component lives; what comes later goes before. */
export function useShortcuts(own: Shortcut[]): void {
  shortcuts.unshift(...own);
  onScopeDispose(() => {
    for (const shortcut of own) {
      const place = shortcuts.indexOf(shortcut);
      if (place >= 0) shortcuts.splice(place, 1);
    }
  });
}

export function nameOf(pressed: KeyboardEvent): string {
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  return [pressed.ctrlKey || pressed.metaKey ? "Ctrl" : "", pressed.altKey ? "Alt" : "", key]
    .filter(Boolean)
    .join("+");
}

/** What is ticked or pressed takes no letters. */
const TICKED = ["checkbox", "radio", "button", "submit"];

function inField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && TICKED.includes(target.type)) return false;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** Listen on the whole page. */
export function listen(): void {
  document.addEventListener("keydown", (pressed) => {
    if (pressed.defaultPrevented || pressed.isComposing) return;
    const keys = nameOf(pressed);
    const found = shortcuts.find((shortcut) => shortcut.keys.toLowerCase() === keys.toLowerCase());
    if (!found || (inField(pressed.target) && !found.inFields)) return;
    // A dialog has the keyboard to itself.
    if (!found.inFields && dialogIsOpen()) return;
    pressed.preventDefault();
    found.act();
  });
}

function dialogIsOpen(): boolean {
  const dialogs = document.querySelectorAll(".el-overlay-dialog, .el-overlay-message-box");
  return [...dialogs].some((dialog) => dialog.getClientRects().length > 0);
}
