"""`make handbook-check`: each kind of error is planted once and is found with file and row."""

import csv
import io
import json

import pytest

from handbook import files
from handbook.check import check_files, main

GRID = "410523Z001"


def rewritten(content: bytes, keep) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode())))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([rows[0], *filter(keep, rows[1:])])
    return text.getvalue().encode()


@pytest.fixture(scope="module")
def small():
    """The default handbook with one responsibility grid only, so that a check takes a moment."""
    book = dict(files.read_folder(files.BUNDLED))
    cells = json.loads(book[files.UNIT_GRID])
    cells["features"] = [f for f in cells["features"] if f["properties"]["responsibility_grid"] == GRID]
    grids = json.loads(book[files.RESPONSIBILITY_GRIDS])
    grids["features"] = [f for f in grids["features"] if f["properties"]["code"] == GRID]
    kept = {feature["properties"]["code"] for feature in cells["features"]}
    book[files.UNIT_GRID] = json.dumps(cells).encode()
    book[files.RESPONSIBILITY_GRIDS] = json.dumps(grids).encode()
    book[files.COMPONENTS] = rewritten(book[files.COMPONENTS], lambda row: row[5] in kept)
    return book


def found(book, **changes):
    """The findings after some files were changed."""
    return [str(finding) for finding in check_files({**book, **changes}).findings]


def edited(book, name, row, column, value):
    """The findings after one cell of a table was changed; rows count as in a spreadsheet."""
    rows = list(csv.reader(io.StringIO(book[name].decode())))
    rows[row - 1][rows[0].index(column)] = value
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return found(book, **{name: text.getvalue().encode()})


def redrawn(book, change, name=files.UNIT_GRID):
    """The findings after a map was changed."""
    content = json.loads(book[name])
    change(content["features"])
    return found(book, **{name: json.dumps(content).encode()})


def test_the_small_handbook_is_sound(small):
    assert found(small) == []


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "finding"),
    [
        ("filing_standards.csv", 4, "limit", "0", "limit 0 is less than 1"),
        ("filing_standards.csv", 4, "limit", "two", "limit 'two' is not a whole number"),
        ("filing_standards.csv", 4, "limit_unit", "week", "limit_unit 'week' is none of"),
        ("filing_standards.csv", 4, "condition_no", "2", "C0101-2 occurs twice"),
        ("filing_standards.csv", 4, "subcategory_code", "98x", "subcategory_code '98x' is not 2 digits"),
        ("filing_standards.csv", 4, "subcategory_code", "94", "subcategory C0194 is not in categories.csv"),
        ("filing_standards.csv", 4, "condition_no", "9", "C0101-9 has no closing condition"),
        ("closing_conditions.csv", 3, "standard", "C9999-1", "standard C9999-1 is not in"),
        ("closing_conditions.csv", 3, "closing_condition", "", "closing_condition is empty"),
        ("closing_conditions.csv", 3, "urgency", "soon", "urgency 'soon' is none of"),
        ("categories.csv", 3, "subcategory_code", "01", "C0101 occurs twice"),
        ("categories.csv", 3, "responsible_unit_types", "魔法部", "unit type 魔法部 is not in"),
        ("duties.csv", 2, "primary", "u99", "unit u99 is not in units.csv"),
        ("duties.csv", 2, "assisting", "u20", "unit u20 cannot assist itself"),
        ("duties.csv", 2, "subcategory", "C0888", "subcategory C0888 is not in categories.csv"),
        ("duties.csv", 2, "subcategory", "C0102", "categories.csv:2: C0101 has no duty"),
        ("duties.csv", 2, "area", "410523999", "area 410523999 is not a town"),
        ("duties.csv", 2, "area", "410523Z999", "area 410523Z999 is neither a town nor"),
        ("units.csv", 3, "code", "u01", "u01 occurs twice"),
        ("units.csv", 20, "active", "no", "duties.csv:6: unit u19 is not active"),
        ("unit_types.csv", 2, "units", "u77", "unit u77 is not in units.csv"),
        ("territories.csv", 2, "unit", "u77", "unit u77 is not in units.csv"),
        ("territories.csv", 2, "town_code", "410523777", "town 410523777 is not in villages.csv"),
        ("villages.csv", 2, "village_code", "410523101999", "410523101999 does not lie in town"),
        ("calendar.csv", 2, "date", "2019-02-30", "date '2019-02-30' is not a date"),
        ("calendar.csv", 2, "date", "2019-02-05", "calendar.csv:6: 2019-02-05 occurs twice"),
        ("calendar.csv", 3, "date", "2019-02-06", "make-up day 2019-02-06 is not at a weekend"),
        ("calendar.csv", 2, "festival", "生日", "calendar.csv:0: 2019 lacks 元旦"),
        ("components.csv", 3, "code", "41052301", "code '41052301' is not 16 digits"),
        ("components.csv", 3, "code", "4105239901000001", "4105239901000001 does not begin with"),
        ("components.csv", 3, "subcategory", "C7777", "component kind C7777 is not in"),
        ("components.csv", 3, "subcategory", "I0101", "component kind I0101 is not in"),
        ("components.csv", 3, "owner", "u77", "owner u77 is not in units.csv"),
        ("components.csv", 3, "lon", "east", "lon 'east' is not a number"),
        ("components.csv", 3, "lat", "114.3", "lat 114.3 is out of range"),
        ("components.csv", 3, "lat", "35.0", "does not lie in its cell"),
        (
            "components.csv",
            3,
            "unit_grid_code",
            "410523100402999",
            "unit grid cell 410523100402999 is unknown",
        ),
    ],
)
def test_a_planted_cell_is_found_with_file_and_row(small, name, row, column, value, finding):
    # A wrong code may show at another row than the planted one: then the finding names its own place.
    place = "" if ".csv:" in finding else f"{name}:{row}: "

    findings = edited(small, name, row, column, value)

    assert [text for text in findings if text.startswith(place) and finding in text]


def test_a_component_code_that_occurs_twice_is_found(small):
    lines = small[files.COMPONENTS].decode().splitlines()
    lines.append(lines[1])

    findings = found(small, **{files.COMPONENTS: "\n".join(lines).encode()})

    assert f"components.csv:{len(lines)}: {lines[1][:16]} occurs twice" in findings


def test_a_component_without_owner_whose_kind_is_nobodys_duty_is_found(small):
    duties = rewritten(small[files.DUTIES], lambda row: row[0] != "C0123")
    components = rewritten(small[files.COMPONENTS], lambda row: True).decode()
    rows = components.splitlines()
    rows[1] = rows[1].replace("4105230101", "4105230123").replace("C0101", "C0123")
    cells = rows[1].split(",")
    cells[6] = cells[7] = ""
    rows[1] = ",".join(cells)

    findings = found(small, **{files.DUTIES: duties, files.COMPONENTS: ("\n".join(rows) + "\n").encode()})

    assert [text for text in findings if text.startswith("components.csv:2:") and "missing an owner" in text]


def test_a_unit_without_any_duty_is_found(small):
    units = small[files.UNITS] + "u30,县气象局,职能部门,职能部门组,yes,synthetic\n".encode()

    assert found(small, **{files.UNITS: units}) == ["units.csv:31: unit u30 has no duty"]


def test_a_missing_year_between_two_others_is_found(small):
    calendar = rewritten(small[files.CALENDAR], lambda row: not row[0].startswith("2022"))

    assert "calendar.csv:0: 2022 lacks 春节" in found(small, **{files.CALENDAR: calendar})


def test_broken_tables_are_found(small):
    assert "units.csv:1: column group is missing" in found(
        small, **{files.UNITS: small[files.UNITS].replace(b"group", b"team", 1)}
    )
    assert "units.csv:2: has 3 cells, the heading has 6" in found(
        small, **{files.UNITS: small[files.UNITS].replace(",职能部门,职能部门组,yes".encode(), b"", 1)}
    )
    assert "units.csv:0: is not UTF-8" in found(small, **{files.UNITS: small[files.UNITS] + b"\xff"})
    assert "unit_grid.geojson:0: is not a GeoJSON" in "\n".join(found(small, **{files.UNIT_GRID: b"[]"}))


def test_a_gap_in_the_grid_is_found_beside_its_neighbour(small):
    code = inner_cell(small)

    findings = redrawn(small, lambda cells: cells.remove(named(cells, code)))

    assert [text for text in findings if text.startswith("unit_grid.geojson:") and "gap beside" in text]


def test_an_overlap_is_found(small):
    def shove(cells):
        ring = named(cells, inner_cell(small))["geometry"]["coordinates"][0]
        ring[:] = [[lon + 0.0005, lat] for lon, lat in ring]

    assert [text for text in redrawn(small, shove) if " overlaps 410523" in text]


def test_the_same_area_twice_is_an_overlap(small):
    def double(cells):
        twin = json.loads(json.dumps(cells[0]))
        twin["properties"]["code"] = "410523107219999"
        cells.append(twin)

    assert [text for text in redrawn(small, double) if "border does not match" in text or "overlaps" in text]


def test_a_sliver_thinner_than_the_eye_is_found(small):
    def nudge(cells):
        ring = named(cells, inner_cell(small))["geometry"]["coordinates"][0]
        ring[1][0] += 0.0000001

    findings = redrawn(small, nudge)

    assert [text for text in findings if "overlaps" in text or "gap" in text or "border" in text]


def test_two_separate_pieces_are_a_gap(small):
    def move_away(cells):
        ring = cells[0]["geometry"]["coordinates"][0]
        ring[:] = [[lon + 1, lat] for lon, lat in ring]

    findings = redrawn(small, move_away)

    assert "unit_grid.geojson:0: gap: the grid lies in 2 separate pieces" in findings
    assert f"responsibility_grids.geojson:1: {GRID} is not in one piece" in findings


def bow_tie(cell):
    ring = cell["geometry"]["coordinates"][0]
    ring[1], ring[4] = ring[4], ring[1]


def hole(cell):
    cell["geometry"]["coordinates"].append(cell["geometry"]["coordinates"][0])


def opened(cell):
    cell["geometry"]["coordinates"][0].pop()


def in_metres(cell):
    cell["geometry"]["coordinates"][0][2] = [38531000.0, 3976000.0]


def nameless(cell):
    del cell["properties"]["responsibility_grid"]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (bow_tie, "is a bad polygon: Self-intersection"),
        (hole, "the geometry is not a polygon without holes"),
        (opened, "the polygon is not a closed ring"),
        (in_metres, "leaves the earth"),
        (nameless, "lacks a property or its geometry"),
        (lambda cell: cell["properties"].update(code="41052310040201"), "is not 15 digits"),
        (
            lambda cell: cell["properties"].update(code="410523100999001"),
            "410523100999 is not in villages.csv",
        ),
        (lambda cell: cell["properties"].update(code="410523105201900"), "belongs to another town"),
        (lambda cell: cell["properties"].update(responsibility_grid="410523Z999"), "410523Z999 is unknown"),
        (lambda cell: cell["properties"].update(area_m2=1), "says 1 m2 and measures"),
    ],
)
def test_a_damaged_cell_is_found_with_its_number(small, damage, finding):
    findings = redrawn(small, lambda cells: damage(cells[4]))

    assert [text for text in findings if text.startswith("unit_grid.geojson:5:") and finding in text]


def test_a_responsibility_grid_that_is_not_the_area_of_its_cells_is_found(small):
    def shove(grids):
        ring = grids[0]["geometry"]["coordinates"][0]
        ring[:] = [[lon + 0.001, lat] for lon, lat in ring]

    assert redrawn(small, shove, files.RESPONSIBILITY_GRIDS) == [
        f"responsibility_grids.geojson:1: {GRID} is not the area of its cells"
    ]


def test_the_command_prints_findings_and_counts_and_exits_with_1(small, tmp_path, capsys):
    for name, content in small.items():
        (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path)]) == 0
    assert "结案条件 closing conditions: 452 (synthetic 452)" in capsys.readouterr().out

    (tmp_path / files.DUTIES).write_bytes(small[files.DUTIES].replace(b",u20,", b",u99,", 1))
    assert main([str(tmp_path)]) == 1
    assert "duties.csv:2: unit u99 is not in units.csv" in capsys.readouterr().out

    (tmp_path / files.DUTIES).unlink()
    assert main([str(tmp_path)]) == 1
    assert "duties.csv:0: is missing" in capsys.readouterr().out


def named(features, code):
    return next(feature for feature in features if feature["properties"]["code"] == code)


def inner_cell(book):
    """A cell all of whose corners other cells have too."""
    cells = json.loads(book[files.UNIT_GRID])["features"]
    corners: dict[tuple[float, ...], int] = {}
    for cell in cells:
        for corner in cell["geometry"]["coordinates"][0][:-1]:
            corners[tuple(corner)] = corners.get(tuple(corner), 0) + 1
    return next(
        cell["properties"]["code"]
        for cell in cells
        if all(corners[tuple(corner)] > 1 for corner in cell["geometry"]["coordinates"][0])
    )


def test_automatic_dispatch_of_an_unknown_kind_is_found(small):
    settings = small[files.SETTINGS].replace(b"automatic_dispatch: []", b"automatic_dispatch: [C9999]")

    assert found(small, **{files.SETTINGS: settings}) == [
        "settings.yml:0: automatic_dispatch: C9999 is not in categories.csv"
    ]
