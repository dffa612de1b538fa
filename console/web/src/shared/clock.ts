/** Time as the county reads it (北京时间), and a clock that lists look at. */
import { readonly, ref } from "vue";

const ticking = ref(Date.now());
if (typeof window !== "undefined") setInterval(() => (ticking.value = Date.now()), 15_000);

/** Now, in milliseconds; moves every 15 seconds. */
export const now = readonly(ticking);

const whole = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function parts(at: string | number | Date): Record<string, string> {
  return Object.fromEntries(whole.formatToParts(new Date(at)).map((part) => [part.type, part.value]));
}

/** 2026-06-15 08:37 */
export function moment(at: string | number | Date | null | undefined): string {
  if (!at) return "";
  const { year, month, day, hour, minute } = parts(at);
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

/** 08:37 today, 06-15 08:37 this year, 2025-06-15 before. */
export function shortly(at: string | null | undefined, from: number = Date.now()): string {
  if (!at) return "";
  const then = parts(at);
  const today = parts(from);
  if (then.year !== today.year) return `${then.year}-${then.month}-${then.day}`;
  if (then.month === today.month && then.day === today.day) return `${then.hour}:${then.minute}`;
  return `${then.month}-${then.day} ${then.hour}:${then.minute}`;
}

/** 3 天 4 小时, 4 小时 20 分, 20 分: at most two units, of a number of seconds. */
export function duration(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`;
  if (hours) return rest ? `${hours} 小时 ${rest} 分` : `${hours} 小时`;
  return `${rest} 分`;
}

/** What is left until a moment: 剩 4 小时 20 分, 超 20 分. */
export function left(due: string | null | undefined, from: number = Date.now()): string {
  if (!due) return "";
  const seconds = (new Date(due).getTime() - from) / 1000;
  return `${seconds < 0 ? "超" : "剩"} ${duration(seconds)}`;
}
