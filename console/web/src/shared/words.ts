/** The words of the lists (docs/glossary.md), each with the look that goes with it. */

export type Tone = "" | "success" | "warning" | "danger" | "info" | "primary";

export const LIGHTS: Record<string, { text: string; tone: Tone }> = {
  green: { text: "正常", tone: "success" },
  yellow: { text: "临近", tone: "warning" },
  red: { text: "超期", tone: "danger" },
};

export const URGENCIES: Record<string, { text: string; tone: Tone }> = {
  major: { text: "重大", tone: "danger" },
  urgent: { text: "紧急", tone: "warning" },
  ordinary: { text: "一般", tone: "info" },
};

export const SOURCES: Record<string, string> = {
  collector: "采集员",
  hotline: "12319 热线",
  wechat: "微信",
  video: "视频",
  open311: "Open311",
  transferred_12345: "12345 转办",
  public_page: "公众网页",
  leader: "领导批示",
};

export const STAGES = ["信息收集", "案卷建立", "任务派遣", "任务处理", "处理反馈", "核查结案", "综合评价"];

/** States (状态) by stage, as filters offer them; what a row says of itself is the server's `state_text`. */
export const STATES: Record<string, { text: string; stage: number }> = {
  received: { text: "待受理", stage: 1 },
  self_handled: { text: "自处置待审", stage: 1 },
  self_handled_valid: { text: "自处置有效", stage: 1 },
  confirming: { text: "核实中", stage: 2 },
  awaiting_filing: { text: "待立案", stage: 2 },
  under_review: { text: "退回受理", stage: 2 },
  not_accepted: { text: "不予受理", stage: 2 },
  linked: { text: "重复案件", stage: 2 },
  not_filed: { text: "不予立案", stage: 2 },
  awaiting_dispatch: { text: "待派遣", stage: 3 },
  coordination: { text: "待确权", stage: 3 },
  awaiting_signature: { text: "待签收", stage: 4 },
  handling: { text: "处置中", stage: 4 },
  rework: { text: "返工中", stage: 4 },
  reopened: { text: "重新处置中", stage: 4 },
  suspended: { text: "挂账", stage: 4 },
  return_under_review: { text: "回退待审", stage: 4 },
  awaiting_verification: { text: "待核查", stage: 5 },
  verifying: { text: "核查中", stage: 6 },
  awaiting_closing: { text: "待结案", stage: 6 },
  force_closed: { text: "强制结案", stage: 6 },
  voided: { text: "作废", stage: 6 },
  merged: { text: "已并案", stage: 6 },
  closed: { text: "已结案", stage: 7 },
};
