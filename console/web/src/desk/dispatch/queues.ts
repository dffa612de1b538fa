/** The dispatcher's lists (派遣岗列表): which tasks each is of, and who has to do with it. */
import { assignments, type Assignment, type Wanted } from "@/shared/assignments";
import { dispatch, told } from "@/shared/doors";
import { paging, type Page } from "@/shared/lists";
import { may } from "@/shared/session";

export interface Queue {
  name: string;
  title: string;
  /** Counts of `GET /api/console/work` beside the title. */
  counts?: string[];
  empty: string;
  /** Of tasks; without it the list has a view of its own. */
  read?: (after: string | null) => Promise<Page<Assignment>>;
  /** Who sees it; without it whoever opens the desk. */
  action?: string;
}

const of = (wanted: Wanted) => (after: string | null) => assignments(wanted, after);

async function coordination(after: string | null): Promise<Page<Assignment>> {
  const page = await assignments({ difficult: true, state: ["awaiting_dispatch"] }, after);
  return { ...page, rows: page.rows.filter((task) => task.in_coordination) };
}

async function library(path: "/api/dispatch/suspended" | "/api/dispatch/difficult", after: string | null) {
  const found = await told(dispatch.GET(path, { params: { query: paging(after) } }));
  return { rows: found.assignments, next: found.after };
}

/** A first extension is the dispatcher's to decide, a second the shift supervisor's. */
async function extensions(after: string | null): Promise<Page<Assignment>> {
  const asked = may("decide_extension") ? 1 : 2;
  return assignments({ extension_asked: asked }, after);
}

export const QUEUES: Queue[] = [
  {
    name: "awaiting",
    title: "待派遣",
    counts: ["awaiting_dispatch", "coordination"],
    empty: "没有待派遣的案件",
    read: of({ state: ["awaiting_dispatch"] }),
    action: "dispatch_case",
  },
  {
    name: "returns",
    title: "回退待审",
    counts: ["return_under_review"],
    empty: "没有待审定的回退",
    read: of({ state: ["return_under_review"] }),
    action: "decide_return",
  },
  {
    name: "coordination",
    title: "待确权",
    counts: ["coordination"],
    empty: "没有待确权的案件",
    read: coordination,
    action: "decide_responsibility",
  },
  {
    name: "extensions",
    title: "延期待批",
    counts: ["extension_pending", "second_extension_pending"],
    empty: "没有待批的延期申请",
    read: extensions,
  },
  {
    name: "suspensions",
    title: "挂账待批",
    counts: ["suspension_pending"],
    empty: "没有待批的挂账申请",
    read: of({ suspension_asked: true }),
  },
  {
    name: "handling",
    title: "在办任务",
    counts: ["overdue"],
    empty: "没有在办任务",
    read: of({ state: ["awaiting_signature", "handling"] }),
  },
  { name: "orders", title: "督办", counts: ["supervision_open"], empty: "没有督办" },
  {
    name: "suspended",
    title: "挂账问题库",
    empty: "没有挂账的案件",
    read: (after) => library("/api/dispatch/suspended", after),
  },
  {
    name: "difficult",
    title: "疑难案件台账",
    empty: "没有疑难案件",
    read: (after) => library("/api/dispatch/difficult", after),
  },
  { name: "units", title: "责任单位", empty: "" },
  { name: "rules", title: "确权规则", empty: "" },
];
