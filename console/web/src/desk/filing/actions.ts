/** What the shift supervisor does (审批): with a report, and with a case, in each of their states. */
import { intake, told } from "@/shared/doors";
import { keyed } from "@/shared/keyed";
import type { WholeCase } from "@/shared/evidence";
import type { Question } from "@/shared/panels/AskDialog.vue";
import { URGENCIES } from "@/shared/words";
import type { Report } from "./items";

export interface Act {
  /** The letter that does it. */
  key: string;
  text: string;
  tone?: "primary" | "danger";
  done: string;
  /** Without a question it is done at once. */
  question?: Question;
  work: (given: Record<string, string>) => Promise<unknown>;
  /** A form of its own in place of a question. */
  form?: "file-again" | "merge";
  /** What must be true before; words for who reads when it is not. */
  missing?: string;
}

const REASON = { name: "reason", label: "理由", hint: "理由会告知对方并记入流程" };
const RISING = ["ordinary", "urgent", "major"];

type ReportDoor = "file" | "decline" | "return-for-completion" | "judge-self-handling" | "raise-urgency";
type CaseDoor =
  | "close"
  | "void"
  | "verify-again"
  | "force-close"
  | "merge"
  | "raise-urgency"
  | "reopen"
  | "decline-reopening"
  | "file-again";

function tellReport(number: string, door: ReportDoor, body: object): Promise<unknown> {
  const path = `/api/intake/reports/{report_number}/${door}` as const;
  return keyed(`${door}/${number}`, (header) =>
    told(
      intake.POST(path, {
        params: { path: { report_number: number }, header },
        body: body as never,
      } as never),
    ),
  );
}

export function tellCase(number: string, door: CaseDoor, body: object): Promise<unknown> {
  const path = `/api/intake/cases/{case_number}/${door}` as const;
  return keyed(`${door}/${number}`, (header) =>
    told(
      intake.POST(path, { params: { path: { case_number: number }, header }, body: body as never } as never),
    ),
  );
}

function raising(urgency: string | null | undefined, work: Act["work"]): Act[] {
  const higher = RISING.slice(RISING.indexOf(urgency ?? "ordinary") + 1);
  if (!higher.length) return [];
  const options = higher.map((value) => ({ value, text: URGENCIES[value]?.text ?? value }));
  return [
    {
      key: "u",
      text: "提高缓急",
      done: "已提高轻重缓急",
      question: {
        title: "提高轻重缓急",
        text: "只能提高，不能降低；派遣员和责任单位会得到通知。",
        act: "提高",
        fields: [{ name: "urgency", label: "提高为", kind: "choice", options, first: higher[0] }, REASON],
      },
      work,
    },
  ];
}

/** What can be done with a report. */
export function actsOnReport(report: Report): Act[] {
  const number = report.report_number;
  const raise = raising(report.urgency, (given) => tellReport(number, "raise-urgency", given));
  if (report.state === "awaiting_filing")
    return [
      {
        key: "a",
        text: "立案",
        tone: "primary",
        done: `${number} 已立案`,
        work: () => tellReport(number, "file", {}),
      },
      {
        key: "r",
        text: "退回受理",
        done: "已退回受理员补正",
        question: {
          title: `退回受理：${number}`,
          text: "受理员会看到理由，补正后再提请立案。",
          act: "退回",
          fields: [REASON],
        },
        work: (given) => tellReport(number, "return-for-completion", given),
      },
      {
        key: "x",
        text: "不予立案",
        tone: "danger",
        done: "已决定不予立案",
        question: {
          title: `不予立案：${number}`,
          text: "上报到此结束，理由会答复上报人。",
          act: "不予立案",
          grave: true,
          fields: [REASON],
        },
        work: (given) => tellReport(number, "decline", given),
      },
      ...raise,
    ];
  if (report.state === "self_handled")
    return [
      {
        key: "a",
        text: "有效",
        tone: "primary",
        done: "自处置审核为有效",
        work: () => tellReport(number, "judge-self-handling", { valid: true }),
      },
      {
        key: "x",
        text: "无效",
        tone: "danger",
        done: "自处置审核为无效，转为普通上报",
        question: {
          title: `自处置无效：${number}`,
          text: "审核为无效后转受理员，按普通上报办理。",
          act: "审核为无效",
          grave: true,
          fields: [REASON],
        },
        work: (given) => tellReport(number, "judge-self-handling", { valid: false, ...given }),
      },
    ];
  return report.state === "received" || report.state === "confirming" ? raise : [];
}

/** Why the dispatcher gave a case back, as the flow record has it. */
export function returnedBecause(one: Pick<WholeCase, "flow">): string {
  const lines = one.flow.filter((line) => line.to_state === "under_review" && line.reason);
  return lines[lines.length - 1]?.reason ?? "";
}

const ENDED = ["closed", "force_closed", "voided", "merged"];

function endings(one: WholeCase): Act[] {
  const number = one.case_number;
  return [
    { key: "m", text: "并案", done: "已并案", form: "merge", work: async () => undefined },
    {
      key: "f",
      text: "强制结案",
      tone: "danger",
      done: `${number} 已强制结案`,
      question: {
        title: `强制结案：${number}`,
        text: "问题未解决而结束案卷，须有批准；单独统计，理由会答复上报人。",
        act: "强制结案",
        grave: true,
        fields: [
          { name: "approved_by", label: "批准人", kind: "line", hint: "如：分管副主任 李某", longest: 100 },
          REASON,
        ],
      },
      work: (given) => tellCase(number, "force-close", given),
    },
    {
      key: "z",
      text: "作废",
      tone: "danger",
      done: `${number} 已作废`,
      question: {
        title: `作废：${number}`,
        text: "误立的案卷才作废，不计入应结案；责任单位的任务撤回，理由会答复上报人。",
        act: "作废",
        grave: true,
        fields: [REASON],
      },
      work: (given) => tellCase(number, "void", given),
    },
  ];
}

/** What can be done with a case; `seen` are the doubts that were marked as seen. */
export function actsOnCase(one: WholeCase, seen: string[]): Act[] {
  const number = one.case_number;
  const waiting = one.reopenings.filter((request) => request.granted === null);
  if (one.state === "closed" && waiting.length) return reopenings(number, waiting.length);
  if (ENDED.includes(one.state)) return [];
  const raise = raising(one.urgency, (given) => tellCase(number, "raise-urgency", given));
  return [...ownActs(one, seen), ...raise, ...endings(one)];
}

function ownActs(one: WholeCase, seen: string[]): Act[] {
  const number = one.case_number;
  if (one.state === "awaiting_closing") {
    const unseen = one.evidence_flags.filter((flag) => !seen.includes(flag.id));
    return [
      {
        key: "a",
        text: "结案",
        tone: "primary",
        done: `${number} 已结案`,
        missing: unseen.length ? `还有 ${unseen.length} 个照片疑点未确认已阅` : undefined,
        work: () => tellCase(number, "close", { flags_seen: seen }),
      },
      {
        key: "v",
        text: "再次核查",
        done: "已派采集员再次核查",
        question: {
          title: `再次核查：${number}`,
          text: "另派一名采集员到现场核查；核查不通过则返工。",
          act: "再次核查",
          fields: [REASON],
        },
        work: (given) => tellCase(number, "verify-again", given),
      },
    ];
  }
  if (one.state === "under_review")
    return [
      {
        key: "a",
        text: "重新立案",
        tone: "primary",
        done: `${number} 已重新立案`,
        form: "file-again",
        work: async () => undefined,
      },
    ];
  return [];
}

function reopenings(number: string, waiting: number): Act[] {
  return [
    {
      key: "a",
      text: "重新处置",
      tone: "primary",
      done: `${number} 交原单位重新处置`,
      question: {
        title: `重新处置：${number}`,
        text: `案卷回到原责任单位，时限重新计算；${waiting} 名申请人和其他上报人都会得到答复。`,
        act: "重新处置",
        fields: [REASON],
      },
      work: (given) => tellCase(number, "reopen", given),
    },
    {
      key: "x",
      text: "不予重新处置",
      tone: "danger",
      done: "已决定不予重新处置",
      question: {
        title: `不予重新处置：${number}`,
        text: "维持原结案，理由会答复申请人；每人只能申请一次。",
        act: "不予重新处置",
        grave: true,
        fields: [REASON],
      },
      work: (given) => tellCase(number, "decline-reopening", given),
    },
  ];
}
