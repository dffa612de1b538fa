import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import Components from "unplugin-vue-components/vite";
import { defineConfig, type Connect, type Plugin } from "vite";

// The browsers that Chinese offices have: 奇安信 at Chrome 90, UOS at Chrome 93; below that, what Element Plus asks for.
export const BROWSERS = "chrome87";
// Scripts hold nothing newer than ES2020 besides: Chrome 87 alone would allow ||= of ES2021.
export const SCRIPTS = ["es2020", BROWSERS];

/** In development and preview, as nginx does it: every address below /desk/ is the page desk.html. */
export const pages: Plugin = {
  name: "pages",
  configureServer: (server) => void server.middlewares.use(asPage),
  configurePreviewServer: (server) => void server.middlewares.use(asPage),
};

function asPage(request: Connect.IncomingMessage, _answer: unknown, next: Connect.NextFunction): void {
  const entry = /^\/(desk|collector|public)(\/|$)/.exec(request.url ?? "");
  if (entry && request.headers.accept?.includes("text/html")) request.url = `/${entry[1]}.html`;
  next();
}

/** A running system behind the development server. */
export const proxy = { "/api": process.env.QIANLIYAN ?? "http://127.0.0.1:18000" };

export default defineConfig({
  plugins: [
    pages,
    vue(),
    Components({ dirs: [], dts: false, resolvers: [ElementPlusResolver({ importStyle: false })] }),
  ],
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  build: {
    target: SCRIPTS,
    cssTarget: BROWSERS,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: {
        desk: resolve(import.meta.dirname, "desk.html"),
      },
    },
  },
  // `npm run dev` on a running system: http://localhost:5173/desk/
  server: { proxy },
  test: { environment: "node", include: ["src/**/*.test.ts", "scripts/*.test.mjs"] },
} as Parameters<typeof defineConfig>[0]);
