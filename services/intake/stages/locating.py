"""Locating (定位): a position becomes WGS-84 and falls into its grids (docs/domain.md, "Positions")."""

from dataclasses import dataclass

from handbook import Handbook
from handbook.datum import to_wgs84
from handbook.values import Component
from services.intake.domain.position import Position, Reading, metres_between
from services.intake.domain.report import Report


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A component of the register that the report may be about, and how far from it it stands."""

    component: Component
    metres: float


def located(handbook: Handbook, reading: Reading) -> Position:
    """The position with its 单元网格 and 责任网格; both are None outside the city."""
    lon, lat = to_wgs84(reading.lon, reading.lat, reading.datum)
    cell = handbook.grid.cell_at(lon, lat)
    return Position(
        lon=lon,
        lat=lat,
        datum=reading.datum.value,
        raw_lon=reading.lon,
        raw_lat=reading.lat,
        accuracy=reading.accuracy,
        unit_grid_code=cell.code if cell else None,
        responsibility_grid=cell.responsibility_grid if cell else None,
    )


def offered_component(handbook: Handbook, report: Report, subcategory: str | None) -> Offered | None:
    """The nearest component of the kind (``component_distance_m``), for the operator to choose, or None.

    ``subcategory`` is the kind that the operator thinks of; without it, the reported one.
    """
    kind = subcategory or report.subcategory
    if kind is None or report.position is None:
        return None
    lon, lat = report.position.lon, report.position.lat
    found = handbook.nearest_component(kind, lon, lat)
    if found is None:
        return None
    return Offered(component=found, metres=round(metres_between(lon, lat, found.lon, found.lat), 1))
