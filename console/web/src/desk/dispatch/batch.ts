/** Batch dispatch (批量派遣): what the dispatcher has picked goes to the suggested units, one after the other, after one yes. */
import { computed, ref, shallowRef } from "vue";
import { turnOf, type Assignment } from "@/shared/assignments";
import { dispatch, told as answered } from "@/shared/doors";
import { keyed } from "@/shared/keyed";
import type { List } from "@/shared/lists";
import { sentence } from "@/shared/problem";
import { askYes, done } from "@/shared/saying";

/** Whether a case can be dispatched without looking at it: its unit is suggested, and nobody has to decide whose it is. */
export function ready(task: Pick<Assignment, "suggestion" | "in_coordination" | "state">): boolean {
  return Boolean(task.suggestion) && !task.in_coordination && task.state === "awaiting_dispatch";
}

/** How many go to each unit, the most first: 示例市政 3 件、示例环卫 1 件. */
export function summary(tasks: Pick<Assignment, "suggestion">[]): string {
  const byUnit = new Map<string, number>();
  for (const { suggestion } of tasks) {
    if (suggestion) byUnit.set(suggestion.name, (byUnit.get(suggestion.name) ?? 0) + 1);
  }
  return [...byUnit]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count} 件`)
    .join("、");
}

export function useBatch(list: List<Assignment>) {
  const chosen = shallowRef(new Set<string>());
  const busy = ref(false);
  const told = ref("");
  const picked = computed(() =>
    list.rows.value.filter((task) => chosen.value.has(task.case_number) && ready(task)),
  );

  function toggle(task: Assignment): void {
    if (!ready(task)) return;
    const others = new Set(chosen.value);
    if (!others.delete(task.case_number)) others.add(task.case_number);
    chosen.value = others;
  }

  function all(): void {
    const every = list.rows.value.filter(ready).map((task) => task.case_number);
    chosen.value = new Set(picked.value.length === every.length ? [] : every);
  }

  async function dispatchAll(): Promise<void> {
    const tasks = picked.value;
    if (!tasks.length || busy.value) return;
    if (!(await askYes(`按建议派遣 ${tasks.length} 件`, summary(tasks)))) return;
    busy.value = true;
    const refused: string[] = [];
    for (const [place, task] of tasks.entries()) {
      told.value = `正在派遣 ${place + 1}/${tasks.length}`;
      try {
        await keyed(`dispatch/${turnOf(task)}`, (header) =>
          answered(
            dispatch.POST("/api/dispatch/assignments/{case_number}/dispatch", {
              params: { path: { case_number: task.case_number }, header },
              body: {
                responsible_unit: task.suggestion!.responsible_unit,
                assisting: task.suggestion!.assisting,
                reason: "",
              },
            }),
          ),
        );
      } catch (error) {
        refused.push(`${task.case_number}：${sentence(error)}`);
      }
    }
    busy.value = false;
    chosen.value = new Set();
    told.value = "";
    done(`已派遣 ${tasks.length - refused.length} 件`);
    told.value = refused.length ? `${refused.length} 件未派遣：${refused.join("；")}` : "";
    await list.reload();
  }

  return {
    picked,
    busy,
    told,
    has: (task: Assignment) => chosen.value.has(task.case_number),
    toggle,
    all,
    dispatchAll,
  };
}
