/** 城管通: the collectors' app. */
import { createApp } from "vue";
import "@/shared/styles/phone.css";
import CollectorApp from "./CollectorApp.vue";
import { recall } from "./centre";
import { keepSending } from "./outbox/queue";
import { goOn } from "./person";
import { router } from "./router";
import { watchStorage } from "./storage";

// After an update the old pieces are gone from the server; what was being written is kept.
window.addEventListener("vite:preloadError", () => location.reload());

createApp(CollectorApp).use(router).mount("#app");
void recall();
void goOn().then(keepSending);
void watchStorage();

if ("serviceWorker" in navigator && import.meta.env.PROD)
  void navigator.serviceWorker.register("/collector-worker.js", { scope: "/collector/" });
