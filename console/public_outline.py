"""The county's shape for everybody (公众地图): outline and towns, simple enough for any phone."""

from typing import Any

from console.handbook_views import united
from handbook import Handbook

TO_WITHIN = 0.00015
"""Degrees, some fifteen metres: enough for a thumb to find a street, too coarse to survey by."""
DECIMALS = 5


def of(edition: Handbook) -> dict[str, Any]:
    """Outline and towns as GeoJSON; no cell, no responsibility grid, nobody's walk."""
    towns: dict[tuple[str, str], list[Any]] = {}
    for grid in edition.grid.responsibility_grids.values():
        towns.setdefault((grid.town_code, grid.town), []).append(grid.polygon)
    rings = [ring for polygons in towns.values() for ring in polygons]
    return {
        "version": edition.version,
        "outline": {
            "id": "outline",
            "properties": {"name": edition.settings.county_name},
            "geometry": {"coordinates": _shape(rings)},
        },
        "towns": {
            "features": [
                {
                    "id": code,
                    "properties": {"code": code, "name": name},
                    "geometry": {"coordinates": _shape(polygons)},
                }
                for (code, name), polygons in sorted(towns.items())
            ]
        },
    }


def _shape(rings: list[Any]) -> list[Any]:
    return [
        [[[round(lon, DECIMALS), round(lat, DECIMALS)] for lon, lat in ring] for ring in polygon]
        for polygon in united(rings, to_within=TO_WITHIN)
    ]
