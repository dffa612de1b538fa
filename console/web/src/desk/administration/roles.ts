/** Roles (角色) as an administrator gives them, and what an account in them must name. */

export const ROLES: Record<string, string> = {
  hotline_agent: "话务员",
  intake_operator: "受理员",
  shift_supervisor: "值班长",
  dispatcher: "派遣员",
  collector: "采集员",
  video_seat: "视频坐席",
  responsible_unit: "责任单位",
  channel: "渠道网关",
  assessor: "考核员",
  leader: "领导",
  administrator: "系统管理员",
  operations: "运维",
};

/** The sources for which a gateway may report. */
export const CHANNELS: Record<string, string> = {
  wechat: "微信",
  open311: "Open311",
  transferred_12345: "12345 转办",
};

const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A first password that is read over the telephone: no letter that looks like another. */
export function firstPassword(length = 14): string {
  // The few letters that a remainder favours make no guess easier.
  return [...crypto.getRandomValues(new Uint8Array(length))]
    .map((byte) => LETTERS[byte % LETTERS.length])
    .join("");
}
