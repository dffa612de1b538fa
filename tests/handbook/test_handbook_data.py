"""The default handbook: its numbers, its duties, its grid, and that the generators give these very bytes."""

import csv
import hashlib
import io
from collections import Counter, defaultdict

import pytest
import shapely

import handbook
from handbook import DutyRule, Kind, Urgency, files
from handbook.check import check
from handbook.generate.__main__ import generated
from handbook.measure import area_m2

BOOK = handbook.load()


@pytest.fixture(scope="module")
def shapes():
    return {code: shapely.Polygon(cell.polygon) for code, cell in BOOK.grid.cells.items()}


def test_the_catalogue_has_84_kinds_of_components_and_83_of_incidents_with_452_standards():
    kinds = Counter(subcategory.kind for subcategory in BOOK.subcategories.values())

    assert kinds == {Kind.COMPONENT: 84, Kind.INCIDENT: 83}
    assert len(BOOK.standards) == 452
    assert sum(len(BOOK.standards_of(code)) for code in BOOK.subcategories) == 452


def test_the_check_finds_nothing_and_counts_what_is_synthetic():
    verdict = check(files.BUNDLED)
    counts = {count.what.split()[0]: (count.total, count.synthetic) for count in verdict.counts}

    assert verdict.findings == ()
    assert counts["部件"] == (5000, 5000)
    assert counts["单元网格"] == (1738, 1738)
    assert counts["责任网格"] == (21, 21)
    assert counts["结案条件"] == (452, 452)
    assert counts["责任单位"] == (29, 29)
    assert counts["村和社区"] == (303, 0)


def test_every_standard_says_what_puts_it_right_in_words_of_its_own_kind():
    for standard in BOOK.standards.values():
        name = BOOK.subcategories[standard.subcategory].name
        assert standard.condition
        assert standard.closing_condition.startswith(name)
        assert standard.synthetic
        assert standard.time_limit.amount == standard.limit


def test_what_runs_day_and_night_is_urgent_and_ordinary_repairs_are_not():
    for standard in BOOK.standards.values():
        if standard.limit_unit.is_continuous:
            assert standard.urgency in (Urgency.URGENT, Urgency.MAJOR)
    assert BOOK.standards["I0598-1"].urgency is Urgency.MAJOR
    assert BOOK.standards["C0101-1"].urgency is Urgency.URGENT
    assert BOOK.standards["I0113-1"].urgency is Urgency.ORDINARY


def test_the_articles_broken_road_has_five_working_days_and_goes_to_the_road_keepers():
    standard = BOOK.standards_of("I0113")[0]

    assert str(standard.time_limit) == "5工作日"
    assert BOOK.duty("I0113").primary == "u04"


def test_every_kind_has_a_duty_everywhere_and_every_unit_is_somebodys_first_address():
    cells = {cell.town_code: cell.code for cell in BOOK.grid.cells.values()}
    primaries = set()
    for code in BOOK.subcategories:
        for place in (None, *cells.values()):
            decision = BOOK.duty(code, place)
            assert decision.rule is DutyRule.DUTY
            primaries.add(decision.primary)

    assert len(cells) == 3
    assert primaries == set(BOOK.units)
    assert len(BOOK.units) == 29


def test_all_31_types_of_unit_are_in_the_reviewed_table():
    rows = list(csv.DictReader(io.StringIO(BOOK.file(files.UNIT_TYPES).decode())))

    assert len(rows) == 31
    assert all(row["meaning"] for row in rows)
    assert {unit for row in rows for unit in row["units"].split()} <= set(BOOK.units)


def test_5000_components_have_codes_of_their_kind_and_lie_in_their_cell():
    assert len(BOOK.components) == 5000
    for code, component in BOOK.components.items():
        assert len(code) == 16
        assert code.startswith("410523" + component.subcategory[1:])
        assert BOOK.grid.cell_at(component.lon, component.lat).code == component.unit_grid_code
    kinds = {code for code, kind in BOOK.subcategories.items() if kind.kind is Kind.COMPONENT}
    assert {component.subcategory for component in BOOK.components.values()} == kinds


def test_the_grid_has_1738_cells_in_21_responsibility_grids_over_38_6_square_kilometres(shapes):
    total = sum(area_m2(cell.polygon[:-1]) for cell in BOOK.grid.cells.values())

    assert len(BOOK.grid.cells) == 1738
    assert len(BOOK.grid.responsibility_grids) == 21
    assert total == pytest.approx(38.6e6, rel=0.001)
    assert {cell.responsibility_grid for cell in BOOK.grid.cells.values()} == set(
        BOOK.grid.responsibility_grids
    )


def test_the_grid_has_neither_gap_nor_overlap(shapes):
    polygons = list(shapes.values())
    whole = shapely.union_all(polygons)

    assert all(polygon.is_valid for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(sum(polygon.area for polygon in polygons), rel=1e-12)


@pytest.mark.parametrize("group", ["responsibility_grid", "village_code"])
def test_responsibility_grids_and_communities_lie_in_one_piece(shapes, group):
    members = defaultdict(list)
    for code, cell in BOOK.grid.cells.items():
        members[getattr(cell, group)].append(shapes[code])

    pieces = {shapely.union_all(polygons).geom_type for polygons in members.values()}

    assert pieces == {"Polygon"}


def test_cells_carry_the_code_of_a_real_community_and_are_numbered_without_gap():
    numbers = defaultdict(list)
    for code, cell in BOOK.grid.cells.items():
        assert len(code) == 15
        assert cell.village_code in BOOK.villages
        assert BOOK.grid.responsibility_grids[cell.responsibility_grid].town_code == cell.town_code
        numbers[cell.village_code].append(int(code[12:]))

    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def test_the_first_cell_of_a_community_lies_in_its_north_west(shapes):
    members = defaultdict(list)
    for code, cell in BOOK.grid.cells.items():
        members[cell.village_code].append((code, shapes[code].centroid))
    for cells in members.values():
        ordered = sorted(cells, key=lambda cell: cell[0])
        assert ordered[0][1].y > ordered[-1][1].y


def test_the_generators_give_the_bundled_bytes():
    for name, content in generated(files.BUNDLED):
        assert hashlib.sha256(content).hexdigest() == hashlib.sha256(BOOK.file(name)).hexdigest(), name


@pytest.mark.timed
def test_loading_is_quick_and_components_and_grid_cost_only_who_asks(benchmark_seconds):
    book = handbook.load()

    assert benchmark_seconds(handbook.load) < 0.5
    assert "components" not in vars(book)
    assert "grid" not in vars(book)
    assert benchmark_seconds(lambda: (handbook.load().components, handbook.load().grid)) < 0.5
