"""Datums (坐标系): GCJ-02 and BD-09 positions become WGS-84 before anything else looks at them."""

from enum import StrEnum
from math import atan2, cos, hypot, pi, sin, sqrt

Position = tuple[float, float]

_AXIS = 6_378_245.0  # Krasovsky 1940, which the offset is defined on
_ECCENTRICITY = 0.006_693_421_622_965_943
_BD_ANGLE = pi * 3000 / 180
_ENOUGH_DEGREES = 1e-10  # a hundredth of a millimetre


class Datum(StrEnum):
    """What a longitude and latitude refer to; CGCS2000 is within a metre of WGS-84 and kept as it is."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    CGCS2000 = "cgcs2000"


def to_wgs84(lon: float, lat: float, datum: Datum) -> Position:
    """A position of any datum as WGS-84 longitude and latitude."""
    match datum:
        case Datum.GCJ02:
            return gcj02_to_wgs84(lon, lat)
        case Datum.BD09:
            return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
        case Datum.WGS84 | Datum.CGCS2000:
            return lon, lat


def gcj02_to_wgs84(lon: float, lat: float) -> Position:
    """Undo the offset by iteration, since it has no closed inverse."""
    guess_lon, guess_lat = lon, lat
    for _ in range(30):
        forward_lon, forward_lat = wgs84_to_gcj02(guess_lon, guess_lat)
        error_lon, error_lat = forward_lon - lon, forward_lat - lat
        guess_lon, guess_lat = guess_lon - error_lon, guess_lat - error_lat
        if max(abs(error_lon), abs(error_lat)) < _ENOUGH_DEGREES:
            break
    return guess_lon, guess_lat


def wgs84_to_gcj02(lon: float, lat: float) -> Position:
    if not is_in_china(lon, lat):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + _waves(x, x / 30, 150, 300)
    north = (
        -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + _waves(y, y / 30, 160, 320)
    )
    common = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    flattening = 1 - _ECCENTRICITY * sin(lat * pi / 180) ** 2
    metres_lat = _AXIS * (1 - _ECCENTRICITY) / (flattening * sqrt(flattening)) * pi / 180
    metres_lon = _AXIS / sqrt(flattening) * cos(lat * pi / 180) * pi / 180
    return lon + (east + common) / metres_lon, lat + (north + common) / metres_lat


def _waves(v: float, slow: float, third: float, fourth: float) -> float:
    near = (20 * sin(v * pi) + 40 * sin(v / 3 * pi)) * 2 / 3
    return near + (third * sin(v / 12 * pi) + fourth * sin(slow * pi)) * 2 / 3


def gcj02_to_bd09(lon: float, lat: float) -> Position:
    radius = hypot(lon, lat) + 0.00002 * sin(lat * _BD_ANGLE)
    theta = atan2(lat, lon) + 0.000003 * cos(lon * _BD_ANGLE)
    return radius * cos(theta) + 0.0065, radius * sin(theta) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> Position:
    """Undo Baidu's second offset by iteration, for the same reason."""
    guess_lon, guess_lat = lon - 0.0065, lat - 0.006
    for _ in range(30):
        forward_lon, forward_lat = gcj02_to_bd09(guess_lon, guess_lat)
        error_lon, error_lat = forward_lon - lon, forward_lat - lat
        guess_lon, guess_lat = guess_lon - error_lon, guess_lat - error_lat
        if max(abs(error_lon), abs(error_lat)) < _ENOUGH_DEGREES:
            break
    return guess_lon, guess_lat


def is_in_china(lon: float, lat: float) -> bool:
    """The rough box outside which nobody applies the offset."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271
