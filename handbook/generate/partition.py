"""Cutting cells into contiguous parts (分区): repeated straight cuts, then loose ends are joined."""

import random
from collections.abc import Iterable, Mapping
from math import cos, pi, sin

Spot = tuple[int, int]
Place = tuple[float, float]


def neighbours(spot: Spot) -> tuple[Spot, Spot, Spot, Spot]:
    column, row = spot
    return (column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)


def cut(
    spots: Iterable[Spot], places: Mapping[Spot, Place], parts: int, chance: random.Random
) -> list[set[Spot]]:
    """So many contiguous parts of about the same number of cells."""
    pieces = _bisect(sorted(spots), places, parts, chance)
    join_loose_ends(pieces)
    return pieces


def ordered_along(spots: Iterable[Spot], places: Mapping[Spot, Place], angle: float) -> list[Spot]:
    """Cells in the order in which a line sweeps over them."""
    east, north = cos(angle), sin(angle)
    return sorted(spots, key=lambda spot: (places[spot][0] * east + places[spot][1] * north, spot))


def join_loose_ends(pieces: list[set[Spot]]) -> None:
    """Give every fragment cut off from its part to the part that it touches most."""
    while True:
        loose = [(part, piece) for part in pieces for piece in islands(part)[1:]]
        if not loose:
            return
        for part, fragment in loose:
            touching = [n for spot in sorted(fragment) for n in neighbours(spot)]
            others = [other for other in pieces if other is not part]
            receiver = max(others, key=lambda other: sum(spot in other for spot in touching))
            part -= fragment
            receiver |= fragment


def islands(part: set[Spot]) -> list[set[Spot]]:
    """The connected pieces of a part, the largest first."""
    rest, found = set(part), []
    for start in sorted(part):
        if start not in rest:
            continue
        island, frontier = {start}, [start]
        rest.discard(start)
        while frontier:
            for spot in neighbours(frontier.pop()):
                if spot in rest:
                    rest.discard(spot)
                    island.add(spot)
                    frontier.append(spot)
        found.append(island)
    return sorted(found, key=len, reverse=True)


def _bisect(
    spots: list[Spot], places: Mapping[Spot, Place], parts: int, chance: random.Random
) -> list[set[Spot]]:
    if parts == 1:
        return [set(spots)]
    widths = [
        max(places[spot][axis] for spot in spots) - min(places[spot][axis] for spot in spots)
        for axis in (0, 1)
    ]
    along = 0.0 if widths[0] >= widths[1] else pi / 2
    swept = ordered_along(spots, places, along + chance.uniform(-0.35, 0.35))
    first = parts // 2
    split = round(len(swept) * first / parts)
    return [
        *_bisect(swept[:split], places, first, chance),
        *_bisect(swept[split:], places, parts - first, chance),
    ]
