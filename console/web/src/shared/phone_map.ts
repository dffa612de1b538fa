/** A map (地图) on a phone: what the citizens' and the collectors' maps have in common. */
import "leaflet/dist/leaflet.css";
import "./styles/phone_map.css";
import L from "leaflet";
import { round6, type Point } from "./point";

/** The county's edge, and words on the map. */
export const DEEP = "#123f55";

/** An empty map in `pane`, without tiles, its buttons where a thumb finds them. */
export function phoneMap(pane: HTMLElement, center: Point | null, zoom: number): L.Map {
  pane.classList.add("phone-map");
  const map = L.map(pane, {
    attributionControl: false,
    zoomControl: false,
    minZoom: 9,
    maxZoom: 19,
    center: center ? [center.lat, center.lon] : [35.92, 114.36],
    zoom,
  });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小", position: "bottomright" }).addTo(map);
  return map;
}

/** A place on the map as the doors take it: WGS-84, six digits. */
export function pointAt({ lng, lat }: L.LatLng): Point {
  return { lon: round6(lng), lat: round6(lat) };
}

/** The mark of the chosen point. */
export function pinAt({ lon, lat }: Point): L.CircleMarker {
  return L.circleMarker([lat, lon], {
    radius: 11,
    weight: 4,
    color: "#a31515",
    fillColor: "#fff",
    fillOpacity: 1,
    interactive: false,
  });
}
