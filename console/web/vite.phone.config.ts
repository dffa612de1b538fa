// The phones' pages: the collectors' app, which works without a network, and the public page. A build of their own:
// what the app keeps for offline is all of its folder, and nothing of the desks.
import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { BROWSERS, pages, proxy, SCRIPTS } from "./vite.config";

export default defineConfig({
  plugins: [
    pages,
    vue(),
    VitePWA({
      registerType: "autoUpdate",
      // src/collector/main.ts registers it: scripts within the page are forbidden.
      injectRegister: null,
      scope: "/collector/",
      filename: "collector-worker.js",
      // public/collector.webmanifest: the public page has none.
      manifest: false,
      workbox: {
        globPatterns: ["collector.html", "assets/phone/*.{js,css}", "icon.svg", "icon-192.png"],
        // Their names carry their content.
        dontCacheBustURLsMatching: /^assets\/phone\//,
        navigateFallback: "/collector.html",
        navigateFallbackAllowlist: [/^\/collector\//],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        skipWaiting: true,
        inlineWorkboxRuntime: true,
        sourcemap: false,
      },
    }),
  ],
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  // The built pages on a running system: `npx vite preview -c vite.phone.config.ts`
  preview: { proxy },
  build: {
    target: SCRIPTS,
    cssTarget: BROWSERS,
    emptyOutDir: false,
    assetsDir: "assets/phone",
    rolldownOptions: {
      input: {
        collector: resolve(import.meta.dirname, "collector.html"),
        public: resolve(import.meta.dirname, "public.html"),
      },
    },
  },
} as Parameters<typeof defineConfig>[0]);
