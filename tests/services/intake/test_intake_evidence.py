"""Evidence: what photos tell, what others see of them, which are one photo, and what is doubtful."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from evidence_kit import a_scene, camera_time, encoded, exif_of
from intake_builders import NOON, a_case, a_report
from PIL import Image

from bench import evidence as evaluation
from services.intake import county
from services.intake.domain.evidence import (
    Doubt,
    EvidenceNotSeen,
    Examined,
    Limits,
    Occasion,
    Traces,
    Use,
    check_seen,
    earliest,
    flags_of,
)
from services.intake.domain.refusals import RuleBroken
from services.intake.domain.report import ReportState
from services.intake.evidence import pictures
from services.intake.evidence.finding import Finder
from services.intake.evidence.pictures import Unreadable
from services.intake.stages import examining

HANDBOOK = county.handbook(NOON)
LIMITS = Limits(far_m=300, report_age=timedelta(hours=24), clock_error=timedelta(minutes=15))
PLACE = (114.36, 35.92)


def a_use(**changes: Any) -> Use:
    values: dict[str, Any] = {
        "sha256": "a" * 64,
        "occasion": Occasion.FEEDBACK,
        "report_number": "R1",
        "case_number": "C1",
        "round": 1,
        "used_at": NOON,
        "use_id": 7,
    }
    return Use(**{**values, **changes})


def doubts(*, place: Any = PLACE, numbers: tuple[str, ...] = ("R1",), **changes: Any) -> set[Doubt]:
    examined = Examined(**{"use": a_use(), "traces": Traces(), **changes})
    return {flag.doubt for flag in flags_of(examined, LIMITS, place=place, report_numbers=numbers)}


# --- what is doubtful ---------------------------------------------------------------------------------------


def test_a_photo_without_metadata_is_not_doubtful() -> None:
    assert doubts() == set()


def test_a_photo_that_is_not_examined_yet_is_said_to_be_so() -> None:
    assert doubts(traces=None) == {Doubt.NOT_EXAMINED}


@pytest.mark.parametrize(("metres_north", "doubtful"), [(0, False), (290, False), (310, True)])
def test_a_photo_taken_too_far_from_the_problem_is_flagged_with_the_distance(
    metres_north: int, doubtful: bool
) -> None:
    lat = PLACE[1] + metres_north / 111_195
    traces = Traces(lon=PLACE[0], lat=lat)

    flags = flags_of(Examined(use=a_use(), traces=traces), LIMITS, place=PLACE)

    assert [flag.doubt for flag in flags] == ([Doubt.TOO_FAR] if doubtful else [])
    assert all(abs((flag.metres or 0) - metres_north) < 2 for flag in flags)


def test_without_a_known_place_no_photo_is_too_far() -> None:
    assert doubts(place=None, traces=Traces(lon=0.1, lat=51.0)) == set()


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, {Doubt.TOO_OLD}), (0, set()), (14, set()), (16, {Doubt.FROM_THE_FUTURE})],
)
def test_a_photo_is_of_its_occasion_but_for_the_error_of_clocks(minutes: int, expected: set[Doubt]) -> None:
    traces = Traces(taken_at=NOON + timedelta(minutes=minutes))

    assert doubts(traces=traces, since=NOON) == expected


def test_a_reports_photo_may_be_a_day_older_than_the_collectors_own_claim() -> None:
    use = a_use(occasion=Occasion.REPORT)
    claimed = NOON - timedelta(days=2)

    assert earliest(use, LIMITS) == NOON - timedelta(hours=24)
    assert earliest(use, LIMITS, claimed_at=claimed) == claimed - timedelta(hours=24)
    assert earliest(use, LIMITS, claimed_at=NOON + timedelta(days=9)) == NOON - timedelta(hours=24)


def test_the_before_photo_handed_in_as_after_photo_is_flagged_with_where_it_came_from() -> None:
    before = a_use(occasion=Occasion.REPORT, use_id=1, case_number=None, round=0)

    (flag,) = flags_of(
        Examined(use=a_use(), traces=Traces(), others=(before,)), LIMITS, place=PLACE, report_numbers=("R1",)
    )

    assert (flag.doubt, flag.other, flag.flag_id) == (Doubt.USED_BEFORE, before, "7-used_before")


def test_reports_of_one_problem_may_share_a_picture_and_strangers_may_not() -> None:
    use = a_use(occasion=Occasion.REPORT, report_number="R2", case_number=None, round=0)
    other = a_use(occasion=Occasion.REPORT, use_id=1, case_number=None, round=0)
    elsewhere = replace(other, report_number="R9")

    assert doubts(use=use, others=(other,), numbers=("R1", "R2")) == set()
    assert doubts(use=use, others=(other,), numbers=("R2",)) == {Doubt.USED_BEFORE}
    assert doubts(use=use, others=(other, elsewhere), numbers=("R1", "R2")) == {Doubt.USED_BEFORE}


def test_a_case_is_closed_only_when_every_flag_of_now_was_seen() -> None:
    flags = flags_of(Examined(use=a_use(), traces=Traces(unreadable="x")), LIMITS, place=PLACE)

    with pytest.raises(EvidenceNotSeen) as refused:
        check_seen("C1", flags, ["7-not_examined"])
    words = check_seen("C1", flags, ["7-unreadable", "7-not_examined"])

    assert refused.value.flags == "7-unreadable"
    assert words == "已阅照片疑点（反馈照片：照片无法读取）"
    assert check_seen("C1", [], []) == ""
    with pytest.raises(RuleBroken):
        check_seen("C1", [], ["seven"])


# --- over both stores ---------------------------------------------------------------------------------------


def test_what_is_found_is_kept_announced_and_shown_until_closing(intake: Any) -> None:
    case = a_case()
    before = a_use(occasion=Occasion.REPORT, report_number=case.report_number, case_number=None, round=0)
    after = a_use(report_number=case.report_number, case_number=case.case_number)
    with intake.transaction() as tx:
        _a_report_of(tx, case)
        tx.cases.add(case)
        tx.evidence.note([before])
        tx.evidence.note([after])
    with intake.transaction() as tx:
        first, second = (examined.use for examined in tx.evidence.of_reports([case.report_number]))
        assert examining.conclude_examination(tx, HANDBOOK, first, Traces(), [], at=NOON) == []
        examining.conclude_examination(tx, HANDBOOK, second, Traces(), [first], at=NOON)
    with intake.transaction() as tx:
        (flag,) = examining.flags_of_case(tx, HANDBOOK, case)

    assert (flag.doubt, flag.other) == (Doubt.USED_BEFORE, first)
    (fact,) = intake.announced()
    assert (fact.name, fact.case_number, fact.doubts) == (
        "evidence_flagged",
        case.case_number,
        ("used_before",),
    )
    assert (fact.other_report_number, fact.other_occasion) == (case.report_number, "report")


def test_what_two_processes_have_examined_is_announced_once(intake: Any) -> None:
    report = a_report()
    with intake.transaction() as tx:
        tx.reports.add(report)
        tx.evidence.note([a_use(occasion=Occasion.REPORT, report_number=report.report_number)])
    with intake.transaction() as tx:
        (use,) = (examined.use for examined in tx.evidence.of_reports([report.report_number]))

    found = []
    for traces in (Traces(unreadable="x"), Traces(unreadable="y")):
        with intake.transaction() as tx:
            found.append(examining.conclude_examination(tx, HANDBOOK, use, traces, [], at=NOON))

    assert [[flag.doubt for flag in flags] for flags in found] == [[Doubt.UNREADABLE], []]
    assert len(intake.announced()) == 1


def _a_report_of(tx: Any, case: Any) -> None:
    tx.reports.add(
        a_report(
            report_number=case.report_number,
            state=ReportState.FILED,
            case_number=case.case_number,
            due_at=None,
        )
    )


# --- what a picture tells, and what others see --------------------------------------------------------------


def test_time_and_position_are_read_from_the_picture(tmp_path: Path) -> None:
    exif = exif_of(taken="2020:06:15 12:00:05", offset="+09:00", lon=114.36, lat=-35.92)

    told = told_by(tmp_path, encoded(a_scene("a"), exif=exif))

    assert told.taken_at == datetime(2020, 6, 15, 3, 0, 5, tzinfo=UTC)
    assert told.lon == pytest.approx(114.36, abs=1e-5)
    assert told.lat == pytest.approx(-35.92, abs=1e-5)


def test_a_camera_without_time_zone_means_the_countys(tmp_path: Path) -> None:
    told = told_by(tmp_path, encoded(a_scene("a"), exif=exif_of(taken=camera_time(NOON))))

    assert told.taken_at == NOON - timedelta(hours=8)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "2020:13:45 99:00:00", "\0" * 19])
def test_nonsense_in_the_metadata_counts_as_none(tmp_path: Path, taken: str) -> None:
    told = told_by(tmp_path, encoded(a_scene("a"), exif=exif_of(taken=taken, lon=0.0, lat=0.0)))

    assert (told.taken_at, told.lon, told.lat) == (None, None, None)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_others_see_the_picture_upright_and_nothing_but_the_picture(tmp_path: Path, kind: str) -> None:
    exif = exif_of(taken=camera_time(NOON), lon=114.36, lat=35.92, orientation=6)
    original = tmp_path / "original"
    original.write_bytes(encoded(a_scene("a", 200, 100), kind, exif=exif))

    pictures.prepare_shown(original, tmp_path / "shown")

    content = (tmp_path / "shown").read_bytes()
    with Image.open(io.BytesIO(content)) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == (kind, (100, 200), {})
        assert not {"exif", "xmp"} & set(shown.info)
    assert b"2020:06:15" not in content
    assert original.read_bytes() != content


SECRET = b"GPS 35.92N 114.36E"


def a_segment(marker: int) -> bytes:
    """A segment of a JPEG's own, with which no reader of metadata reckons."""
    return struct.pack(">BBH", 0xFF, marker, len(SECRET) + 2) + SECRET


def with_segments(content: bytes) -> bytes:
    return content[:2] + a_segment(0xE6) + a_segment(0xEB) + content[2:]


@pytest.mark.parametrize(
    ("kind", "hostile"),
    [
        ("JPEG", with_segments),
        ("JPEG", lambda content: content + SECRET),
        ("JPEG", lambda content: content + with_segments(encoded(a_scene("another")))),
        ("PNG", lambda content: content + SECRET),
        ("WEBP", lambda content: content + SECRET),
    ],
)
def test_nothing_beside_the_pixels_is_shown_wherever_it_is_written(
    tmp_path: Path, kind: str, hostile: Callable[[bytes], bytes]
) -> None:
    original = tmp_path / "original"
    original.write_bytes(hostile(encoded(a_scene("a"), kind)))

    pictures.prepare_shown(original, tmp_path / "shown")

    assert SECRET in original.read_bytes()
    assert SECRET not in (tmp_path / "shown").read_bytes()
    with Image.open(tmp_path / "shown") as shown:
        assert (shown.format, shown.size) == (kind, (320, 240))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["original", "shown"]


def a_bomb() -> bytes:
    """A few bytes that promise 100,000 x 100,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body


@pytest.mark.parametrize(
    "content",
    [a_bomb(), b"\xff\xd8\xff\xe0 nothing \xff\xd9", encoded(a_scene("a"), "PNG")[:2000], b""],
)
def test_a_broken_or_monstrous_picture_is_told_of_and_never_shown(tmp_path: Path, content: bytes) -> None:
    original = tmp_path / "original"
    original.write_bytes(content)

    found = Finder().find(original, lambda _name: original)

    assert found.traces.unreadable
    with pytest.raises(Unreadable):
        pictures.prepare_shown(original, tmp_path / "shown")
    assert not (tmp_path / "shown").exists()


def test_a_photo_that_the_disk_does_not_give_is_not_called_broken(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.mkdir()  # whoever opens it gets an OSError, root as well

    with pytest.raises(IsADirectoryError):
        Finder().find(original, lambda _name: original)
    with pytest.raises(IsADirectoryError):
        pictures.prepare_shown(original, tmp_path / "shown")


def told_by(folder: Path, content: bytes) -> pictures.Metadata:
    path = folder / "picture"
    path.write_bytes(content)
    with pictures.opened(path) as picture:
        return pictures.metadata(picture)


# --- one photo, handed in twice -----------------------------------------------------------------------------


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@pytest.mark.parametrize(
    "trick",
    [
        lambda picture: picture,
        lambda picture: picture.resize((200, 150)),
        lambda picture: picture.crop((16, 0, 320, 228)),
        lambda picture: picture.point(lambda value: min(255, int(value * 1.3))),
        lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
        lambda picture: picture.rotate(3).crop((10, 10, 310, 230)),
        mirrored,
    ],
)
def test_a_photo_is_known_again_whatever_was_done_to_it(
    tmp_path: Path, trick: Callable[[Image.Image], Image.Image]
) -> None:
    finder = Finder()
    for name in ("this", "that", "third"):
        hand_in(finder, tmp_path, name, a_scene(name))

    found = hand_in(finder, tmp_path, "again", trick(a_scene("that")), quality=60)

    assert found.alike == ("that",)


def test_pictures_without_shape_are_no_match_for_one_another(tmp_path: Path) -> None:
    finder = Finder()
    hand_in(finder, tmp_path, "night", Image.new("RGB", (320, 240), (3, 3, 5)))

    assert hand_in(finder, tmp_path, "another night", Image.new("RGB", (320, 240), (4, 4, 4))).alike == ()


@pytest.mark.deep
def test_few_street_scenes_are_mistaken_and_nearly_all_copies_found(tmp_path: Path) -> None:
    counted, finder = evaluation.evaluate(
        tmp_path, clean=24, planted=12, seed="small", workers=1, tell=lambda _line: None
    )

    assert counted.share_found >= 11 / 12, counted.found
    assert counted.false_alarms == 0
    assert len(finder.shapes) >= 23


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_of_200_copies_among_5000_pictures_95_percent_are_found_and_2_percent_are_mistaken(
    tmp_path: Path,
) -> None:
    counted, _ = evaluation.evaluate(tmp_path, clean=5000, planted=200, seed="evidence")

    assert counted.share_found >= 0.95, counted.found
    assert counted.share_false <= 0.02


def hand_in(finder: Finder, folder: Path, name: str, picture: Image.Image, quality: int = 85) -> Any:
    path = folder / name
    path.write_bytes(encoded(picture, quality=quality))
    found = finder.find(path, lambda known: folder / known)
    if found.shape is not None and found.shape.words is not None:
        finder.shapes.add(name, found.shape.words)
    return found
