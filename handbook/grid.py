"""The unit grid (单元网格): which cell a position lies in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from handbook.values import ResponsibilityGrid, UnitGridCell


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells and responsibility grids (责任网格) by code."""

    cells: Mapping[str, UnitGridCell]
    responsibility_grids: Mapping[str, ResponsibilityGrid]

    def cell_at(self, lon: float, lat: float) -> UnitGridCell | None:
        """The cell of a WGS-84 position; on a border the one with the lowest code; outside the grid none."""
        code = self._find(lon, lat)
        return self.cells[code] if code is not None else None

    @cached_property
    def _find(self) -> Callable[[float, float], str | None]:
        # Shapely takes over 0.1 s to import: only a process that looks for a cell pays.
        from shapely import Point, Polygon, STRtree

        codes = sorted(self.cells)
        tree = STRtree([Polygon(self.cells[code].polygon) for code in codes])

        def find(lon: float, lat: float) -> str | None:
            touched = tree.query(Point(lon, lat), predicate="intersects")
            return codes[int(touched.min())] if touched.size else None

        return find
