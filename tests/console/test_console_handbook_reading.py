"""The handbook as desks read it: kinds, units, duties, places, components, calendar and settings."""

import gzip
from datetime import timedelta

import pytest
from openapi_spec_validator import validate

from chassis import openapi
from chassis.doors import doors_of
from console import county
from console.service import app
from tests.console.console_kit import EIGHT, a_story
from tests.console.test_console_handbook import ADMINISTRATOR, BUNDLED, STANDARDS, zipped

pytestmark = pytest.mark.infra

COLLECTOR = {"sub": "c1", "roles": ["collector"]}
HANDBOOK = "/api/console/handbook"
COMPONENT = next(iter(BUNDLED.components.values()))
CELL = BUNDLED.grid.cells[COMPONENT.unit_grid_code]


def read(desk, path, **headers):
    return desk.get(f"{HANDBOOK}/{path}", claims=COLLECTOR, **headers)


def test_the_catalogue_leads_from_classes_to_kinds_to_their_filing_standards(desk):
    answer = read(desk, "catalogue").document

    assert (answer["version"], answer["subcategory_count"]) == (BUNDLED.version, 167)
    assert [len(kind["subcategories"]) for kind in answer["categories"]] == [
        len(group) for group in _classes().values()
    ]
    (standard, *_) = answer["categories"][0]["subcategories"][0]["standards"]
    assert standard["code"] == "C0101-1"
    assert (standard["limit_text"], standard["urgency_text"]) == ("2紧急工作时", "紧急")
    assert standard["closing_condition"] == BUNDLED.standards["C0101-1"].closing_condition
    assert answer["synthetic_standards"] == sum(one.synthetic for one in BUNDLED.standards.values())


def test_one_kind_or_one_sort_can_be_read_alone_and_an_unknown_one_is_not_found(desk):
    (category,) = read(desk, "catalogue?subcategory=I0101").document["categories"]

    assert [one["code"] for one in category["subcategories"]] == ["I0101"]
    assert read(desk, "catalogue?kind=incident").document["subcategory_count"] == 83
    assert read(desk, "catalogue?subcategory=I9999").status == 404
    assert read(desk, "catalogue?version=v-000000000000").status == 404


def test_whoever_has_the_answer_already_is_told_that_it_still_holds(desk):
    first = read(desk, "catalogue")

    again = read(desk, "catalogue", **{"If-None-Match": first.headers["ETag"]})
    other = read(desk, "units", **{"If-None-Match": first.headers["ETag"]})

    assert again.status == 304
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert other.status == 200


def test_nobody_reads_the_handbook_without_being_signed_in(desk):
    assert {desk.get(f"{HANDBOOK}/{path}").status for path in ("catalogue", "units", "grid", "settings")} == {
        401
    }


def test_all_29_units_are_named_with_what_they_are(desk):
    units = read(desk, "units").document["units"]

    assert len(units) == 29
    assert units[0] == {
        "code": "u01",
        "name": "县城市管理局（综合执法大队）",
        "unit_type": "职能部门",
        "group": "职能部门组",
        "active": True,
        "synthetic": True,
    }


def test_duties_are_read_by_kind_and_say_who_would_act_in_a_cell(desk):
    answer = read(desk, f"duties?subcategory=C0101&cell={CELL.code}&component={COMPONENT.code}").document

    assert {duty["subcategory"] for duty in answer["duties"]} == {"C0101"}
    assert answer["decision"]["primary"] == COMPONENT.owner
    assert answer["decision"]["rule"] == "owner"
    assert read(desk, f"duties?cell={CELL.code}").status == 422
    assert read(desk, "duties?area=410523Z999").document["duties"] == []


def test_the_grid_is_geojson_with_every_cell_once_and_one_outline(desk):
    answer = read(desk, "grid").document

    assert len(answer["cells"]["features"]) == 1738
    assert len(answer["responsibility_grids"]["features"]) == 21
    first = answer["cells"]["features"][0]
    assert (first["type"], first["geometry"]["type"]) == ("Feature", "Polygon")
    assert first["geometry"]["coordinates"][0][0] == list(BUNDLED.grid.cells[first["id"]].polygon[0])
    assert answer["outline"]["geometry"]["type"] == "MultiPolygon"
    assert len(answer["outline"]["geometry"]["coordinates"]) == 1


def test_a_collector_loads_the_map_of_the_own_grid_alone(desk):
    whole, own = read(desk, "grid"), read(desk, f"grid?responsibility_grid={CELL.responsibility_grid}")

    cells = own.document["cells"]["features"]
    assert {cell["properties"]["responsibility_grid"] for cell in cells} == {CELL.responsibility_grid}
    assert len(gzip.compress(own.body)) < 20_000 < len(whole.body)
    assert read(desk, "grid?responsibility_grid=none").status == 404


def test_anybody_may_know_where_the_county_and_its_towns_lie_and_no_more(desk):
    from shapely import MultiPolygon, Polygon

    answer = desk.get("/api/console/public/outline")

    shown = answer.document
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")
    assert len(answer.body) < 12_000
    names = {town["properties"]["name"] for town in shown["towns"]["features"]}
    assert names == {grid.town for grid in BUNDLED.grid.responsibility_grids.values()}
    assert set(shown) == {"version", "outline", "towns"}
    assert "410523Z" not in answer.body.decode()
    drawn = MultiPolygon([Polygon(rings[0]) for rings in shown["outline"]["geometry"]["coordinates"]])
    corners = [Polygon(cell.polygon).representative_point() for cell in BUNDLED.grid.cells.values()]
    assert sum(drawn.buffer(0.0002).contains(point) for point in corners) == len(corners)
    again = desk.get("/api/console/public/outline", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


def test_a_point_is_named_by_cell_grid_and_village_in_whatever_datum(desk):
    from handbook.datum import wgs84_to_gcj02

    here = read(desk, f"places?lon={COMPONENT.lon}&lat={COMPONENT.lat}").document
    lon, lat = wgs84_to_gcj02(COMPONENT.lon, COMPONENT.lat)
    shifted = read(desk, f"places?lon={lon}&lat={lat}&datum=gcj02").document

    assert here["unit_grid_code"] == shifted["unit_grid_code"] == CELL.code
    assert here["responsibility_grid"] == CELL.responsibility_grid
    assert here["village"] == BUNDLED.villages[CELL.village_code].name
    assert here["township"] == BUNDLED.township(CELL.code)


def test_a_point_outside_the_grid_is_not_found_and_says_so(desk):
    outside = read(desk, "places?lon=116.4&lat=39.9")

    assert (outside.status, outside.document["type"]) == (404, "urn:qianliyan:problem:outside-grid")
    assert read(desk, "places?lon=nan&lat=35.9").status == 422
    assert read(desk, "places?lon=200&lat=35.9").status == 422
    assert read(desk, "places?lat=35.9").status == 422


def test_components_near_a_point_come_the_nearest_first_and_never_all_at_once(desk):
    answer = read(desk, f"components?near={COMPONENT.lon},{COMPONENT.lat}&within=1000&limit=5").document

    metres = [one["metres"] for one in answer["components"]]
    assert answer["components"][0]["code"] == COMPONENT.code
    assert metres == sorted(metres)
    assert (metres[0], len(metres), answer["more"]) == (0, 5, True)


def test_components_in_a_box_are_those_inside_it(desk):
    box = (114.36, 35.92, 114.37, 35.93)
    asked = ",".join(map(str, box))

    found = read(desk, f"components?subcategory=C0101&bbox={asked}&limit=500").document["components"]

    assert {one["code"] for one in found} == {
        one.code
        for one in BUNDLED.components.values()
        if one.subcategory == "C0101" and box[0] <= one.lon <= box[2] and box[1] <= one.lat <= box[3]
    }


@pytest.mark.parametrize(
    "query",
    ["", "bbox=1,2,3", "bbox=a,b,c,d", "near=1", "near=nan,1", "near=1e999,2", "near=114,35&bbox=1,2,3,4",
     "near=114,35&within=999999", "near=114,35&limit=501", "subcategory=C0101&limit=0"],
)  # fmt: skip
def test_a_question_about_components_that_makes_no_sense_is_refused(desk, query):
    assert read(desk, f"components?{query}").status == 422


def test_the_calendar_of_a_year_has_its_holidays_and_one_that_was_not_entered_is_not_found(desk):
    year = read(desk, "calendar/2020").document

    assert {"day": "2020-06-25", "festival": "端午节"} in year["holidays"]
    assert {"day": "2020-06-28", "festival": "端午节"} in year["make_up_days"]
    missing = read(desk, "calendar/2099")
    assert (missing.status, missing.document["year"]) == (404, 2099)


def test_settings_are_the_minutes_that_desks_show(desk):
    settings = read(desk, "settings").document

    assert settings["work_periods"][0] == {"begins": "08:00", "ends": "12:00"}
    assert settings["accept_minutes"] == BUNDLED.settings.accept_minutes
    assert {"grade": "A", "score": 90} in settings["grades"]


def test_a_case_is_read_under_the_version_that_it_was_filed_under(desk, monkeypatch):
    from handbook import load_files
    from handbook.editions import Editions
    from handbook.files import unpack

    files = unpack(BUNDLED.archive())
    later = load_files(
        {
            **files,
            "filing_standards.csv": STANDARDS.replace(",2,emergency_hour,", ",3,emergency_hour,", 1).encode(),
        }
    )
    editions = Editions(lambda: BUNDLED)
    editions.add(later, EIGHT - timedelta(days=1))
    monkeypatch.setattr(county, "editions", editions)

    assert read(desk, "catalogue?subcategory=C0101").document["version"] == later.version
    old = read(desk, f"catalogue?subcategory=C0101&version={BUNDLED.version}").document
    assert old["categories"][0]["subcategories"][0]["standards"][0]["limit"] == 2


@pytest.fixture
def one_past_case(console_database):
    """A case of I0203 in 410523100201001 that u04 had last."""
    with console_database.transaction() as tx:
        tx.bound.case_files.take(a_story())


def try_draft(desk, draft, claims=ADMINISTRATOR):
    return desk.post(f"{HANDBOOK}/duties/try", draft, claims=claims)


def test_a_changed_row_of_duties_says_how_many_past_cases_would_have_gone_elsewhere(desk, one_past_case):
    row = {"subcategory": "I0203", "area": "410523100", "primary": "u03"}

    moved = try_draft(desk, {"rows": [row]}).document
    kept = try_draft(desk, {"rows": [{**row, "primary": "u04"}]}).document

    assert (moved["tried"], moved["elsewhere"]) == (1, 1)
    assert moved["moved"][0] | {"subcategory_name": "", "from_name": "", "to_name": ""} == {
        "subcategory": "I0203", "subcategory_name": "", "from_unit": "u04", "from_name": "",
        "to_unit": "u03", "to_name": "", "cases": 1,
    }  # fmt: skip
    assert moved["moved"][0]["to_name"] == "县园林绿化中心"
    assert {one["responsible_unit"]: (one["lost"], one["gained"]) for one in moved["units"]} == {
        "u04": (1, 0),
        "u03": (0, 1),
    }
    assert (kept["tried"], kept["elsewhere"]) == (1, 0)


def test_a_whole_table_of_duties_is_tried_as_it_was_uploaded(desk, one_past_case):
    table = BUNDLED.file("duties.csv").decode()
    changed = "\n".join(
        line.replace(",u01,", ",u03,") if line.startswith("I0203,410523100") else line
        for line in table.splitlines()
    )

    assert try_draft(desk, {"csv": changed}).document["elsewhere"] == 1


def test_a_draft_that_breaks_a_rule_is_refused_with_file_row_column_and_reason(desk):
    unknown = try_draft(desk, {"rows": [{"subcategory": "I0203", "primary": "u99"}]})
    absent = try_draft(desk, {"taken_out": [{"subcategory": "I0203", "area": "410523Z001"}]})

    (error,) = unknown.document["errors"]
    assert (unknown.status, error["file"], error["column"]) == (422, "duties.csv", "primary")
    assert "u99" in error["rule"]
    assert error["row"] > 1
    assert absent.status == 422


@pytest.mark.parametrize(
    "draft", [{}, {"csv": "x", "rows": [{"subcategory": "I0203", "primary": "u03"}]}, {"csv": ""},
              {"rows": [{"subcategory": "I0203\n", "primary": "u03"}]}, {"csv": 'subcategory\n"'}]
)  # fmt: skip
def test_a_draft_that_is_none_is_refused(desk, draft):
    assert try_draft(desk, draft).status == 422


def test_only_an_administrator_tries_a_draft(desk):
    assert try_draft(desk, {"rows": []}, COLLECTOR).status == 403


def _classes():
    classes: dict = {}
    for one in BUNDLED.subcategories.values():
        classes.setdefault((one.kind, one.category_code), []).append(one)
    return classes


def test_an_upload_that_is_only_checked_tells_what_it_changes_and_publishes_nothing(desk):
    upload = zipped(filing_standards_csv=STANDARDS.replace(",2,emergency_hour,", ",3,emergency_hour,", 1))

    answer = desk.upload(f"{HANDBOOK}/versions?check=1", upload, claims=ADMINISTRATOR)

    assert (answer.status, answer.document["published"]) == (200, False)
    assert answer.document["changes"] == [
        {
            "file": "filing_standards.csv",
            "added": 0,
            "changed": 1,
            "removed": 0,
            "keys": ["component 01 01 1"],
        }
    ]
    assert desk.get(f"{HANDBOOK}/versions", claims=ADMINISTRATOR).document["publications"] == []


def test_an_upload_that_is_only_checked_is_refused_for_the_same_reasons(desk):
    upload = zipped(filing_standards_csv=STANDARDS.replace(",2,emergency_hour,", ",0,emergency_hour,", 1))

    answer = desk.upload(f"{HANDBOOK}/versions?check=1", upload, claims=ADMINISTRATOR)
    past = desk.upload(
        f"{HANDBOOK}/versions?check=1&valid_from=2019-01-01T00:00:00Z",
        zipped(units_csv=BUNDLED.file("units.csv")),
        claims=ADMINISTRATOR,
    )

    places = {(error["file"], error["row"], error["column"]) for error in answer.document["errors"]}
    assert ("filing_standards.csv", 2, "limit") in places
    assert past.status == 422


def test_the_doors_are_described_by_a_valid_openapi_document():
    described = openapi.document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])

    validate(described)
    reading = described["paths"]["/api/console/handbook/catalogue"]["get"]
    assert set(reading["responses"]) >= {"200", "304", "401"}
    assert "If-None-Match" in [one["name"] for one in reading["parameters"]]
