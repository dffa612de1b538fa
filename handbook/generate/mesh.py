"""A town-like mesh (网格底图): a lattice of crooked streets, closer in the middle, all corners shared."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import atan2, cos, hypot, sin, sqrt

from handbook.generate.partition import Place, Spot, islands
from handbook.measure import Plane, area_m2
from handbook.values import Position

COLUMNS, ROWS = 56, 54
TURN = 0.09  # the old town's streets do not run quite north


@dataclass(frozen=True)
class Mesh:
    """Rings of the chosen cells, in degrees; neighbours share every corner and every bend of the street."""

    rings: dict[Spot, tuple[Position, ...]]
    places: dict[Spot, Place]


def draw_mesh(centre: Position, cells: int, area_km2: float, seed: int) -> Mesh:
    """So many cells that together have the wanted area."""
    sketch = _Sketch(seed)
    chosen = sketch.choose(cells)
    plane = Plane(*centre)
    scale = 1.0
    for _ in range(4):
        rings = {spot: _ring(sketch, spot, plane, scale) for spot in chosen}
        scale *= sqrt(area_km2 * 1e6 / sum(area_m2(ring) for ring in rings.values()))
    return Mesh(rings, {spot: sketch.middle(spot) for spot in chosen})


def _ring(sketch: "_Sketch", spot: Spot, plane: Plane, scale: float) -> tuple[Position, ...]:
    def degrees(point: Place) -> Position:
        lon, lat = plane.degrees(point[0] * scale, point[1] * scale)
        return round(lon, 7), round(lat, 7)

    return tuple(degrees(point) for point in sketch.outline(spot))


class _Sketch:
    """The lattice in metres, before its size is settled. Rows count from the south."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  a drawing, no secret
        self._xs = self._spacing(COLUMNS)
        self._ys = self._spacing(ROWS)
        self._corners = {
            (column, row): self._corner(column, row)
            for column in range(COLUMNS + 1)
            for row in range(ROWS + 1)
        }
        self._bends = {
            (spot, step): self._bend(spot, step)
            for spot in self._corners
            for step in ((1, 0), (0, 1))
            if (spot[0] + step[0], spot[1] + step[1]) in self._corners
        }

    def choose(self, cells: int) -> list[Spot]:
        """The cells nearest to the middle of an irregular outline, without islands and holes."""
        spots = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
        chosen = set(sorted(spots, key=self._remoteness)[:cells])
        if len(islands(chosen)) != 1 or len(islands(set(spots) - chosen)) != 1:
            raise ValueError("the outline is not in one piece: choose another seed")
        return sorted(chosen)

    def middle(self, spot: Spot) -> Place:
        outline = self.outline(spot)[:-1]
        return sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline)

    def outline(self, spot: Spot) -> list[Place]:
        """The closed ring, counter-clockwise."""
        column, row = spot
        south_west, south_east = spot, (column + 1, row)
        north_east, north_west = (column + 1, row + 1), (column, row + 1)
        return [
            self._corners[south_west],
            self._bends[south_west, (1, 0)],
            self._corners[south_east],
            self._bends[south_east, (0, 1)],
            self._corners[north_east],
            self._bends[north_west, (1, 0)],
            self._corners[north_west],
            self._bends[south_west, (0, 1)],
            self._corners[south_west],
        ]

    def _spacing(self, count: int) -> list[float]:
        """Street by street: blocks grow outwards and differ from one to the next."""
        middle = count / 2
        widths = [
            (110 + 70 * (abs(index + 0.5 - middle) / middle) ** 1.5) * self._chance.uniform(0.72, 1.28)
            for index in range(count)
        ]
        lines = [0.0]
        for width in widths:
            lines.append(lines[-1] + width)
        return [line - lines[-1] / 2 for line in lines]

    def _corner(self, column: int, row: int) -> Place:
        x, y = self._xs[column], self._ys[row]
        # Streets follow the river in long waves; each crossing is off by a few metres besides.
        x, y = x + 70 * sin(y / 900) + 35 * sin(y / 310 + 1), y + 60 * sin(x / 800 + 2) + 30 * sin(x / 270)
        x, y = x + self._chance.uniform(-11, 11), y + self._chance.uniform(-11, 11)
        return x * cos(TURN) - y * sin(TURN), x * sin(TURN) + y * cos(TURN)

    def _bend(self, spot: Spot, step: Spot) -> Place:
        x0, y0 = self._corners[spot]
        x1, y1 = self._corners[spot[0] + step[0], spot[1] + step[1]]
        aside = self._chance.uniform(-0.05, 0.05)
        along = self._chance.uniform(0.4, 0.6)
        return x0 + (x1 - x0) * along - (y1 - y0) * aside, y0 + (y1 - y0) * along + (x1 - x0) * aside

    @cached_property
    def _remoteness(self) -> Callable[[Spot], tuple[float, Spot]]:
        def remoteness(spot: Spot) -> tuple[float, Spot]:
            x, y = self.middle(spot)
            bearing = atan2(y, x)
            reach = 1 + 0.10 * sin(3 * bearing + 0.6) + 0.05 * cos(5 * bearing)
            return hypot(x, y * 1.12) / reach, spot

        return remoteness
