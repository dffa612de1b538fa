/** 工作台: the desks of the centre and of the units. */
import { createApp } from "vue";
import "@/shared/element";
import { explainLists } from "@/shared/open_lists";
import { listen } from "@/shared/shortcuts";
import DeskApp from "./DeskApp.vue";
import { router } from "./router";

listen();
explainLists();
createApp(DeskApp).use(router).mount("#app");
