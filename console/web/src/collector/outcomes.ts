/** 核实、核查的结论: what a collector may find, as the centre takes it. */

export interface Outcome {
  value: string;
  text: string;
  /** Words are required. */
  words: boolean;
  /** A photo is required. */
  photos: boolean;
  tone: "green" | "red" | "amber";
}

export const OUTCOMES: Record<string, Outcome[]> = {
  confirmation: [
    { value: "confirmed", text: "属实", words: false, photos: false, tone: "green" },
    { value: "denied", text: "不属实", words: true, photos: false, tone: "red" },
  ],
  verification: [
    { value: "gone", text: "已解决", words: false, photos: true, tone: "green" },
    { value: "remains", text: "未解决", words: true, photos: true, tone: "red" },
    { value: "unclear", text: "无法判断", words: true, photos: false, tone: "amber" },
  ],
};

export interface Found {
  outcome: string;
  words: string;
  photos: string[];
}

/** What is still missing, for the person; empty when it can be sent. */
export function missing(kind: string, found: Found): string {
  const outcome = OUTCOMES[kind]?.find((one) => one.value === found.outcome);
  if (!outcome) return "请选择结论";
  if (outcome.photos && !found.photos.length) return "请至少拍一张照片";
  if (outcome.words && !found.words.trim()) return "请说明现场情况";
  return "";
}
