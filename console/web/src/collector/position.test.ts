/** The way to a task in words: direction and distance, without a route. */
import { expect, test } from "vitest";
import { described, wayTo, type Reading } from "./position";

const CENTRE = { lon: 114.36, lat: 35.92 };

test("a place is named by its direction and distance", () => {
  expect(wayTo(CENTRE, { lon: 114.36, lat: 35.929 })).toBe("向北 1.0 公里");
  expect(wayTo(CENTRE, { lon: 114.362, lat: 35.92 })).toBe("向东 180 米");
  expect(wayTo(CENTRE, { lon: 114.358, lat: 35.9184 })).toBe("向西南 250 米");
  expect(wayTo(CENTRE, { lon: 114.36001, lat: 35.92001 })).toBe("就在附近");
});

test("a position says how exact and how old it is", () => {
  const reading: Reading = { ...CENTRE, accuracy: 12, at: 0, by: "gps" };
  expect(described(reading, 30_000)).toBe("卫星定位 ±12 米，刚刚");
  expect(described(reading, 180_000)).toBe("卫星定位 ±12 米，3 分钟前");
  expect(described(reading, 7_300_000)).toBe("卫星定位 ±12 米，2 小时前");
  expect(described({ ...reading, by: "map" }, 0)).toBe("地图选点");
});
