// The check of what is built fails when something is there that it forbids.
import { expect, test } from "vitest";
import { firstLoad, foreign, newerScript, newerStyles } from "./build-rules.mjs";

test.each(["a ||= 1", "a ??= 1", "class A { #b = 1 }", "class A { static { } }", "await 1", "1_000"])(
  "%s is newer than ES2020",
  (code) => {
    expect(newerScript(code)).toHaveLength(1);
  },
);

test("optional chaining, ?? and dynamic import are ES2020", () => {
  expect(newerScript("const a = b?.c ?? 1n; import('./d.js'); export default a;")).toEqual([]);
});

test.each([
  ".a:has(.b){color:red}",
  "@container (min-width:1px){.a{color:red}}",
  "@layer base{.a{color:red}}",
  ".a{height:100dvh}",
  ".a{width:10svw}",
  ".a{color:red;aspect-ratio:1}",
  ".a{aspect-ratio:16 / 9}",
  ".a{color:color-mix(in srgb,red,blue)}",
  ".a{color:oklch(50% 0.1 20)}",
  ".a{rotate:45deg}",
  ".a:is(.b,.c){color:red}",
  ".a{color:red;.b{color:blue}}",
  "@media (width>=600px){.a{color:red}}",
  "@media print{.a{width:1cqw}}",
])("%s is newer than Chrome 87", (css) => {
  expect(newerStyles(css)).not.toEqual([]);
});

test.each([
  "@supports (aspect-ratio:1){.a{aspect-ratio:1}}",
  "@supports (height:100dvh){@media print{.a{height:100dvh}}}",
  '/* :has( */ .a{content:":has("}',
  ".a{transform:rotate(45deg) translate(1px)}",
  "@keyframes a{0%{opacity:0}to{opacity:1}}",
  "@media (min-width:1px){.a{inset:0;gap:1px}}",
  ".a{background:url(data:image/svg+xml;a{rotate:1})}",
  ".dvh-a,.no-aspect-ratio{color:red}",
])("%s is known to Chrome 87, or guarded", (css) => {
  expect(newerStyles(css)).toEqual([]);
});

test("another origin is found, a namespace is not", () => {
  expect(foreign('fetch("https://cdn.example.org/a.js")')).toEqual(["https://cdn.example.org/a.js"]);
  expect(foreign('<script src="//cdn.example.org/a.js">')).toHaveLength(1);
  expect(foreign("new WebSocket('wss://push.example.org')")).toHaveLength(1);
  expect(foreign('a="http://www.w3.org/2000/svg"')).toEqual([]);
});

test("the first load is what the page names and what that imports, not what comes later", () => {
  const files = {
    "/assets/a.js": 'import "./b.js"; import("./later.js")',
    "/assets/b.js": 'export * from "./c.js"',
    "/assets/c.js": "",
  };
  const html =
    '<script type="module" src="/assets/a.js"></script><link rel="stylesheet" href="/assets/a.css">';
  expect(firstLoad(html, (name) => files[name]).sort()).toEqual([
    "/assets/a.css",
    "/assets/a.js",
    "/assets/b.js",
    "/assets/c.js",
  ]);
});
