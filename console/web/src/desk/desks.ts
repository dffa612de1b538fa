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
    path: "case-files",
    title: "案卷查询",
    actions: ["read_case_files"],
    view: () => import("./case_files/CaseFilesDesk.vue"),
  },
];
