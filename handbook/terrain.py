"""The handbook's heavy files (部件与网格): read only when somebody asks for a component or a place."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from handbook import files as names
from handbook.files import HandbookFiles
from handbook.reading import CellWrong, Finding, HandbookError, Numbered, Row, by_key, read_table
from handbook.tables import Rows, T
from handbook.values import Component, ComponentState, Position, ResponsibilityGrid, UnitGridCell

COMPONENT_COLUMNS = (
    "code",
    "subcategory",
    "name",
    "lon",
    "lat",
    "unit_grid_code",
    "owner",
    "keeper",
    "state",
    "provenance",
)


def read_components(files: HandbookFiles, findings: list[Finding]) -> Rows[Component]:
    return read_table(names.COMPONENTS, files[names.COMPONENTS], COMPONENT_COLUMNS, _component, findings)


def read_cells(files: HandbookFiles, findings: list[Finding]) -> Rows[UnitGridCell]:
    return _read_features(names.UNIT_GRID, files[names.UNIT_GRID], _cell, findings)


def read_responsibility_grids(files: HandbookFiles, findings: list[Finding]) -> Rows[ResponsibilityGrid]:
    content = files[names.RESPONSIBILITY_GRIDS]
    return _read_features(names.RESPONSIBILITY_GRIDS, content, _responsibility_grid, findings)


def settled(
    read: Callable[[HandbookFiles, list[Finding]], Rows[T]], files: HandbookFiles, key: Callable[[T], str]
) -> dict[str, T]:
    """What a reader reads, by key; any finding is an error."""
    findings: list[Finding] = []
    values: dict[str, T] = by_key(read(files, findings), key, findings)
    if findings:
        raise HandbookError(findings)
    return values


def _component(row: Row) -> Component:
    return Component(
        code=row.digits("code", 16),
        subcategory=row.text("subcategory"),
        name=row.text("name"),
        lon=row.degrees("lon", 180),
        lat=row.degrees("lat", 90),
        unit_grid_code=row.digits("unit_grid_code", 15),
        owner=row.optional("owner"),
        keeper=row.optional("keeper"),
        state=row.choice("state", ComponentState),
        synthetic=row.is_synthetic(),
    )


def _cell(properties: Row, ring: tuple[Position, ...]) -> UnitGridCell:
    return UnitGridCell(
        code=properties.digits("code", 15),
        responsibility_grid=properties.text("responsibility_grid"),
        area_m2=float(properties.whole("area_m2")),
        polygon=ring,
        synthetic=properties.is_synthetic(),
    )


def _responsibility_grid(properties: Row, ring: tuple[Position, ...]) -> ResponsibilityGrid:
    return ResponsibilityGrid(
        code=properties.text("code"),
        name=properties.text("name"),
        town=properties.text("town"),
        town_code=properties.digits("town_code", 9),
        polygon=ring,
        synthetic=properties.is_synthetic(),
    )


def _read_features(
    file: str, content: bytes, build: Callable[[Row, tuple[Position, ...]], T], findings: list[Finding]
) -> Rows[T]:
    """Features count as rows, the first being 1."""
    try:
        features = json.loads(content)["features"]
        numbered = list(enumerate(features, 1))
    except (ValueError, KeyError, TypeError) as error:
        findings.append(Finding(file, 0, f"is not a GeoJSON feature collection: {error}"))
        return []
    values: list[tuple[Numbered, T]] = []
    for number, feature in numbered:
        try:
            properties = Row({key: str(value) for key, value in feature["properties"].items()})
            values.append((Numbered(file, number), build(properties, _outer_ring(feature["geometry"]))))
        except CellWrong as error:
            findings.append(Finding(file, number, str(error), error.column))
        except (KeyError, TypeError, AttributeError) as error:
            findings.append(Finding(file, number, f"lacks a property or its geometry: {error}"))
    return values


def _outer_ring(geometry: Mapping[str, Any]) -> tuple[Position, ...]:
    rings = geometry["coordinates"]
    if geometry["type"] != "Polygon" or len(rings) != 1:
        raise CellWrong("the geometry is not a polygon without holes")
    try:
        ring = tuple([(float(lon), float(lat)) for lon, lat in rings[0]])
    except (TypeError, ValueError) as error:
        raise CellWrong(f"the polygon has a bad point: {error}") from error
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise CellWrong("the polygon is not a closed ring")
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring):
        raise CellWrong("the polygon leaves the earth: are longitude and latitude in degrees?")
    return ring
