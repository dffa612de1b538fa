/** The app's pages (页面), below /collector/. */
import { createRouter, createWebHistory } from "vue-router";
import { person } from "./person";
import LoginPage from "./pages/LoginPage.vue";
import MinePage from "./pages/MinePage.vue";
import OutboxPage from "./pages/OutboxPage.vue";
import ReportPage from "./pages/ReportPage.vue";
import TaskPage from "./pages/TaskPage.vue";
import TasksPage from "./pages/TasksPage.vue";

declare module "vue-router" {
  interface RouteMeta {
    title: string;
  }
}

export const router = createRouter({
  history: createWebHistory("/collector/"),
  routes: [
    { path: "/", component: TasksPage, meta: { title: "任务" } },
    { path: "/tasks/:id", component: TaskPage, props: true, meta: { title: "现场任务" } },
    { path: "/map", component: () => import("./pages/MapPage.vue"), meta: { title: "地图" } },
    { path: "/report", component: ReportPage, meta: { title: "上报" } },
    { path: "/outbox", component: OutboxPage, meta: { title: "发件箱" } },
    { path: "/mine", component: MinePage, meta: { title: "我的" } },
    { path: "/login", component: LoginPage, meta: { title: "登录" } },
    { path: "/:anything(.*)*", redirect: "/" },
  ],
});

router.beforeEach((to) => (to.path !== "/login" && !person.value ? "/login" : true));
router.afterEach((to) => {
  document.title = `${to.meta.title} · 城管通`;
});
