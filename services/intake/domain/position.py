"""Positions (位置): where a problem is, in WGS-84, with the raw values and the grids they fall into."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from handbook.datum import Datum

_EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A position as a phone, a camera or a clerk gives it."""

    lon: float
    lat: float
    datum: Datum = Datum.WGS84
    accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Position:
    """A point in WGS-84, what was received for it, and its 单元网格 and 责任网格 (None outside the city)."""

    lon: float
    lat: float
    datum: str
    raw_lon: float
    raw_lat: float
    accuracy: float | None = None
    unit_grid_code: str | None = None
    responsibility_grid: str | None = None


def metres_between(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Distance of two points on the ground."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    half = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * _EARTH_RADIUS_M * asin(sqrt(half))


def degrees_around(lat: float, metres: float) -> tuple[float, float]:
    """Half the width and height, in degrees, of a box that holds every point within that distance."""
    north = metres / 110_000
    return north / max(cos(radians(lat)), 0.01), north
