/** Tasks (任务) as dispatch's lists show them: read page by page, and their time in words. */
import type { components, operations } from "./api/dispatch";
import { duration } from "./clock";
import { dispatch, told } from "./doors";
import { paging, type Page } from "./lists";

export type Assignment = components["schemas"]["Assignment"];
export type Order = components["schemas"]["SupervisionOrder"];
export type Wanted = NonNullable<operations["assignments"]["parameters"]["query"]>;

/** One page of a work list, the most urgent first. */
export async function assignments(wanted: Wanted, after: string | null): Promise<Page<Assignment>> {
  const found = await told(
    dispatch.GET("/api/dispatch/assignments", { params: { query: { ...wanted, ...paging(after) } } }),
  );
  return { rows: found.assignments, next: found.after };
}

/** Which turn of a case a command means: in the next round, or dispatched anew, the same command is another one. */
export function turnOf(task: Pick<Assignment, "case_number" | "round" | "dispatch_number">): string {
  return [task.case_number, task.round, task.dispatch_number].join("/");
}

/** What a unit's photos of a case are uploaded with (上传凭证). */
export async function uploadTokenOf(case_number: string): Promise<string> {
  const found = await told(
    dispatch.GET("/api/dispatch/assignments/{case_number}/upload-token", {
      params: { path: { case_number } },
    }),
  );
  return found.upload_token;
}

/** Why the unit begins again, and what that is called: 返工, or 重新处置 after a closing; null in the first round. */
export function beginsAgain(
  task: Pick<Assignment, "reopened" | "rework_reason">,
): { title: string; reason: string } | null {
  if (!task.rework_reason) return null;
  return { title: task.reopened ? "重新处置" : "返工", reason: task.rework_reason };
}

const LIMIT_UNITS: Record<string, string> = {
  emergency_hour: "紧急工作时",
  emergency_day: "紧急工作日",
  working_hour: "工作时",
  working_day: "工作日",
};

/** 5 工作日: the limit of the filing standard. */
export function limitOf(task: Pick<Assignment, "limit" | "limit_unit">): string {
  return `${task.limit} ${LIMIT_UNITS[task.limit_unit] ?? task.limit_unit}`;
}

/** Hours of a working day (docs/domain.md, Time units). */
const WORKING_DAY_HOURS = 8;
const DECIDING = ["awaiting_dispatch", "return_under_review"];

/** 剩 2 工作日 3 工作时, 超 20 分: what is left to whoever has to act, in the limit's own time; empty without a clock. */
export function leftOf(task: Pick<Assignment, "remaining_seconds" | "limit_unit" | "state">): string {
  const seconds = task.remaining_seconds;
  if (seconds === null || seconds === undefined) return "";
  // The dispatcher's minutes run day and night, whatever the limit of the task.
  const working = task.limit_unit.startsWith("working") && !DECIDING.includes(task.state);
  const sign = seconds < 0 ? "超" : "剩";
  return `${sign} ${working ? workingTime(Math.abs(seconds)) : duration(seconds)}`;
}

/** Seconds of working time, in working days and hours. */
export function workingTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / WORKING_DAY_HOURS);
  const rest = hours % WORKING_DAY_HOURS;
  if (days) return rest ? `${days} 工作日 ${rest} 时` : `${days} 工作日`;
  if (hours) return minutes % 60 ? `${hours} 工作时 ${minutes % 60} 分` : `${hours} 工作时`;
  return `${minutes} 分（工作时间）`;
}
