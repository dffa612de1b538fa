"""The component register (部件台账): every known component, by code and by place."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from handbook.measure import Plane
from handbook.values import Component, ComponentState


class ComponentRegister(Mapping[str, Component]):
    """Components by their 16-digit code."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._by_code = {component.code: component for component in components}
        self._places_of = cache(self._index)

    def __getitem__(self, code: str) -> Component:
        return self._by_code[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def nearest(self, subcategory: str, lon: float, lat: float, within_m: float) -> Component | None:
        """The nearest component of a kind that still stands, the lowest code among equals."""
        from shapely import Point

        standing, plane, tree = self._places_of(subcategory)
        if not standing:
            return None
        found = tree.query_nearest(Point(plane.metres(lon, lat)), max_distance=within_m)
        return standing[int(found.min())] if found.size else None

    def in_box(self, west: float, south: float, east: float, north: float) -> list[Component]:
        """Every component inside a box of degrees or on its edge, by code."""
        from shapely import box

        found = self._tree.query(box(west, south, east, north), predicate="intersects")
        return [self._in_order[index] for index in sorted(found.tolist())]

    @cached_property
    def _in_order(self) -> list[Component]:
        return sorted(self._by_code.values(), key=lambda component: component.code)

    @cached_property
    def _tree(self) -> Any:
        from shapely import STRtree, points

        return STRtree(points([(component.lon, component.lat) for component in self._in_order]))

    def _index(self, subcategory: str) -> tuple[list[Component], Plane, Any]:
        # As in the grid: only a process that asks for a place pays for Shapely.
        from shapely import Point, STRtree

        standing = sorted(
            (
                component
                for component in self._by_code.values()
                if component.subcategory == subcategory and component.state is not ComponentState.REMOVED
            ),
            key=lambda component: component.code,
        )
        origin = standing[0] if standing else None
        plane = Plane(origin.lon, origin.lat) if origin else Plane(0, 0)
        return standing, plane, STRtree([Point(plane.metres(c.lon, c.lat)) for c in standing])
