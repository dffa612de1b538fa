/** How wide the window is, for lists that choose their columns by it. */
import { onScopeDispose, ref, type Ref } from "vue";

export function useWidth(): Ref<number> {
  const width = ref(window.innerWidth);
  const look = () => (width.value = window.innerWidth);
  window.addEventListener("resize", look);
  onScopeDispose(() => window.removeEventListener("resize", look));
  return width;
}
