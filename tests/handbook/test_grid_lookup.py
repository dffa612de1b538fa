"""Which cell a position lies in, and which component is nearest."""

import pytest

import handbook
from handbook import Component, ComponentRegister, ComponentState, Grid, UnitGridCell
from handbook.measure import Plane

BOOK = handbook.load()


def a_cell(number: int, west: float) -> UnitGridCell:
    ring = ((west, 0.0), (west + 1, 0.0), (west + 1, 1.0), (west, 1.0), (west, 0.0))
    return UnitGridCell(f"410523100402{number:03}", "410523Z001", 1.0, ring, synthetic=True)


def a_grid(*cells: UnitGridCell) -> Grid:
    return Grid({cell.code: cell for cell in cells}, {})


def test_a_position_on_a_shared_border_belongs_to_the_lowest_code_whatever_the_order():
    east, west = a_cell(1, west=1.0), a_cell(2, west=0.0)

    for grid in (a_grid(east, west), a_grid(west, east)):
        assert grid.cell_at(1.0, 0.5) == east
        assert grid.cell_at(1.0, 0.0) == east
        assert grid.cell_at(0.5, 0.5) == west


def test_the_outer_border_belongs_to_the_grid_and_beyond_it_there_is_no_cell():
    grid = a_grid(a_cell(1, west=0.0))

    assert grid.cell_at(0.0, 0.5) is not None
    assert grid.cell_at(-0.000001, 0.5) is None


def test_every_corner_of_the_default_grid_belongs_to_the_lowest_of_its_cells():
    owners: dict[tuple[float, float], set[str]] = {}
    for code, cell in BOOK.grid.cells.items():
        for corner in cell.polygon:
            owners.setdefault(corner, set()).add(code)

    shared = {corner: codes for corner, codes in owners.items() if len(codes) > 1}

    assert len(shared) > 5000
    for corner, codes in list(shared.items())[::7]:
        assert BOOK.grid.cell_at(*corner).code == min(codes)


def test_anyang_is_not_in_the_grid():
    assert BOOK.grid.cell_at(114.39, 36.10) is None


def a_component(number: int, east_m: float, state: ComponentState = ComponentState.INTACT) -> Component:
    lon, lat = Plane(114.36, 35.92).degrees(east_m, 0)
    code = f"4105230101{number:06}"
    return Component(code, "C0101", "上水井盖", lon, lat, "4" * 15, None, None, state, synthetic=True)


def test_the_nearest_component_is_found_within_the_distance_and_no_farther():
    register = ComponentRegister([a_component(1, 45), a_component(2, 60)])

    assert register.nearest("C0101", 114.36, 35.92, 50).code.endswith("000001")
    assert register.nearest("C0101", 114.36, 35.92, 40) is None
    assert register.nearest("C0102", 114.36, 35.92, 50) is None


def test_a_component_that_was_removed_is_not_the_nearest_and_the_lowest_code_wins_a_tie():
    register = ComponentRegister(
        [a_component(1, 5, ComponentState.REMOVED), a_component(3, 20), a_component(2, 20)]
    )

    assert register.nearest("C0101", 114.36, 35.92, 50).code.endswith("000002")


def test_the_handbook_finds_a_component_where_it_stands():
    lamp = next(c for c in BOOK.components.values() if c.subcategory == "C0137")

    assert BOOK.nearest_component("C0137", lamp.lon, lamp.lat).code == lamp.code


def test_components_read_like_a_mapping_that_nobody_can_write():
    code = next(iter(BOOK.components))

    assert code in BOOK.components
    with pytest.raises(TypeError):
        BOOK.components[code] = None
