// What a built page may hold: JavaScript of ES2020, style sheets of Chrome 87, its own origin, and 300 kB at first.
import { parse } from "acorn";

/** Words that newer style sheets use, by the Chrome that knows them first (caniuse.com). */
const NEWER = [
  [/:has\(/, 105, ":has()"],
  [/@container\b/, 105, "@container"],
  [/@layer\b/, 99, "@layer"],
  [/@scope\b/, 118, "@scope"],
  [/@starting-style\b/, 117, "@starting-style"],
  [/\b[\d.]+(?:[dsl]v[hwib]|[dsl]vmin|[dsl]vmax)\b/, 108, "dvh, svh, lvh"],
  [/\bcq[whib]\b|\b[\d.]+cq(?:w|h|i|b|min|max)\b/, 105, "container units"],
  [/(?:^|[;{\s])aspect-ratio\s*:/, 88, "aspect-ratio"],
  [/(?:^|[;{\s])accent-color\s*:/, 93, "accent-color"],
  [/(?:^|[;{\s])(?:translate|rotate|scale)\s*:/, 104, "translate, rotate, scale"],
  [/(?:^|[;{\s])text-wrap\s*:/, 114, "text-wrap"],
  [/(?:^|[;{\s])scrollbar-(?:gutter|color|width)\s*:/, 94, "scrollbar-gutter, -color, -width"],
  [/(?:^|[;{\s])field-sizing\s*:/, 123, "field-sizing"],
  [/color-mix\(/, 111, "color-mix()"],
  [/\b(?:oklch|oklab|lch|lab|hwb)\(/, 101, "lch(), lab(), hwb()"],
  [/\blight-dark\(/, 123, "light-dark()"],
  [/(?:rgba?|hsla?)\(\s*from\b/, 119, "relative colours"],
  [/:(?:is|where)\(/, 88, ":is(), :where()"],
  [/\(\s*(?:width|height)\s*[<>]=?|[<>]=?\s*(?:width|height)\s*\)/, 104, "media query ranges"],
];

/** Rules of a style sheet with what surrounds them: [selectors from outside in, declarations]. */
function* rulesOf(css) {
  const around = [];
  let text = "";
  for (let at = 0; at < css.length; at += 1) {
    const sign = css[at];
    if (sign === '"' || sign === "'") {
      const end = css.indexOf(sign, at + 1);
      text += '""';
      at = end < 0 ? css.length : end;
    } else if (css.startsWith("url(", at)) {
      const end = css.indexOf(")", at);
      text += "url()";
      at = end < 0 ? css.length : end;
    } else if (sign === "{") {
      const cut = text.lastIndexOf(";") + 1;
      if (cut > 0) yield [[...around], text.slice(0, cut)];
      around.push(text.slice(cut).trim());
      text = "";
    } else if (sign === "}") {
      yield [[...around], text];
      around.pop();
      text = "";
    } else text += sign;
  }
  if (text.trim()) yield [around, text];
}

/** What a style sheet uses that Chrome 87 does not know and no @supports guards. */
export function newerStyles(css) {
  const found = new Set();
  for (const [around, declarations] of rulesOf(css.replace(/\/\*[\s\S]*?\*\//g, ""))) {
    if (around.some((one) => one.startsWith("@supports"))) continue;
    const styles = around.filter((one) => !one.startsWith("@"));
    if (styles.length > 1 && !around.some((one) => /^@(-\w+-)?keyframes/.test(one)))
      found.add(`nesting (Chrome 120): ${around.join(" { ")}`);
    for (const text of [...around, declarations])
      for (const [pattern, chrome, name] of NEWER)
        if (pattern.test(text)) found.add(`${name} (Chrome ${chrome}): ${around.join(" { ").slice(0, 120)}`);
  }
  return [...found];
}

/** Why a script does not parse as ES2020; empty when it does. */
export function newerScript(code) {
  try {
    parse(code, { ecmaVersion: 2020, sourceType: "module" });
    return [];
  } catch (error) {
    return [`is no ES2020: ${error.message}: ${code.slice(Math.max(0, error.pos - 40), error.pos + 40)}`];
  }
}

/** Names that only look like addresses: XML namespaces, and where an error or a licence is explained. */
const HARMLESS = [
  "http://www.w3.org/",
  "https://vuejs.org/error-reference/",
  "https://vuejs.org/",
  "https://leafletjs.com",
  "https://github.com/",
  "https://element-plus.org/",
  "https://www.apache.org/licenses/",
  "http://www.apache.org/licenses/",
  "https://developer.mozilla.org/",
  "https://bit.ly/wb-precache",
  "https://goo.gl/",
  "https://developers.google.com/web/tools/workbox",
];

/** Addresses of other origins in a built file. */
export function foreign(text) {
  const found = text.match(/(?:https?|wss?):\/\/[\w.-]+(?::\d+)?[\w./-]*/g) ?? [];
  const bare = text.match(/(?:src|href)=["']?\/\/[\w.-]+|url\(["']?\/\/[\w.-]+/g) ?? [];
  return [...new Set([...found.filter((one) => !HARMLESS.some((name) => one.startsWith(name))), ...bare])];
}

/** Files that a page loads at once: what its tags name, and what those scripts import. */
export function firstLoad(html, read) {
  const wanted = [...html.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, name]) => name,
  );
  const seen = new Set();
  while (wanted.length) {
    const name = wanted.pop();
    if (seen.has(name)) continue;
    seen.add(name);
    if (!name.endsWith(".js")) continue;
    const tree = parse(read(name), { ecmaVersion: "latest", sourceType: "module" });
    for (const part of tree.body)
      if (part.source) wanted.push(new URL(part.source.value, `http://own${name}`).pathname);
  }
  return [...seen];
}
