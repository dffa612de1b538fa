/**
 * Notices (通知): what has just happened that this person should know, from the rows that come by server push;
 * and what they were called for (逐级上报) and is still open, which the server says to whoever logs in later.
 */
import { readonly, ref, shallowRef } from "vue";
import { hall, told as answered } from "@/shared/doors";
import { useLive, type Row } from "@/shared/live";
import { may, me, onLogOut } from "@/shared/session";

export interface Notice {
  id: string;
  text: string;
  /** The case's or report's number. */
  number: string;
  /** Where it leads; null where this person has no page for it. */
  to: string | null;
  at: string;
  /** Something that cannot wait. */
  pressing: boolean;
  /** What it is called when it cannot wait. */
  title: string;
  /** 逐级上报: it goes when somebody has acted. */
  called: boolean;
}

const MOST = 50;
export const notices = shallowRef<Notice[]>([]);
const told = new Set<string>();
const unseen = new Set<string>();
const count = ref(0);
/** How many came since the list was looked at last. */
export const unread = readonly(count);

/** The list was looked at. */
export function markRead(): void {
  unseen.clear();
  count.value = 0;
}

// The next person at this computer begins with none.
onLogOut(() => {
  notices.value = [];
  told.clear();
  markRead();
});

/** Which states call whom: the right that acts on it, and the sentence. */
const CALLS: Record<string, { action: string; text: string }> = {
  received: { action: "propose_filing", text: "新上报，待受理" },
  awaiting_filing: { action: "file_case", text: "待审核立案" },
  awaiting_dispatch: { action: "dispatch_case", text: "待派遣" },
  return_under_review: { action: "decide_return", text: "责任单位退回，待审定" },
  awaiting_verification: { action: "ask_verification", text: "已反馈，待核查" },
  awaiting_closing: { action: "close_case", text: "核查通过，待结案" },
  under_review: { action: "file_case", text: "派遣员退回，待复核" },
  awaiting_signature: { action: "handle_task", text: "新任务，待签收" },
};

/** 逐级上报: the posts that are called, what the server counts for each, and where each one looks at it. */
const POSTS = {
  shift_supervisor: {
    matter: "escalated",
    leadsTo: (number: string) => `/filing?list=called&number=${number}`,
  },
  leader: { matter: "escalated_to_leader", leadsTo: (number: string) => `/cases/${number}` },
} as const;
type Post = keyof typeof POSTS;

function myPosts(): Post[] {
  return (Object.keys(POSTS) as Post[]).filter((post) => me.value?.roles?.includes(post));
}

/** What a changed row says to this person; null when nothing. */
export function noticeOf(row: Row): Notice | null {
  const call = CALLS[row.state];
  if (!call || !may(call.action)) return null;
  const pressing = row.urgency === "urgent" || row.urgency === "major";
  return {
    // What was raised to be pressing is told once more.
    id: `${row.number}/${row.state}/${row.round}/${pressing ? row.urgency : ""}`,
    text: `${call.text}：${problem(row)}`,
    number: row.number,
    to: row.case_number ? `/cases/${row.case_number}` : null,
    at: row.updated_at,
    pressing,
    title: "紧急",
    called: false,
  };
}

/** What this person's posts were called for in a row, and nobody has done yet. */
export function callsOf(row: Row): Notice[] {
  return myPosts().flatMap((post) =>
    (row.callings ?? [])
      .filter((one) => one.post === post)
      .map((one) => ({
        id: `${calledId(row)}${post}/${one.reason}/${one.at}`,
        text: `${one.reason}，已上报${one.to}：${problem(row)}`,
        number: row.number,
        to: POSTS[post].leadsTo(row.number),
        at: one.at,
        pressing: true,
        title: "逐级上报",
        called: true,
      })),
  );
}

// A case goes by its report's number as long as that is known: it stays the same after the filing.
function calledId(row: Row): string {
  return `called/${row.report_number ?? row.case_number}/`;
}

function problem(row: Row): string {
  return `${row.subcategory || row.category || "未分类"}，${row.place || "地点不详"}`;
}

function add(notice: Notice): boolean {
  if (told.has(notice.id)) return false;
  told.add(notice.id);
  unseen.add(notice.id);
  const all = [notice, ...notices.value];
  // What is open stays in a full list: the oldest of the others goes.
  const oldest = all.length > MOST ? ([...all].reverse().find((one) => !one.called) ?? all[MOST]) : undefined;
  notices.value = all.filter((one) => one !== oldest);
  return true;
}

/** Take away what somebody has acted on. */
function drop(over: (notice: Notice) => boolean): void {
  const gone = notices.value.filter((notice) => notice.called && over(notice));
  if (!gone.length) return;
  for (const notice of gone) unseen.delete(notice.id);
  notices.value = notices.value.filter((notice) => !gone.includes(notice));
}

/** Collect notices while the calling component lives; `press` hears of those that cannot wait. */
export function useNotices(press: (notice: Notice) => void): void {
  let turn = 0;
  useLive((rows) => {
    if (rows === "reset") return void readCalls();
    turn += 1;
    for (const row of rows) {
      const calls = callsOf(row);
      const open = new Set(calls.map((one) => one.id));
      drop((notice) => notice.id.startsWith(calledId(row)) && !open.has(notice.id));
      const notice = noticeOf(row);
      for (const one of notice ? [notice, ...calls] : calls) {
        if (add(one) && one.pressing) press(one);
      }
    }
    count.value = unseen.size;
  });

  /** What is open for this person's posts, as the server has it: after the login, and after a long absence. */
  async function readCalls(): Promise<void> {
    const person = me.value?.person_id;
    const found: Row[] = [];
    const mine = (turn += 1);
    try {
      for (const post of myPosts()) {
        const query = { matter: POSTS[post].matter, limit: MOST };
        found.push(...(await answered(hall.GET("/api/console/case-files", { params: { query } }))).rows);
      }
    } catch {
      return; // the numbers beside the desks say it too, and the next connection reads it again
    }
    if (me.value?.person_id !== person) return;
    const calls = found.flatMap(callsOf).sort((one, other) => (one.at < other.at ? -1 : 1));
    const open = new Set(calls.map((one) => one.id));
    // What came by push meanwhile is newer than this answer: it takes nothing away then.
    if (mine === turn && calls.length < MOST) drop((notice) => !open.has(notice.id));
    for (const one of calls) add(one);
    count.value = unseen.size;
  }
}
