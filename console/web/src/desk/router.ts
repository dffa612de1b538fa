/** The desks' addresses. `/desk/cases/<number>` is the deep link of a case file. */
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { may, me, onLogOut, resume } from "@/shared/session";
import { DESKS } from "./desks";
import HomeDesk from "./HomeDesk.vue";
import LoginPage from "./LoginPage.vue";

declare module "vue-router" {
  interface RouteMeta {
    title: string;
    open?: boolean;
    actions?: string[];
  }
}

const routes: RouteRecordRaw[] = [
  { path: "/", component: HomeDesk, meta: { title: "工作台" } },
  { path: "/login", component: LoginPage, meta: { title: "登录", open: true } },
  {
    path: "/cases/:number",
    component: () => import("./case_files/CaseFilePage.vue"),
    props: true,
    meta: { title: "案卷", actions: ["read_case_files"] },
  },
  ...DESKS.map((desk) => ({
    path: `/${desk.path}`,
    component: desk.view,
    meta: { title: desk.title, actions: desk.actions },
  })),
  { path: "/:anything(.*)*", redirect: "/" },
];

export const router = createRouter({ history: createWebHistory("/desk/"), routes });

router.beforeEach(async (to) => {
  if (to.meta.open) return true;
  if (!me.value) await resume().catch(() => undefined);
  if (!me.value) return { path: "/login", query: { to: to.fullPath } };
  if (to.meta.actions && !to.meta.actions.some(may)) return "/";
  return true;
});

onLogOut(() => void router.replace("/login"));

router.afterEach((to) => {
  document.title = `${to.meta.title} · 千里眼`;
});
