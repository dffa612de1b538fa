/** 公众上报: anybody tells of a problem, and sees what became of it. */
import { createApp } from "vue";
import "@/shared/styles/phone.css";
import PublicApp from "./PublicApp.vue";

createApp(PublicApp).mount("#app");
