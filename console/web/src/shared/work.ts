/** How much waits where (待办数量), for the navigation: read again when something has changed. */
import { ref } from "vue";
import { hall, told } from "@/shared/doors";
import { useLive } from "@/shared/live";
import { me } from "@/shared/session";

const CALM = 1_500;
const counts = ref<Record<string, number>>({});

/** A desk's open work, of all its counts. */
export function waiting(names: string[] | undefined): number {
  return (names ?? []).reduce((sum, name) => sum + (counts.value[name] ?? 0), 0);
}

/** Keep the counts fresh while the calling component lives. */
export function useWork(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async () => {
    timer = undefined;
    if (!me.value) return;
    try {
      const work = await told(hall.GET("/api/console/work"));
      counts.value = Object.fromEntries(work.counts.map((one) => [one.name, one.count]));
    } catch {
      // The numbers stay as they were; the connection's state says why.
    }
  };
  void read();
  useLive(() => {
    timer ??= setTimeout(() => void read(), CALM);
  });
}
