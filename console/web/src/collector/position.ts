/** 位置: where the phone is, how exactly, and how old that is. */
import { onScopeDispose, ref, shallowRef } from "vue";
import { metresBetween, round6, wayBetween, type Point } from "@/shared/point";

export interface Reading {
  lon: number;
  lat: number;
  /** Metres; null for a point set on the map. */
  accuracy: number | null;
  at: number;
  by: "gps" | "map";
}

export const here = shallowRef<Reading | null>(null);
export const trouble = ref("");

const TROUBLES: Record<number, string> = {
  1: "没有定位权限，请在手机设置中允许",
  2: "暂时无法定位，请到开阔处",
  3: "定位超时，请到开阔处",
};

let watchers = 0;
let watching: number | undefined;

/** Follow the phone while the calling component lives. */
export function useHere(): void {
  watchers += 1;
  start();
  onScopeDispose(() => {
    watchers -= 1;
    if (watchers === 0 && watching !== undefined) {
      navigator.geolocation.clearWatch(watching);
      watching = undefined;
    }
  });
}

function start(): void {
  if (watching !== undefined) return;
  if (!("geolocation" in navigator)) {
    trouble.value = "此浏览器不支持定位";
    return;
  }
  watching = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      trouble.value = "";
      here.value = {
        lon: round6(coords.longitude),
        lat: round6(coords.latitude),
        accuracy: Math.round(coords.accuracy),
        at: timestamp,
        by: "gps",
      };
    },
    (error) => {
      trouble.value = TROUBLES[error.code] ?? "无法定位";
    },
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 },
  );
}

/** As the centre takes it. */
export function given(reading: Reading): Record<string, unknown> {
  return { lon: reading.lon, lat: reading.lat, datum: "wgs84", accuracy: reading.accuracy };
}

const WINDS = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];

/** 向东北 180 米 */
export function wayTo(from: Point, to: Point): string {
  const far = metresBetween(from, to);
  if (far < 15) return "就在附近";
  const { east, north } = wayBetween(from, to);
  const angle = (Math.atan2(east, north) * 180) / Math.PI;
  const wind = WINDS[Math.round((angle + 360) / 45) % 8] ?? "";
  return `向${wind} ${far < 1000 ? `${Math.round(far / 10) * 10} 米` : `${(far / 1000).toFixed(1)} 公里`}`;
}

/** 卫星定位 ±12 米，3 分钟前 */
export function described(reading: Reading, now: number): string {
  if (reading.by === "map") return "地图选点";
  const minutes = Math.max(0, Math.floor((now - reading.at) / 60_000));
  const age =
    minutes < 1 ? "刚刚" : minutes < 60 ? `${minutes} 分钟前` : `${Math.floor(minutes / 60)} 小时前`;
  return `卫星定位 ±${reading.accuracy ?? "?"} 米，${age}`;
}
