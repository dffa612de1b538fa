// The phones' pages: the collectors' app, which works without a network, and the public page. A build of their own:
// what the app keeps for offline is all of its folder, and nothing of the desks.
import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { BROWSERS, pages, proxy } from "./vite.config";

const DEEP = "#123f55";

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
      manifestFilename: "collector.webmanifest",
      manifest: {
        name: "城管通 · 千里眼",
        short_name: "城管通",
        description: "信息采集员：上报、自处置、核实、核查，断网也能用",
        lang: "zh-CN",
        dir: "ltr",
        id: "/collector/",
        start_url: "/collector/",
        scope: "/collector/",
        display: "standalone",
        orientation: "portrait",
        background_color: "#ffffff",
        theme_color: DEEP,
        icons: [
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
      includeManifestIcons: false,
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
    target: BROWSERS,
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
