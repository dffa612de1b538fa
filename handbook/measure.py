"""Metres on the ground (平面测量): a plane through a point, good over a county's few kilometres."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt

from handbook.values import Position

_AXIS = 6_378_137.0
_ECCENTRICITY = 0.006_694_379_990_14


@dataclass(frozen=True)
class Plane:
    """Metres east and north of an origin."""

    lon: float
    lat: float

    @property
    def metres_per_degree(self) -> tuple[float, float]:
        curvature = 1 - _ECCENTRICITY * sin(self.lat * pi / 180) ** 2
        east = _AXIS / sqrt(curvature) * cos(self.lat * pi / 180) * pi / 180
        north = _AXIS * (1 - _ECCENTRICITY) / (curvature * sqrt(curvature)) * pi / 180
        return east, north

    def metres(self, lon: float, lat: float) -> Position:
        east, north = self.metres_per_degree
        return (lon - self.lon) * east, (lat - self.lat) * north

    def degrees(self, x: float, y: float) -> Position:
        east, north = self.metres_per_degree
        return self.lon + x / east, self.lat + y / north


def area_m2(ring: Sequence[Position]) -> float:
    """Area of a ring of longitudes and latitudes."""
    plane = Plane(*ring[0])
    points = [plane.metres(lon, lat) for lon, lat in ring]
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2
