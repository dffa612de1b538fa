"""The handbook desk: what an administrator can publish, and what is refused with file and row."""

import io
import threading
import zipfile
from datetime import datetime, timedelta

import pytest

from console import county
from console.handbook_desk import CheckedVersion, HandbookRefused, checked_version
from handbook import COUNTY_TIME, CalendarYearMissing, load_archive
from handbook.files import pack, unpack
from handbook.working_time import LimitUnit, TimeLimit, due_at
from tests.console.console_kit import EIGHT, posted

BUNDLED = county.editions.bundled
ARCHIVE = BUNDLED.archive()
STANDARDS = BUNDLED.file("filing_standards.csv").decode()
ADMINISTRATOR = {"sub": "boss", "roles": ["administrator"]}
VERSIONS = "/api/console/handbook/versions"
FILES = "/api/console/handbook/files"


def zipped(**files: str | bytes) -> bytes:
    """A ZIP of files; `_` in a keyword stands for the point of its ending."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            archive.writestr(f"{stem}.{ending}", content)
    return packed.getvalue()


def with_limit(limit: str) -> str:
    """The filing standards with another limit in their first row."""
    heading, first, *rest = STANDARDS.splitlines()
    names = heading.split(",")
    cells = first.split(",")
    cells[names.index("limit")] = limit
    return "\n".join([heading, ",".join(cells), *rest]) + "\n"


FIRST = next(iter(BUNDLED.standards.values()))
CHANGED = zipped(filing_standards_csv=with_limit(str(FIRST.limit + 1)))


@pytest.fixture(scope="module")
def changed():
    """The version with one longer limit; checking it takes seconds."""
    return checked_version(CHANGED, ARCHIVE)


def test_a_changed_file_takes_the_place_of_the_newest_versions(changed):
    edition = load_archive(changed.archive)

    assert edition.version == changed.version != BUNDLED.version
    assert edition.standards[FIRST.id].limit == FIRST.limit + 1
    assert {**unpack(changed.archive), "filing_standards.csv": b""} == {
        **unpack(ARCHIVE),
        "filing_standards.csv": b"",
    }


@pytest.mark.parametrize(
    ("upload", "file", "row", "message"),
    [
        (b"not a zip", "archive", 0, "is not a handbook archive"),
        (zipped(), "archive", 0, "holds no file"),
        (zipped(evil_sh="rm"), "evil.sh", 0, "does not belong"),
        (CHANGED[:-40], "archive", 0, "is not a handbook archive"),
        (zipped(units_csv=bytes(range(128, 256))), "units.csv", 0, "is not UTF-8"),
        (zipped(filing_standards_csv=with_limit("0")), "filing_standards.csv", 2, "less than 1"),
        (zipped(filing_standards_csv=with_limit("99999999")), "filing_standards.csv", 2, "more than 1000"),
        (zipped(settings_yml="a: &x [1]\nb: [*x, *x]"), "settings.yml", 0, "alias"),
        (zipped(unit_grid_geojson="[" * 100_000), "archive", 0, "cannot be read"),
    ],
)
def test_what_is_wrong_is_refused_with_file_row_and_reason(upload, file, row, message):
    with pytest.raises(HandbookRefused) as refused:
        checked_version(upload, ARCHIVE)

    found = [(finding.file, finding.row) for finding in refused.value.findings if message in finding.message]
    assert (file, row) in found


@pytest.mark.deep
def test_an_archive_that_unpacks_to_a_mountain_is_refused_before_it_is_unpacked():
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("units.csv", "w", force_zip64=True) as entry,
    ):
        for _ in range(300):
            entry.write(b"\0" * 1024 * 1024)

    with pytest.raises(HandbookRefused, match="findings") as refused:
        checked_version(packed.getvalue(), ARCHIVE)

    assert "larger than" in refused.value.findings[0].message


@pytest.fixture
def quick(monkeypatch, changed):
    """The desk without the seconds that checking takes."""
    monkeypatch.setattr(
        "console.handbook_desk.checked_version",
        lambda uploaded, newest: changed if uploaded == CHANGED else checked_version(uploaded, newest),
    )


def publish(desk, upload=CHANGED, *, query="", claims=ADMINISTRATOR):
    return desk.upload(VERSIONS + query, upload, claims=claims)


@pytest.mark.infra
def test_a_version_is_published_with_its_hash_and_the_services_can_fetch_it(
    desk, console_database, quick, changed
):
    answer = publish(desk, query="?valid_from=2020-06-16T00:00:00Z")

    assert answer.status == 201
    (fact,) = posted(console_database)
    assert fact["type"] == "handbook_published"
    assert fact["data"]["version"] == answer.document["version"] == changed.version
    assert fact["data"]["valid_from"] == "2020-06-16T00:00:00Z"
    fetched = desk.get(f"/api/console/handbook/archives/{changed.version}")
    assert (fetched.status, fetched.body) == (200, changed.archive)
    assert fact["data"]["sha256"] == changed.sha256
    (listed,) = desk.get(VERSIONS, claims=ADMINISTRATOR).document["publications"]
    assert listed["published_by"] == "boss"


@pytest.mark.infra
def test_publishing_twice_publishes_once_and_going_back_is_a_publication(
    desk, console_database, quick, changed
):
    first = publish(desk)
    again = publish(desk)
    desk.now = EIGHT + timedelta(hours=1)
    back = publish(desk, ARCHIVE)
    desk.now = EIGHT + timedelta(hours=2)
    forth = publish(desk, zipped(filing_standards_csv=with_limit(str(FIRST.limit + 1))))

    assert [answer.status for answer in (first, again, back, forth)] == [201] * 4
    told = [fact["data"]["version"] for fact in posted(console_database)]
    assert told == [changed.version, BUNDLED.version, changed.version]


@pytest.mark.infra
def test_of_two_who_publish_at_once_the_second_does_not_undo_the_first(
    desk, console_database, monkeypatch, changed
):
    files = {**unpack(ARCHIVE), "settings.yml": BUNDLED.file("settings.yml") + b"# of the other\n"}
    other = CheckedVersion(version="v-other", sha256="0" * 64, archive=pack(files))
    made, both_read = {b"one": changed, b"other": other}, threading.Barrier(2)

    def checked(uploaded, newest):
        assert newest == ARCHIVE
        both_read.wait(60)
        return made[uploaded]

    monkeypatch.setattr("console.handbook_desk.checked_version", checked)
    monkeypatch.setattr("console.handbook_doors.in_thread", lambda check, *given: check(*given))
    answers = []
    administrators = [
        threading.Thread(target=lambda upload=upload: answers.append(publish(desk, upload)))
        for upload in made
    ]
    for administrator in administrators:
        administrator.start()
    for administrator in administrators:
        administrator.join()

    assert sorted(answer.status for answer in answers) == [201, 409]
    (refused,) = (answer.document for answer in answers if answer.status == 409)
    assert refused["type"] == "urn:qianliyan:problem:handbook-changed"
    assert "重新上传" in refused["title"]
    assert len(posted(console_database)) == 1


@pytest.mark.infra
def test_a_version_cannot_hold_for_the_past(desk, console_database, quick):
    answer = publish(desk, query="?valid_from=2020-06-14T00:00:00Z")

    assert answer.status == 422
    assert answer.document["errors"] == [{"field": "valid_from", "rule": "不能早于当前时间"}]
    assert posted(console_database) == []


@pytest.mark.infra
def test_a_broken_handbook_is_refused_at_the_door_and_nothing_is_kept(desk, console_database):
    answer = publish(desk, zipped(filing_standards_csv=with_limit("soon")))

    assert answer.status == 422
    assert answer.document["type"].endswith("handbook-refused")
    assert answer.document["findings"] >= 1
    rules = {error["field"]: error["rule_en"] for error in answer.document["errors"]}
    assert "'soon' is not a whole number" in rules["filing_standards.csv:2"]
    assert posted(console_database) == []
    assert desk.get(VERSIONS, claims=ADMINISTRATOR).document["publications"] == []


NEXT_YEAR = BUNDLED.calendar.years.stop
# Not the State Council's arrangement: days that a test can tell apart.
DAYS = (
    f"{NEXT_YEAR}-01-01,holiday,元旦",
    f"{NEXT_YEAR}-02-08,holiday,春节",
    f"{NEXT_YEAR}-04-05,holiday,清明节",
    f"{NEXT_YEAR}-05-03,holiday,劳动节",
    f"{NEXT_YEAR}-06-09,holiday,端午节",
    f"{NEXT_YEAR}-10-01,holiday,国庆节",
)


@pytest.mark.infra
def test_an_administrator_enters_the_next_year_at_the_desk_and_limits_reach_into_it(desk):
    new_years_eve = datetime(NEXT_YEAR - 1, 12, 31, 16, tzinfo=COUNTY_TIME)
    with pytest.raises(CalendarYearMissing):
        due_at(new_years_eve, TimeLimit(1, LimitUnit.WORKING_DAY), BUNDLED.calendar)
    taken = desk.get(f"{FILES}/calendar.csv", claims=ADMINISTRATOR)
    assert (taken.status, taken.body) == (200, BUNDLED.file("calendar.csv"))

    partly = publish(desk, zipped(calendar_csv=taken.body.decode() + "\n".join(DAYS[:1]) + "\n"))
    whole = publish(desk, zipped(calendar_csv=taken.body.decode() + "\n".join(DAYS) + "\n"))

    assert {error["rule"] for error in partly.document["errors"]} >= {f"{NEXT_YEAR} 年缺少春节"}
    assert (partly.status, whole.status) == (422, 201)
    fetched = desk.get(f"/api/console/handbook/archives/{whole.document['version']}").body
    calendar = load_archive(fetched).calendar
    monday = datetime(NEXT_YEAR, 1, 4, 16, tzinfo=COUNTY_TIME)  # after a free Friday and a weekend
    assert due_at(new_years_eve, TimeLimit(1, LimitUnit.WORKING_DAY), calendar) == monday
    assert DAYS[-1].encode() in desk.get(f"{FILES}/calendar.csv", claims=ADMINISTRATOR).body


@pytest.mark.infra
@pytest.mark.parametrize("name", ["none.csv", "..%2Fcalendar.csv", "__init__.py"])
def test_only_a_file_of_the_handbook_is_handed_out(desk, name):
    assert desk.get(f"{FILES}/{name}", claims=ADMINISTRATOR).status == 404


@pytest.mark.infra
@pytest.mark.parametrize("role", ["dispatcher", "shift_supervisor", "operations"])
def test_only_an_administrator_publishes(desk, role):
    assert publish(desk, claims={"sub": "x", "roles": [role]}).status == 403
    assert desk.get(f"{FILES}/calendar.csv", claims={"sub": "x", "roles": [role]}).status == 403


@pytest.mark.infra
def test_a_version_that_was_never_published_is_not_found(desk):
    assert desk.get("/api/console/handbook/archives/v-0").status == 404
