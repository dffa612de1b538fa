/** Calls (来电) and call-backs (回访) as the desk shows them. */
import type { components } from "@/shared/api/hotline";
import { hall, hotline, told } from "@/shared/doors";
import { Refused } from "@/shared/problem";

export type Call = components["schemas"]["TakenCall"];
export type CallBack = components["schemas"]["CallBack"];

/** 满意度 in the order of the keys 1 to 4. */
export const SATISFACTIONS = [
  { value: "satisfied", text: "满意" },
  { value: "fairly_satisfied", text: "基本满意" },
  { value: "dissatisfied", text: "不满意" },
  { value: "not_said", text: "未表态" },
] as const;
export type Satisfaction = (typeof SATISFACTIONS)[number]["value"];

export function satisfactionText(value: string | null | undefined): string {
  return SATISFACTIONS.find((one) => one.value === value)?.text ?? "";
}

/** An earlier call and how far its problem has come. */
export interface Earlier {
  call: Call;
  state_text: string;
  /** Whether somebody still works on it. */
  open: boolean;
  /** The address of its case file. */
  file: string;
}

const ENDED = new Set([
  "closed",
  "force_closed",
  "not_accepted",
  "not_filed",
  "voided",
  "merged",
  "self_handled_valid",
  "linked",
]);
/** Of so many calls the standing of the problem is looked up. */
const LOOKED_UP = 6;

/** The earlier calls of a number, the newest first. */
export async function earlierCalls(number: string): Promise<Earlier[]> {
  const { calls } = await told(
    hotline.GET("/api/hotline/calls", { params: { query: { caller_number: number, limit: 20 } } }),
  );
  return Promise.all((calls ?? []).map((call, place) => standing(call, place < LOOKED_UP)));
}

async function standing(call: Call, lookUp: boolean): Promise<Earlier> {
  const report_number = call.report_number ?? "";
  const shown: Earlier = { call, state_text: call.state_text ?? "", open: false, file: report_number };
  if (!lookUp) return shown;
  try {
    const file = await told(
      hall.GET("/api/console/reports/{report_number}", { params: { path: { report_number } } }),
    );
    return {
      call,
      state_text: file.state_text ?? shown.state_text,
      open: !ENDED.has(file.state ?? ""),
      file: file.linked_case || file.case_number || report_number,
    };
  } catch (error) {
    // The case files learn of a call a moment after it was taken.
    if (error instanceof Refused && error.status === 404) return { ...shown, open: true };
    throw error;
  }
}

/** Whether what was typed can be a telephone number yet. */
export function isNumber(typed: string): boolean {
  return typed.replace(/[^0-9]/g, "").length >= 3;
}
