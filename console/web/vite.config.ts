import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import Components from "unplugin-vue-components/vite";
import { defineConfig, type Plugin } from "vite";

// The browsers that Chinese offices have: 奇安信 at Chrome 90, UOS at Chrome 93; below that, what Element Plus asks for.
const BROWSERS = "chrome87";

/** In development, as nginx does it: every address below /desk/ is the page desk.html. */
const pages: Plugin = {
  name: "pages",
  configureServer(server) {
    server.middlewares.use((request, _answer, next) => {
      const entry = /^\/(desk|collector|public)(\/|$)/.exec(request.url ?? "");
      if (entry && request.headers.accept?.includes("text/html")) request.url = `/${entry[1]}.html`;
      next();
    });
  },
};

export default defineConfig({
  plugins: [
    pages,
    vue(),
    Components({ dirs: [], dts: false, resolvers: [ElementPlusResolver({ importStyle: false })] }),
  ],
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: {
        desk: resolve(import.meta.dirname, "desk.html"),
      },
    },
  },
  // `npm run dev` on a running system: http://localhost:5173/desk/
  server: { proxy: { "/api": process.env.QIANLIYAN ?? "http://127.0.0.1:18000" } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
