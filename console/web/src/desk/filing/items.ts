/** The filing desk's lists (待办): reports and cases that wait for the shift supervisor, as rows of one kind. */
import type { components } from "@/shared/api/intake";
import type { components as Dispatch } from "@/shared/api/dispatch";
import type { components as Assessment } from "@/shared/api/assessment";
import type { components as Hotline } from "@/shared/api/hotline";
import { assessment, dispatch, hotline, intake, told } from "@/shared/doors";
import { paging, type Page } from "@/shared/lists";

export type Report = components["schemas"]["ListedReport"];
export type Case = components["schemas"]["ShownCase"];
type Assignment = Dispatch["schemas"]["Assignment"];

/** One line of a list; what it opens is a report until it is filed, and a case from then on. */
export interface Item {
  key: string;
  of: "report" | "case";
  number: string;
  subcategory: string | null;
  place: string;
  description: string;
  photo: string | null;
  state: string;
  state_text: string;
  urgency: string | null;
  source_text: string;
  light: string | null;
  due_at: string | null;
  /** 上报值班长: nobody touched it in time. */
  called: boolean;
  doubts: number;
}

export type ListName = "filing" | "closing" | "review" | "reopening" | "self" | "called";

export const LISTS: { name: ListName; title: string; counts: string[]; empty: string }[] = [
  { name: "called", title: "上报值班长", counts: ["escalated"], empty: "没有逾时未办而上报的" },
  { name: "filing", title: "待立案", counts: ["awaiting_filing"], empty: "没有待立案的上报" },
  { name: "closing", title: "待结案", counts: ["awaiting_closing"], empty: "没有待结案的案卷" },
  { name: "review", title: "退回复核", counts: ["under_review"], empty: "没有派遣员退回的案卷" },
  { name: "reopening", title: "重新处置申请", counts: ["reopening_asked"], empty: "没有待定的重新处置申请" },
  { name: "self", title: "自处置待审", counts: ["self_handled"], empty: "没有待审的自处置" },
];

const POST = "shift_supervisor";
const MOST = 100;

export function ofReport(report: Report): Item {
  return {
    key: report.report_number,
    of: "report",
    number: report.report_number,
    subcategory: report.subcategory,
    place: report.address,
    description: report.description,
    photo: report.photos[0] ?? null,
    state: report.state,
    state_text: report.state_text,
    urgency: report.urgency,
    source_text: report.source_text,
    light: report.light,
    due_at: report.due_at,
    called: report.called === POST,
    doubts: 0,
  };
}

export function ofCase(one: Case): Item {
  return {
    key: one.case_number,
    of: "case",
    number: one.case_number,
    subcategory: one.subcategory,
    place: one.address,
    description: one.description,
    photo: one.photos[0] ?? null,
    state: one.state,
    state_text: one.reopenings.some((request) => request.granted === null) ? "要求重新处置" : one.state_text,
    urgency: one.urgency,
    source_text: one.source_text,
    light: one.light,
    due_at: one.due_at,
    called: one.called === POST,
    doubts: one.evidence_flags.length,
  };
}

function ofAssignment(task: Assignment): Item {
  return {
    key: task.case_number,
    of: "case",
    number: task.case_number,
    subcategory: task.subcategory,
    place: task.address,
    description: task.description,
    photo: task.photos[0] ?? null,
    state: task.state,
    state_text: task.state_text,
    urgency: task.urgency,
    source_text: "",
    light: task.light,
    due_at: task.act_by_at ?? task.due_at,
    called: true,
    doubts: 0,
  };
}

/** What is of no desk of the shift supervisor's: only that it lies, and where. */
function lying(of: Item["of"], number: string): Item {
  return {
    key: number,
    of,
    number,
    subcategory: null,
    place: "",
    description: "",
    photo: null,
    state: "",
    state_text: "",
    urgency: null,
    source_text: "",
    light: null,
    due_at: null,
    called: true,
    doubts: 0,
  };
}

export function ofCallBack(one: Hotline["schemas"]["CallBack"]): Item {
  return {
    ...lying("report", one.report_number ?? ""),
    place: `待回访：${one.kind_text ?? ""}`,
    description: one.text ?? "",
    state_text: one.state_text ?? "",
  };
}

export function ofAppeal(one: Assessment["schemas"]["AppealShown"]): Item {
  return {
    ...lying("case", one.case_number ?? ""),
    place: `申诉${one.state_text ?? ""}`,
    description: one.reason ?? "",
    state_text: `申诉${one.state_text ?? ""}`,
  };
}

type Query = Record<string, unknown>;

async function reports(query: Query, after: string | null): Promise<Page<Item>> {
  const found = await told(
    intake.GET("/api/intake/reports", {
      params: { query: { ...query, ...paging(after, MOST) } as never },
    }),
  );
  return { rows: calledFirst(found.reports.map(ofReport)), next: found.after };
}

async function cases(
  query: Query,
  after: string | null,
  wanted: (one: Case) => boolean = () => true,
): Promise<Page<Item>> {
  const found = await told(
    intake.GET("/api/intake/cases", {
      params: { query: { ...query, ...paging(after, MOST) } as never },
    }),
  );
  return { rows: calledFirst(found.cases.filter(wanted).map(ofCase)), next: found.after };
}

/** What nobody touched in time stands above the rest; otherwise the server's order, the most urgent first. */
export function calledFirst(items: Item[]): Item[] {
  return [...items.filter((one) => one.called), ...items.filter((one) => !one.called)];
}

/** Everything that was called up to the shift supervisor: reports, cases, tasks, call-backs, appeals. */
async function called(): Promise<Page<Item>> {
  const [some, more, tasks, rings, appeals] = await Promise.all([
    everything((after) => reports({ post: POST }, after)),
    everything((after) => cases({ post: POST }, after)),
    told(
      dispatch.GET("/api/dispatch/assignments", { params: { query: { escalated_to: POST, limit: MOST } } }),
    ),
    told(hotline.GET("/api/hotline/call-backs", { params: { query: { post: POST, limit: MOST } } })),
    told(assessment.GET("/api/assessment/appeals", { params: { query: { post: POST, limit: MOST } } })),
  ]);
  const found = [...some, ...more].filter((one) => one.called);
  const known = new Set(found.map((one) => one.key));
  const rest = [
    ...tasks.assignments.map(ofAssignment),
    ...rings.call_backs.map(ofCallBack),
    ...appeals.appeals.map(ofAppeal),
  ].filter((one) => !known.has(one.key));
  return { rows: [...found, ...rest], next: null };
}

async function everything(read: (after: string | null) => Promise<Page<Item>>): Promise<Item[]> {
  const found: Item[] = [];
  let after: string | null = null;
  do {
    const page: Page<Item> = await read(after);
    found.push(...page.rows);
    after = page.next;
  } while (after !== null && found.length < 1000);
  return found;
}

/** One page of a list. */
export function readItems(list: ListName, after: string | null): Promise<Page<Item>> {
  switch (list) {
    case "called":
      return called();
    case "filing":
      return reports({ state: "awaiting_filing" }, after);
    case "closing":
      return cases({ state: "awaiting_closing" }, after);
    case "review":
      return cases({ state: "under_review" }, after);
    case "reopening":
      return cases({ state: "closed", post: POST }, after);
    case "self":
      return reports({ state: "self_handled" }, after);
  }
}
