/** 任务的现状: an errand that is answered here and not sent yet is no open one. */
import { computed } from "vue";
import { tasks, type Task } from "./centre";
import type { Entry } from "./outbox/entry";
import { own } from "./outbox/queue";

export const answered = computed(() => answersIn(own.value));

/** The message that answers a task, by the task's id; a refused one leaves the task open, whatever else was sent. */
export function answersIn(entries: Entry[]): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of entries) if (entry.kind === "answer") found.set(taskOf(entry), entry);
  for (const entry of entries) if (entry.state === "refused") found.delete(taskOf(entry));
  return found;
}

export const openTasks = computed(() =>
  (tasks.value?.value ?? []).filter((task) => !answered.value.has(task.task_id)),
);

/** Answered here, and the centre does not know it yet. */
export const unsentTasks = computed(() =>
  (tasks.value?.value ?? []).filter((task) => answered.value.get(task.task_id)?.state === "waiting"),
);

export function taskOf(entry: Entry): string {
  return /^\/api\/intake\/tasks\/([^/]+)\/answer$/.exec(entry.path)?.[1] ?? "";
}

/** The light of an errand: yellow from four fifths of its time on, red after it. */
export function lightOf(task: Pick<Task, "asked_at" | "due_at">, at: number): "green" | "yellow" | "red" {
  const from = new Date(task.asked_at).getTime();
  const due = new Date(task.due_at).getTime();
  if (at > due) return "red";
  return at >= from + (due - from) * 0.8 ? "yellow" : "green";
}
