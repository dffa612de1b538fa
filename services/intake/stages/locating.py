"""Locating (定位): a position becomes WGS-84 and falls into its grids (docs/domain.md, "Positions")."""

from handbook import Handbook
from handbook.datum import to_wgs84
from services.intake.domain.position import Position, Reading


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
