/** 上报内容: what a report needs before it may go. */
import type { Reading } from "./position";

export interface ReportForm {
  /** 自处置. */
  self: boolean;
  kind: string | null;
  words: string;
  address: string;
  photos: string[];
  after: string[];
  place: Reading | null;
}

export function emptyReport(): ReportForm {
  return { self: false, kind: null, words: "", address: "", photos: [], after: [], place: null };
}

/** What is still missing, for the person; empty when it can be sent. */
export function lackOf(form: ReportForm): string {
  if (!form.photos.length) return form.self ? "请拍处置前照片" : "请至少拍一张照片";
  if (form.self && !form.after.length) return "请拍处置后照片";
  if (!form.place) return "还没有位置：等待定位，或在地图上选点";
  if (!form.address.trim()) return "请填写地点";
  if (form.self && !form.kind) return "自处置请选择类别";
  if (!form.words.trim()) return "请描述问题";
  return "";
}
