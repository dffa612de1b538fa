"""Writes the synthetic grid (示例网格): unit_grid.geojson and responsibility_grids.geojson."""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import pi
from pathlib import Path
from typing import Any

from handbook.files import VILLAGES
from handbook.generate.mesh import Mesh, draw_mesh
from handbook.generate.partition import Spot, cut, join_loose_ends, ordered_along
from handbook.generate.writing import geojson_bytes
from handbook.measure import area_m2
from handbook.reading import SYNTHETIC
from handbook.values import Position

CENTRE = (114.36, 35.92)
CELLS, RESPONSIBILITY_GRIDS, AREA_KM2 = 1738, 21, 38.6
SEED = 12319
NOTE = "示例网格，由程序生成，不是汤阴县的实际网格 / synthetic, not the county's real grid"


@dataclass(frozen=True)
class Township:
    """A town's share of the grid: its communities, and how many responsibility grids it has."""

    code: str
    name: str
    communities: tuple[str, ...]
    responsibility_grids: int


INNER = tuple(f"410523100{number}" for number in (*range(200, 216), *range(400, 406)))
WEST = tuple(f"410523107{number}" for number in (219, 225, 226, 232, 233, 400))
EAST = tuple(f"410523105{number}" for number in (201, 208, 209, 221, 400))

CHENGGUAN = Township("410523100", "城关镇", INNER, 14)
BAIYING = Township("410523105", "白营镇", EAST, 3)
HANZHUANG = Township("410523107", "韩庄镇", WEST, 4)


@dataclass(frozen=True)
class Layout:
    """Which spots make up which cell, community and responsibility grid."""

    mesh: Mesh
    code_of: dict[Spot, str]
    grid_of: dict[Spot, str]
    grids: dict[str, tuple[str, Township, set[Spot]]]


def lay_out(data: Path) -> Layout:
    mesh = draw_mesh(CENTRE, CELLS, AREA_KM2, SEED)
    chance = random.Random(SEED)  # noqa: S311  a drawing, no secret
    code_of: dict[Spot, str] = {}
    grid_of: dict[Spot, str] = {}
    grids: dict[str, tuple[str, Township, set[Spot]]] = {}
    _require_known_communities(data)
    for town, spots in _towns(mesh):
        communities = _in_reading_order(cut(spots, mesh.places, len(town.communities), chance), mesh)
        for village, community in zip(town.communities, communities, strict=True):
            for number, spot in enumerate(sorted(community, key=lambda spot: (-spot[1], spot[0])), 1):
                code_of[spot] = f"{village}{number:03}"
        parts = _in_reading_order(cut(spots, mesh.places, town.responsibility_grids, chance), mesh)
        for number, part in enumerate(parts, 1):
            code = f"410523Z{len(grids) + 1:03}"
            grids[code] = (f"{town.name}第{number}责任网格", town, part)
            grid_of.update(dict.fromkeys(part, code))
    return Layout(mesh, code_of, grid_of, grids)


def unit_grid_geojson(layout: Layout) -> bytes:
    return geojson_bytes(NOTE, _cells(layout))


def responsibility_grids_geojson(layout: Layout) -> bytes:
    return geojson_bytes(NOTE, _responsibility_grids(layout))


def _cells(layout: Layout) -> Iterator[dict[str, Any]]:
    for spot in sorted(layout.code_of, key=layout.code_of.__getitem__):
        ring = layout.mesh.rings[spot]
        properties = {
            "code": layout.code_of[spot],
            "responsibility_grid": layout.grid_of[spot],
            "area_m2": round(area_m2(ring)),
            "provenance": SYNTHETIC,
        }
        yield _feature(properties, ring)


def _responsibility_grids(layout: Layout) -> Iterator[dict[str, Any]]:
    for code, (name, town, spots) in layout.grids.items():
        properties = {
            "code": code,
            "name": name,
            "town": town.name,
            "town_code": town.code,
            "provenance": SYNTHETIC,
        }
        yield _feature(properties, outer_ring([layout.mesh.rings[spot] for spot in sorted(spots)]))


def outer_ring(rings: Sequence[Sequence[Position]]) -> list[Position]:
    """The border of several cells: the edges that only one of them has, strung together."""
    edges = {edge for ring in rings for edge in pairwise(ring)}
    border = {start: end for start, end in edges if (end, start) not in edges}
    ring = [min(border)]
    while len(ring) == 1 or ring[-1] != ring[0]:
        ring.append(border[ring[-1]])
    if len(ring) != len(border) + 1:
        raise ValueError("the cells do not make up one simple area: choose another seed")
    return ring


def _towns(mesh: Mesh) -> list[tuple[Township, set[Spot]]]:
    """韩庄镇 lies in the north-west, 白营镇 in the north-east, 城关镇 is the rest."""
    share = len(mesh.places) / RESPONSIBILITY_GRIDS
    west = ordered_along(mesh.places, mesh.places, pi * 0.78)
    hanzhuang = set(west[-round(share * HANZHUANG.responsibility_grids) :])
    rest = [spot for spot in mesh.places if spot not in hanzhuang]
    east = ordered_along(rest, mesh.places, pi * 0.12)
    baiying = set(east[-round(share * BAIYING.responsibility_grids) :])
    pieces = [set(rest) - baiying, baiying, hanzhuang]
    join_loose_ends(pieces)
    return list(zip((CHENGGUAN, BAIYING, HANZHUANG), pieces, strict=True))


def _in_reading_order(parts: list[set[Spot]], mesh: Mesh) -> list[set[Spot]]:
    """From north to south in bands of a kilometre, from west to east in each."""

    def key(part: set[Spot]) -> tuple[float, float]:
        x = sum(mesh.places[spot][0] for spot in sorted(part)) / len(part)
        y = sum(mesh.places[spot][1] for spot in sorted(part)) / len(part)
        return -(y // 1000), x

    return sorted(parts, key=key)


def _require_known_communities(data: Path) -> None:
    with (data / VILLAGES).open(encoding="utf-8", newline="") as file:
        known = {row["village_code"] for row in csv.DictReader(file)}
    for town in (CHENGGUAN, BAIYING, HANZHUANG):
        if unknown := set(town.communities) - known:
            raise ValueError(f"{min(unknown)} is not in {VILLAGES}")


def _feature(properties: dict[str, Any], ring: Sequence[Position]) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}
