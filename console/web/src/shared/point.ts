/** Points of the county (点位): small enough a place for the earth to be flat. */
export interface Point {
  lon: number;
  lat: number;
}

const METRES_OF_A_DEGREE = 111_195;

/** How far one has to go east and north, in metres. */
export function wayBetween(from: Point, to: Point): { east: number; north: number } {
  return {
    east: (to.lon - from.lon) * METRES_OF_A_DEGREE * Math.cos((from.lat * Math.PI) / 180),
    north: (to.lat - from.lat) * METRES_OF_A_DEGREE,
  };
}

/** Metres between two points. */
export function metresBetween(one: Point, other: Point): number {
  const { east, north } = wayBetween(one, other);
  return Math.hypot(north, east);
}

/** Degrees to six places, a tenth of a metre. */
export function round6(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
