"use strict";
// The live list: asks every two seconds for what has changed, newest change first.

const PAUSE = 2000;
const LONGEST_PAUSE = 15000;
const MOST_ROWS = 300;
const $ = (id) => document.getElementById(id);
const lines = new Map();
let cursor = null;
let round = 0;

const STATES = {
  self_handled: "waits", under_review: "waits", coordination: "again", reopened: "again", suspended: "stands",
  force_closed: "ended", merged: "ended", self_handled_valid: "done",
  received: "waits", awaiting_filing: "waits", awaiting_dispatch: "waits", awaiting_signature: "waits",
  return_under_review: "waits", awaiting_closing: "waits", awaiting_verification: "waits",
  rework: "again", closed: "done", voided: "ended", not_accepted: "ended", not_filed: "ended", linked: "ended",
};
const PHOTO_KINDS = { report: "上报", confirmation: "核实", feedback: "处置后", verification: "核查" };
const CLOCK = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

function element(name, className, ...inner) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inner);
  return made;
}

const spaced = (number) => number.replace(/^(\d{6})(\d{8})(\d{5})$/, "$1 $2 $3");
const clock = (text) => (text ? CLOCK.format(new Date(text)) : "");
const day = (text) => (text ? new Date(text).toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai" }) : "");
const supervised = (one) => `${one.kind_text}${one.replied_at ? `，${one.in_time ? "已" : "超时"}回复` : `，${clock(one.reply_by_at)}前回复`}`;

function line(row) {
  const open = element("button", "", spaced(row.number));
  open.addEventListener("click", () => showFile(row));
  const number = element("td", "number", open);
  if (row.case_number && row.report_number) number.append(element("small", "", row.report_number));
  const state = element("td", "at-state", element("span", `state ${STATES[row.state] || ""}`, row.state_text));
  for (const { mark, text } of row.marks || []) state.append(element("span", `mark ${mark}`, text));
  if (row.answer_text) state.append(element("span", "answer", row.answer_text));
  const made = element(
    "tr", "", number,
    element("td", "place", element("span", "", row.place || row.description || "—")),
    element("td", "photo", pictures.of(row.photo, 128, 88, "现场图片")),
    element("td", "grid nowrap", row.grid || "—"),
    element("td", "category nowrap", row.category || "—"),
    element("td", "subcategory nowrap", row.subcategory || "—"),
    element("td", "kind nowrap soft", row.kind || "—"),
    state,
    element("td", "by-unit", row.unit_name || "—"),
    element("td", "time", clock(row.updated_at)),
  );
  made.querySelector(".place").title = row.description;
  made.addEventListener("click", (event) => { if (event.target !== open) showFile(row); });
  return made;
}

function put(row, isFresh) {
  const key = row.report_number || row.case_number;
  for (const name of [key, row.case_number]) {
    lines.get(name)?.remove();
    lines.delete(name);
  }
  const made = line(row);
  if (isFresh) made.classList.add("fresh");
  lines.set(key, made);
  $("rows").prepend(made);
}

function trim() {
  while (lines.size > MOST_ROWS) {
    const [key, oldest] = lines.entries().next().value;
    oldest.remove();
    lines.delete(key);
  }
}

function showStages(stages) {
  $("stages").replaceChildren(...stages.map(({ stage, name, count }) => {
    const words = element("span", "name", element("b", "", String(stage)), name);
    return element("li", count ? "" : "none", words, element("span", "count", String(count)));
  }));
}

async function look() {
  const first = cursor === null;
  const query = first ? "?limit=100" : `?after=${cursor}&limit=200`;
  const page = await (await session.get(`/api/console/live${query}`)).json();
  const begunAnew = !first && page.cursor < cursor;
  if (begunAnew) { lines.clear(); $("rows").replaceChildren(); }
  const oldestFirst = page.rows.slice().sort((one, other) => one.cursor - other.cursor);
  for (const row of oldestFirst) put(row, !first && !begunAnew);
  trim();
  cursor = page.cursor;
  showStages(page.stages);
  $("empty").hidden = lines.size > 0;
  $("empty").textContent = "还没有案件。上报的问题会立即出现在这里。";
  return page.rows.length >= 200;
}

function pulse(words, className) {
  $("pulse").textContent = words;
  $("pulse").className = `pulse ${className}`;
}

async function follow() {
  const mine = ++round;
  let pause = PAUSE;
  while (mine === round) {
    let more = false;
    try {
      more = await look();
      pulse("实时", "");
      pause = PAUSE;
    } catch (error) {
      if (mine !== round) return;
      if (error instanceof session.Refused && error.status === 401) return leave("登录已过期，请重新登录");
      if (error instanceof session.Refused && error.status === 403) {
        pulse("无权查看", "waiting");
        $("empty").hidden = false;
        $("empty").textContent = "您的角色没有查看案卷的权限。";
        return undefined;
      }
      pulse("连接中断，正在重试…", "lost");
      pause = Math.min(pause * 1.5, LONGEST_PAUSE);
    }
    if (!more) await new Promise((done) => { setTimeout(done, document.hidden ? LONGEST_PAUSE : pause); });
  }
  return undefined;
}

function field(name, value) {
  return value ? [element("dt", "", name), element("dd", "", value)] : [];
}

async function showFile(row) {
  const path = row.case_number ? `case-files/${row.case_number}` : `reports/${row.report_number}`;
  let file;
  try {
    file = await (await session.get(`/api/console/${path}`)).json();
  } catch {
    pulse("案卷读取失败", "lost");
    return;
  }
  const { fields } = file;
  $("file-number").textContent = spaced(file.number);
  $("file-state").textContent = `${file.stage_name} · ${file.state_text}${file.round > 1 ? ` · 第 ${file.round} 轮` : ""}`;
  $("file-fields").replaceChildren(
    ...field("问题", file.description), ...field("地点", file.place),
    ...field("类别", [file.kind, file.category, file.subcategory].filter(Boolean).join(" · ")),
    ...field("来源", fields.source_text), ...field("所属网格", file.grid),
    ...field("立案条件", fields.filing_condition), ...field("处置时限", fields.limit_text),
    ...field("轻重缓急", fields.urgency_text), ...field("提示", file.marks.map((one) => one.text).join("、")),
    ...field("责任单位", file.unit_name), ...field("截止时间", clock(file.due_at)), ...field("挂账至", day(file.suspended_until)),
    ...field("督办", file.supervisions.map(supervised).join("；")), ...field("申诉", file.appeal),
    ...field("并案", [file.merged_into && `已并入 ${spaced(file.merged_into)}`, ...file.merged_cases.map(spaced)].filter(Boolean).join("、")),
    ...field("关联上报", file.linked_reports.join("、")), ...field("关联案件", file.linked_case && spaced(file.linked_case)),
    ...field("答复", file.answers.map((answer) => `${answer.report_number} ${answer.kind_text || ""}${answer.state_text}`).join("；")),
  );
  const shown = Object.entries(PHOTO_KINDS).flatMap(([kind, name]) => file.photos[kind].map((photo) => element(
    "figure", "", pictures.of(photo.sha256, 320, 240, name), element("figcaption", "", `${name} ${clock(photo.at)}`),
  )));
  $("file-photos").replaceChildren(...shown);
  $("file-flow").replaceChildren(...file.flow.map((told) => element(
    "li", "", element("time", "", clock(told.at)),
    element("span", "", element("small", "", told.stage_name), told.sentence),
  )));
  if (!$("file").open) $("file").showModal();
  $("file").scrollTop = 0;
}

function enterHall(person) {
  $("entrance").hidden = true;
  $("hall").hidden = false;
  $("person").textContent = `${person.name} · ${person.role_names.join("、")}`;
  pulse("连接中…", "waiting");
  follow();
}

function leave(words) {
  round += 1;
  session.forget();
  cursor = null;
  lines.clear();
  $("rows").replaceChildren();
  $("stages").replaceChildren();
  $("file").close();
  $("hall").hidden = true;
  $("entrance").hidden = false;
  $("login-refusal").textContent = words || "";
  $("login-name").focus();
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  $("login-refusal").textContent = "";
  try {
    const person = await session.logIn($("login-name").value.trim(), $("login-password").value);
    $("login-password").value = "";
    enterHall(person);
  } catch (error) {
    $("login-refusal").textContent = error instanceof session.Refused ? error.message : "暂时连不上服务器，请稍后再试";
  } finally {
    button.disabled = false;
  }
});
$("logout").addEventListener("click", () => { session.logOut(); leave(""); });
$("file-close").addEventListener("click", () => $("file").close());
$("file").addEventListener("click", (event) => { if (event.target === $("file")) $("file").close(); });

async function begin() {
  if (!session.isKept()) return leave("");
  try {
    return enterHall(await session.renew());
  } catch (error) {
    if (error instanceof session.Refused) return leave("");
    setTimeout(begin, PAUSE);
    return undefined;
  }
}
begin();
