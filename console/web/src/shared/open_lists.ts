/**
 * Lists to choose from (下拉列表) for who cannot see or point: Element Plus says of a grouped list only that it is a
 * list of lists, and scrolls where no key reaches.
 */

/** Says of the lists below `root` what they are; what has been said is not said again. */
function explain(root: Document): void {
  for (const scroller of root.getElementsByClassName("el-select-dropdown__wrap"))
    if (!scroller.hasAttribute("tabindex")) scroller.setAttribute("tabindex", "0");
  for (const group of root.getElementsByClassName("el-select-group__wrap")) {
    if (group.hasAttribute("role")) continue;
    const [title, body] = group.children;
    if (!title || !body) continue;
    title.id ||= `group-${++named}`;
    title.setAttribute("role", "presentation");
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", title.id);
    body.setAttribute("role", "presentation");
    body.firstElementChild?.setAttribute("role", "presentation");
  }
}
let named = 0;

/** Explains each list as it is drawn: they stand outside the page's own tree, and come and go with what is typed. */
export function explainLists(): void {
  new MutationObserver(() => explain(document)).observe(document.body, { childList: true, subtree: true });
}
