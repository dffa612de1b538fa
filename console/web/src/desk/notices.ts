/** Notices (通知): what has just happened that this person should know, from the rows that come by server push. */
import { readonly, ref, shallowRef } from "vue";
import { useLive, type Row } from "@/shared/live";
import { may, onLogOut } from "@/shared/session";

export interface Notice {
  id: string;
  text: string;
  /** The case's or report's number. */
  number: string;
  case_number: string | null;
  at: string;
  /** Something that cannot wait. */
  pressing: boolean;
}

const MOST = 50;
export const notices = shallowRef<Notice[]>([]);
const told = new Set<string>();
const count = ref(0);
/** How many came since the list was looked at last. */
export const unread = readonly(count);

/** The list was looked at. */
export function markRead(): void {
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

/** What a changed row says to this person; null when nothing. */
export function noticeOf(row: Row): Notice | null {
  const call = CALLS[row.state];
  if (!call || !may(call.action)) return null;
  const pressing = row.urgency === "urgent" || row.urgency === "major";
  return {
    // What was raised to be pressing is told once more.
    id: `${row.number}/${row.state}/${row.round}/${pressing ? row.urgency : ""}`,
    text: `${call.text}：${row.subcategory || row.category || "未分类"}，${row.place || "地点不详"}`,
    number: row.number,
    case_number: row.case_number ?? null,
    at: row.updated_at,
    pressing,
  };
}

/** Collect notices while the calling component lives; `press` hears of those that cannot wait. */
export function useNotices(press: (notice: Notice) => void): void {
  useLive((rows) => {
    if (rows === "reset") return;
    for (const row of rows) {
      const notice = noticeOf(row);
      if (!notice || told.has(notice.id)) continue;
      told.add(notice.id);
      notices.value = [notice, ...notices.value].slice(0, MOST);
      count.value += 1;
      if (notice.pressing) press(notice);
    }
  });
}
