"""The handbook as desks read it (查阅手册): an edition's values with the names behind their codes."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from math import hypot
from typing import Any

from console.words import KINDS
from handbook import Component, Datum, Duty, Handbook, Kind, NoResponsibleUnit, Subcategory, to_wgs84
from handbook.measure import Plane


def catalogue(edition: Handbook, subcategory: str | None, kind: Kind | None) -> dict[str, Any] | None:
    """大类 → 小类 → 立案标准; None when a kind is asked for that is not there."""
    wanted = [
        one
        for one in edition.subcategories.values()
        if subcategory in (None, one.code) and kind in (None, one.kind)
    ]
    if subcategory is not None and not wanted:
        return None
    shown = [_subcategory(edition, one) for one in wanted]
    standards = [standard for one in shown for standard in one["standards"]]
    return {
        "version": edition.version,
        "categories": _categories(shown),
        "subcategory_count": len(shown),
        "standard_count": len(standards),
        "synthetic_subcategories": sum(one["synthetic"] for one in shown),
        "synthetic_standards": sum(standard.synthetic for standard in standards),
    }


def units(edition: Handbook) -> dict[str, Any]:
    """责任单位."""
    return {"version": edition.version, "units": list(edition.units.values())}


def duties(edition: Handbook, subcategory: str | None, area: str | None) -> list[dict[str, Any]]:
    """Rows of the duty table, of a kind or an area if so asked."""
    area_name = area_names(edition)
    unit_name = unit_names(edition)
    return [
        _duty(edition, duty, area_name, unit_name)
        for duty in edition.duties.by_kind_and_area.values()
        if subcategory in (None, duty.subcategory) and area in (None, duty.area)
    ]


def decision(
    edition: Handbook, subcategory: str, cell: str | None, component: str | None
) -> dict[str, Any] | None:
    """Who must act on a kind in a cell by the handbook alone; None when people must decide."""
    known = component if component in edition.components else None
    try:
        found = edition.duty(subcategory, cell, known)
    except NoResponsibleUnit:
        return None
    return {**vars(found), "primary_name": unit_names(edition)(found.primary)}


def grid(edition: Handbook, responsibility_grid: str | None) -> dict[str, Any] | None:
    """Cells, responsibility grids and the outline as GeoJSON; None when the grid asked for is not there."""
    grids = [
        one for one in edition.grid.responsibility_grids.values() if responsibility_grid in (None, one.code)
    ]
    if not grids:
        return None
    codes = {one.code for one in grids}
    cells = [cell for cell in edition.grid.cells.values() if cell.responsibility_grid in codes]
    return {
        "version": edition.version,
        "cells": {"features": [_cell(edition, cell) for cell in cells]},
        "responsibility_grids": {
            "features": [
                _grid(one, sum(cell.responsibility_grid == one.code for cell in cells)) for one in grids
            ]
        },
        "outline": _outline(edition, grids),
    }


def place(edition: Handbook, lon: float, lat: float, datum: Datum) -> dict[str, Any] | None:
    """Where a point lies; None outside the grid."""
    lon, lat = to_wgs84(lon, lat, datum)
    cell = edition.grid.cell_at(lon, lat)
    if cell is None:
        return None
    grid = edition.grid.responsibility_grids[cell.responsibility_grid]
    village = edition.villages.get(cell.village_code)
    township = edition.township(cell.code)
    return {
        "version": edition.version,
        "lon": lon,
        "lat": lat,
        "unit_grid_code": cell.code,
        "responsibility_grid": grid.code,
        "grid_name": grid.name,
        "village_code": cell.village_code,
        "village": village.name if village else cell.village_code,
        "town_code": cell.town_code,
        "town": grid.town,
        "township": township,
        "township_name": unit_names(edition)(township),
    }


def components(
    edition: Handbook,
    *,
    subcategory: str | None,
    bbox: tuple[float, ...] | None,
    near: tuple[float, ...] | None,
    within: int,
    limit: int,
) -> dict[str, Any]:
    """Components of a kind, in a box or around a point: the nearest first, else by code."""
    if near is not None:
        plane = Plane(*near)
        west, south = plane.degrees(-within, -within)
        east, north = plane.degrees(within, within)
        measured = [
            (metres, one)
            for one in edition.components.in_box(west, south, east, north)
            if (metres := hypot(*plane.metres(one.lon, one.lat))) <= within
        ]
        found = [(one, metres) for metres, one in sorted(measured, key=lambda pair: (pair[0], pair[1].code))]
    else:
        listed: Iterable[Component] = edition.components.in_box(*(bbox or (-180, -90, 180, 90)))
        found = [(one, None) for one in listed]
    found = [(one, metres) for one, metres in found if subcategory in (None, one.subcategory)]
    return {
        "version": edition.version,
        "components": [_component(edition, one, metres) for one, metres in found[:limit]],
        "more": len(found) > limit,
    }


def calendar(edition: Handbook, year: int) -> dict[str, Any] | None:
    """工作日历 of a year; None when it was not entered."""
    working = edition.calendar
    if year not in working.years:
        return None
    return {
        "version": edition.version,
        "year": year,
        "years": list(working.years),
        "holidays": _days(working.holidays, year),
        "make_up_days": _days(working.make_up_days, year),
    }


def settings(edition: Handbook) -> dict[str, Any]:
    """参数."""
    known = edition.settings
    return {
        **vars(known),
        "version": edition.version,
        "work_periods": [
            {"begins": f"{period.begins:%H:%M}", "ends": f"{period.ends:%H:%M}"}
            for period in known.work_periods
        ],
        "grades": [{"grade": grade, "score": score} for grade, score in known.grades.items()],
    }


def unit_names(edition: Handbook) -> Callable[[str | None], str]:
    """The name of a unit; a code that the edition does not know stands for itself."""
    return lambda code: edition.units[code].name if code in edition.units else code or ""


def subcategory_name(edition: Handbook, code: str) -> str:
    """The name of a kind."""
    return edition.subcategories[code].name if code in edition.subcategories else code


def area_names(edition: Handbook) -> Callable[[str | None], str]:
    """The name of a responsibility grid or town; empty for everywhere."""
    names = {village.town_code: village.town for village in edition.villages.values()}
    names |= {code: grid.name for code, grid in edition.grid.responsibility_grids.items()}
    return lambda code: names.get(code, code) if code else ""


def _categories(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "kind_text": KINDS[kind.value],
            "code": code,
            "name": name,
            "subcategories": list(members),
        }
        for (kind, code, name), members in groupby(
            shown, key=lambda one: (one["kind"], one["category_code"], one["category"])
        )
    ]


def _subcategory(edition: Handbook, one: Subcategory) -> dict[str, Any]:
    return {
        **vars(one),
        "synthetic": one.confidence == "low",
        "standards": list(edition.standards_of(one.code)),
    }


def _duty(
    edition: Handbook,
    duty: Duty,
    area_name: Callable[[str | None], str],
    unit_name: Callable[[str | None], str],
) -> dict[str, Any]:
    return {
        **vars(duty),
        "subcategory_name": subcategory_name(edition, duty.subcategory),
        "area_name": area_name(duty.area),
        "primary_name": unit_name(duty.primary),
        "assisting_names": [unit_name(code) for code in duty.assisting],
    }


def _cell(edition: Handbook, cell: Any) -> dict[str, Any]:
    village = edition.villages.get(cell.village_code)
    properties = {
        **vars(cell),
        "village": village.name if village else cell.village_code,
        "town": village.town if village else cell.town_code,
    }
    return {"id": cell.code, "properties": properties, "geometry": {"coordinates": [cell.polygon]}}


def _grid(one: Any, cells: int) -> dict[str, Any]:
    properties = {**vars(one), "cells": cells}
    return {"id": one.code, "properties": properties, "geometry": {"coordinates": [one.polygon]}}


def _outline(edition: Handbook, grids: list[Any]) -> dict[str, Any]:
    """The shape of some responsibility grids together, as GeoJSON."""
    name = edition.settings.county_name if len(grids) > 1 else grids[0].name
    return {
        "id": "outline",
        "properties": {"name": name},
        "geometry": {"coordinates": united([one.polygon for one in grids])},
    }


def united(rings: list[Any], *, to_within: float = 0.0) -> list[Any]:
    """The polygons that these rings make together; with ``to_within`` (degrees) simplified so far."""
    from shapely import Polygon, get_parts, union_all

    together = union_all([Polygon(ring) for ring in rings])
    parts = get_parts(together.simplify(to_within) if to_within else together)
    return [
        [part.exterior.coords, *(hole.coords for hole in part.interiors)]
        for part in parts
        if part.geom_type == "Polygon"
    ]


def _component(edition: Handbook, one: Component, metres: float | None) -> dict[str, Any]:
    name = unit_names(edition)
    return {
        **vars(one),
        "subcategory_name": subcategory_name(edition, one.subcategory),
        "owner_name": name(one.owner),
        "keeper_name": name(one.keeper),
        "metres": None if metres is None else round(metres, 1),
    }


def _days(days: Mapping[Any, str], year: int) -> list[dict[str, Any]]:
    return [{"day": day, "festival": festival} for day, festival in sorted(days.items()) if day.year == year]
