/** Every desk (岗位): its place, its title, and the rights that open it. The navigation and the routes are made of this. */
import type { Component } from "vue";

export interface Desk {
  path: string;
  title: string;
  /** Rights of which one is enough (case_contracts/roles.py). */
  actions: string[];
  /** Counts of `GET /api/console/work` that the navigation adds up beside the title. */
  counts?: string[];
  view: () => Promise<{ default: Component }>;
}

export const DESKS: Desk[] = [
  {
    path: "hotline",
    title: "话务",
    actions: ["take_call"],
    counts: ["call_back_due"],
    view: () => import("./hotline/HotlineDesk.vue"),
  },
  {
    path: "intake",
    title: "受理",
    actions: ["propose_filing"],
    counts: ["received", "awaiting_verification"],
    view: () => import("./intake/IntakeDesk.vue"),
  },
  {
    path: "filing",
    title: "值班审批",
    actions: ["file_case"],
    counts: ["awaiting_filing", "awaiting_closing", "under_review", "reopening_asked", "self_handled"],
    view: () => import("./filing/FilingDesk.vue"),
  },
  {
    path: "dispatch",
    title: "任务派遣",
    actions: ["dispatch_case", "decide_suspension", "order_supervision"],
    counts: [
      "awaiting_dispatch",
      "coordination",
      "return_under_review",
      "extension_pending",
      "second_extension_pending",
      "suspension_pending",
    ],
    view: () => import("./dispatch/DispatchDesk.vue"),
  },
  {
    path: "unit",
    title: "责任单位",
    actions: ["handle_task"],
    counts: ["own_awaiting_signature", "own_handling", "own_supervision_open"],
    view: () => import("./unit/UnitDesk.vue"),
  },
  {
    path: "case-files",
    title: "案卷查询",
    actions: ["read_case_files"],
    counts: ["escalated_to_leader"],
    view: () => import("./case_files/CaseFilesDesk.vue"),
  },
  {
    path: "appeals",
    title: "申诉",
    actions: ["review_appeal", "decide_appeal"],
    counts: ["appeal_made", "appeal_reviewed"],
    view: () => import("./appeals/AppealsDesk.vue"),
  },
  {
    path: "figures",
    title: "评价指标",
    actions: ["read_figures"],
    view: () => import("./figures/FiguresDesk.vue"),
  },
  {
    path: "roster",
    title: "值班交接",
    actions: ["hand_over"],
    view: () => import("./roster/RosterDesk.vue"),
  },
  {
    path: "handbook",
    title: "手册",
    actions: ["publish_handbook", "read_case_files", "handle_task"],
    view: () => import("./handbook/HandbookDesk.vue"),
  },
  {
    path: "accounts",
    title: "账号",
    actions: ["manage_accounts"],
    view: () => import("./administration/AccountsDesk.vue"),
  },
  {
    path: "reveals",
    title: "查看记录",
    actions: ["read_reveals"],
    view: () => import("./administration/RevealsDesk.vue"),
  },
  {
    path: "outages",
    title: "故障补时",
    actions: ["credit_outage"],
    view: () => import("./administration/OutagesDesk.vue"),
  },
  {
    path: "parked",
    title: "滞留消息",
    actions: ["manage_parked"],
    counts: ["parked"],
    view: () => import("./administration/ParkedDesk.vue"),
  },
];
