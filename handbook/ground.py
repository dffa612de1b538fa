"""The review of components and grid (地理审查): codes, bad polygons, gaps, overlaps, wrong cells."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from shapely import Point, Polygon, STRtree, coverage_invalid_edges, is_valid_reason, union_all

from handbook import files as names
from handbook.measure import area_m2
from handbook.reading import Finding, Numbered, by_key
from handbook.tables import Rows, Tables
from handbook.values import Component, Kind, ResponsibilityGrid, UnitGridCell

AREA_TOLERANCE = 0.01
GRID_TOLERANCE = 1e-9  # square degrees: ten square metres


def review_ground(
    tables: Tables,
    components: Rows[Component],
    cells: Rows[UnitGridCell],
    grids: Rows[ResponsibilityGrid],
) -> list[Finding]:
    """Everything that is wrong with places."""
    findings: list[Finding] = []
    shapes = _sound_shapes(cells, findings)
    _review_cell_codes(tables, cells, grids, findings)
    _review_cover(cells, shapes, findings)
    _review_responsibility_grids(tables, cells, shapes, grids, findings)
    _review_components(tables, components, cells, shapes, findings)
    return findings


def _sound_shapes(cells: Rows[UnitGridCell], findings: list[Finding]) -> dict[str, Any]:
    shapes = {}
    for place, cell in cells:
        shape = Polygon(cell.polygon)
        if not shape.is_valid:
            findings.append(place.finding(f"{cell.code} is a bad polygon: {is_valid_reason(shape)}"))
            continue
        shapes[cell.code] = shape
        measured = area_m2(cell.polygon[:-1])
        if abs(measured - cell.area_m2) > AREA_TOLERANCE * measured + 1:
            findings.append(
                place.finding(
                    f"{cell.code} says {cell.area_m2:.0f} m2 and measures {measured:.0f}", "area_m2"
                )
            )
    return shapes


def _review_cell_codes(
    tables: Tables,
    cells: Rows[UnitGridCell],
    grids: Rows[ResponsibilityGrid],
    findings: list[Finding],
) -> None:
    by_key(cells, lambda cell: cell.code, findings)
    villages = {village.code for _, village in tables.villages}
    towns = {grid.code: grid.town_code for _, grid in grids}
    for place, cell in cells:
        if cell.village_code not in villages:
            findings.append(
                place.finding(f"{cell.code}: {cell.village_code} is not in {names.VILLAGES}", "code")
            )
        if cell.responsibility_grid not in towns:
            findings.append(
                place.finding(
                    f"{cell.code}: responsibility grid {cell.responsibility_grid} is unknown",
                    "responsibility_grid",
                )
            )
        elif towns[cell.responsibility_grid] != cell.town_code:
            findings.append(
                place.finding(
                    f"{cell.code}: {cell.responsibility_grid} belongs to another town", "responsibility_grid"
                )
            )


def _review_cover(cells: Rows[UnitGridCell], shapes: dict[str, Any], findings: list[Finding]) -> None:
    """No two cells overlap, and nothing is left open between them."""
    placed = [(place, cell, shapes[cell.code]) for place, cell in cells if cell.code in shapes]
    polygons = [shape for _, _, shape in placed]
    tree = STRtree(polygons)
    for index, (place, cell, shape) in enumerate(placed):
        for other in tree.query(shape, predicate="overlaps"):
            if other > index:
                findings.append(place.finding(f"{cell.code} overlaps {placed[other][1].code}"))
        for other in tree.query(shape, predicate="contains_properly"):
            findings.append(place.finding(f"{cell.code} overlaps {placed[other][1].code}"))
    whole = union_all(polygons)
    parts = list(getattr(whole, "geoms", [whole]))
    holes = [Polygon(hole) for part in parts for hole in part.interiors]
    for hole in holes:
        nearest = placed[int(tree.nearest(hole))]
        spot = hole.representative_point()
        findings.append(nearest[0].finding(f"gap beside {nearest[1].code} at {spot.x:.6f}, {spot.y:.6f}"))
    if len(parts) > 1:
        findings.append(Finding(names.UNIT_GRID, 0, f"gap: the grid lies in {len(parts)} separate pieces"))
    if not holes and len(parts) == 1:
        _review_edges(placed, polygons, findings)


def _review_edges(
    placed: list[tuple[Numbered, UnitGridCell, Any]], polygons: list[Any], findings: list[Finding]
) -> None:
    """Edges that do not match their neighbour's: slivers too thin to be seen as overlaps or holes."""
    known = {finding.row for finding in findings if finding.file == names.UNIT_GRID}
    for (place, cell, _), edges in zip(placed, coverage_invalid_edges(polygons), strict=True):
        if not edges.is_empty and place.row not in known:
            findings.append(place.finding(f"{cell.code}: its border does not match its neighbour's"))


def _review_responsibility_grids(
    tables: Tables,
    cells: Rows[UnitGridCell],
    shapes: dict[str, Any],
    grids: Rows[ResponsibilityGrid],
    findings: list[Finding],
) -> None:
    by_key(grids, lambda grid: grid.code, findings)
    members = defaultdict(list)
    for _, cell in cells:
        if cell.code in shapes:
            members[cell.responsibility_grid].append(shapes[cell.code])
    for place, grid in grids:
        drawn, cover = Polygon(grid.polygon), union_all(members[grid.code])
        if not drawn.is_valid:
            findings.append(place.finding(f"{grid.code} is a bad polygon: {is_valid_reason(drawn)}"))
        elif grid.code not in members:
            findings.append(place.finding(f"{grid.code} has no cell"))
        elif cover.geom_type != "Polygon":
            findings.append(place.finding(f"{grid.code} is not in one piece"))
        elif drawn.symmetric_difference(cover).area > GRID_TOLERANCE:
            findings.append(place.finding(f"{grid.code} is not the area of its cells"))
    codes = {grid.code for _, grid in grids}
    for place, duty in tables.duties:
        if duty.area and len(duty.area) != 9 and duty.area not in codes:
            findings.append(
                place.finding(f"area {duty.area} is neither a town nor a responsibility grid", "area")
            )


def _review_components(
    tables: Tables,
    components: Rows[Component],
    cells: Rows[UnitGridCell],
    shapes: dict[str, Any],
    findings: list[Finding],
) -> None:
    by_key(components, lambda component: component.code, findings)
    kinds = {row.subcategory.code for _, row in tables.catalogue if row.subcategory.kind is Kind.COMPONENT}
    units = {unit.code for _, unit in tables.units}
    owned = {duty.subcategory for _, duty in tables.duties}
    known_cells = {cell.code for _, cell in cells}
    county = tables.settings.county_code if tables.settings else ""
    for place, component in components:
        _review_component_codes(place, component, kinds, units, county, findings)
        if not component.owner and not component.keeper and component.subcategory not in owned:
            findings.append(
                place.finding(f"{component.code} is missing an owner, and its kind has no duty", "owner")
            )
        if component.unit_grid_code not in known_cells:
            findings.append(
                place.finding(
                    f"{component.code}: unit grid cell {component.unit_grid_code} is unknown",
                    "unit_grid_code",
                )
            )
        elif (shape := shapes.get(component.unit_grid_code)) is not None and not shape.intersects(
            Point(component.lon, component.lat)
        ):
            findings.append(
                place.finding(
                    f"{component.code} does not lie in its cell {component.unit_grid_code}", "unit_grid_code"
                )
            )


def _review_component_codes(
    place: Numbered,
    component: Component,
    kinds: Iterable[str],
    units: Iterable[str],
    county: str,
    findings: list[Finding],
) -> None:
    if component.subcategory not in kinds:
        findings.append(
            place.finding(
                f"component kind {component.subcategory} is not in {names.CATEGORIES}", "subcategory"
            )
        )
    elif component.code[:10] != county + component.subcategory[1:]:
        findings.append(
            place.finding(f"{component.code} does not begin with {county}{component.subcategory[1:]}", "code")
        )
    findings += [
        place.finding(f"{role} {unit} is not in {names.UNITS}", role)
        for role, unit in (("owner", component.owner), ("keeper", component.keeper))
        if unit and unit not in units
    ]
