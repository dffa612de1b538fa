// Checks what was built (dist, or the folder that is named): `npm run check:build`. Ends with 1 and says why.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { firstLoad, foreign, newerScript, newerStyles } from "./build-rules.mjs";

const MOST = 300_000;
const ENTRIES = ["desk", "collector", "public"];
/** Styles that Element Plus brings and that do no harm where they are unknown: docs/decisions says why. */
const ACCEPTED = JSON.parse(readFileSync(new URL("./accepted-styles.json", import.meta.url), "utf8"));

const dist = process.argv[2] ?? "dist";
const troubles = [];

function* files(folder) {
  for (const one of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, one.name);
    if (one.isDirectory()) yield* files(path);
    else yield path;
  }
}

let scripts = 0;
let sheets = 0;
for (const path of files(dist)) {
  const name = relative(dist, path);
  if (!/\.(js|css|html|webmanifest|svg)$/.test(name)) continue;
  const text = readFileSync(path, "utf8");
  const say = (found) => troubles.push(...found.map((one) => `${name}: ${one}`));
  if (name.endsWith(".js")) {
    scripts += 1;
    say(newerScript(text));
  }
  if (name.endsWith(".css")) {
    sheets += 1;
    say(newerStyles(text).filter((one) => !ACCEPTED.some((accepted) => one === accepted)));
  }
  say(foreign(text).map((one) => `names another origin: ${one}`));
}

for (const entry of ENTRIES) {
  const page = join(dist, `${entry}.html`);
  if (!existsSync(page)) {
    troubles.push(`${entry}.html was not built`);
    continue;
  }
  const html = readFileSync(page, "utf8");
  const loaded = firstLoad(html, (name) => readFileSync(join(dist, name), "utf8"));
  const size = (bytes) => gzipSync(bytes, { level: 6 }).length;
  const sum = loaded.reduce((sofar, name) => sofar + size(readFileSync(join(dist, name))), size(html));
  if (!loaded.length) troubles.push(`${entry}.html loads nothing`);
  if (sum >= MOST) troubles.push(`${entry}: first load is ${sum} bytes with gzip, allowed are ${MOST}`);
  console.log(`${entry}: first load ${Math.round(sum / 1000)} kB with gzip, ${loaded.length} files`);
}
if (!scripts || !sheets) troubles.push(`${dist}: no scripts or no style sheets were found`);

for (const one of troubles) console.error(one);
console.log(`${scripts} scripts, ${sheets} style sheets, ${troubles.length} troubles`);
process.exit(troubles.length ? 1 : 0);
