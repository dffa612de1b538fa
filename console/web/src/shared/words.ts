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
