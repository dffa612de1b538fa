/** The unit's own tasks (本单位任务): which lists there are, in what order, and what can be done with each. */
import type { Assignment } from "@/shared/assignments";

export interface Part {
  name: string;
  title: string;
  states: Assignment["state"][];
}

export const PARTS: Part[] = [
  { name: "open", title: "在办", states: ["awaiting_signature", "handling"] },
  { name: "waiting", title: "挂账与回退", states: ["suspended", "return_under_review"] },
  { name: "fed_back", title: "已反馈", states: ["fed_back"] },
  { name: "ended", title: "已办结", states: ["done"] },
];

const RANKS: Record<string, number> = { major: 0, urgent: 1, ordinary: 2 };

/** Major and urgent ones first, then what has the least time left. */
export function pressingFirst(tasks: Assignment[]): Assignment[] {
  const time = (task: Assignment) => (task.due_at ? new Date(task.due_at).getTime() : Infinity);
  return [...tasks].sort(
    (one, other) =>
      (RANKS[one.urgency] ?? 2) - (RANKS[other.urgency] ?? 2) ||
      time(one) - time(other) ||
      one.case_number.localeCompare(other.case_number),
  );
}

/** What the unit may do with a task now; the server has the last word. */
export interface Options {
  sign: boolean;
  feedBack: boolean;
  sendBack: boolean;
  /** Why it cannot be sent back, for the reader. */
  noReturn: string;
  askExtension: boolean;
  askSuspension: boolean;
  resume: boolean;
}

export function optionsOf(task: Assignment, now: number): Options {
  const withUnit = task.state === "awaiting_signature" || task.state === "handling";
  const handling = task.state === "handling";
  const late = task.return_until_at !== null && new Date(task.return_until_at).getTime() < now;
  const decided = task.decided_unit !== null && task.decided_unit === task.responsible_unit;
  const overdue = task.due_at !== null && new Date(task.due_at).getTime() < now;
  return {
    sign: task.state === "awaiting_signature",
    feedBack: withUnit,
    sendBack: withUnit && !late && !decided,
    noReturn: !withUnit ? "" : decided ? "已书面确权，不能回退" : late ? "回退期限已过" : "",
    askExtension: handling && !task.extension_request && task.extensions_granted < 2 && !overdue,
    askSuspension: handling && !task.suspension_request && task.suspensions === 0,
    resume: task.state === "suspended",
  };
}
