"""The evidence process on PostgreSQL: photos are examined in their order, once, and none stops the rest."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from evidence_kit import a_scene, camera_time, encoded, exif_of
from intake_builders import COLLECTOR, NOON
from intake_postgres import PostgresIntake

from cli.infrastructure.server import free_ports
from services.intake import county
from services.intake.attachments import AttachmentFolder
from services.intake.domain.position import Reading
from services.intake.evidence.finding import Finder
from services.intake.evidence.process import MOST_TRIES, Examiner
from services.intake.ports import Attachment
from services.intake.stages import reporting
from services.intake.stages.reporting import Told

pytestmark = pytest.mark.infra

HANDBOOK = county.handbook(NOON)
CELL = next(iter(HANDBOOK.grid.cells.values()))
INSIDE = Reading(
    lon=sum(lon for lon, _ in CELL.polygon[:-1]) / len(CELL.polygon[:-1]),
    lat=sum(lat for _, lat in CELL.polygon[:-1]) / len(CELL.polygon[:-1]),
)


class Desk:
    """Reports with photos, and whoever examines them."""

    def __init__(self, intake: PostgresIntake, room: Path) -> None:
        self.intake = intake
        self.folder = AttachmentFolder(room)

    def examiner(self) -> Examiner:
        return Examiner(self.intake.database, self.folder)

    def report(self, *contents: bytes, stored: bool = True, at: Any = NOON) -> str:
        photos = tuple(hashlib.sha256(content).hexdigest() for content in contents)
        with self.intake.transaction() as tx:
            for photo, content in zip(photos, contents, strict=True):
                if stored:
                    self.folder.put(photo, content)
                tx.attachments.add(
                    Attachment(
                        sha256=photo, media_type="image/jpeg", size=1, uploaded_by="p", uploaded_at=NOON
                    )
                )
        told = Told(description="x", address="y", position=INSIDE, photos=photos)
        with self.intake.transaction() as tx:
            return reporting.receive_report(tx, HANDBOOK, told, at=at, by=COLLECTOR).report_number

    def flagged(self) -> list[Any]:
        return [fact for fact in self.intake.announced() if fact.name == "evidence_flagged"]

    def unexamined(self, number: str) -> int:
        with self.intake.transaction() as tx:
            return sum(examined.traces is None for examined in tx.evidence.of_reports([number]))


@pytest.fixture
def desk(postgres_intake: PostgresIntake, tmp_path: Path) -> Iterator[Desk]:
    return Desk(postgres_intake, tmp_path / "attachments")


def examine_all(examiner: Examiner) -> None:
    while examiner.turn():
        pass


def test_a_photo_used_in_another_report_before_is_flagged_once_also_after_a_restart(desk: Desk) -> None:
    first = desk.report(encoded(a_scene("a")))
    desk.report(encoded(a_scene("b")))
    examine_all(desk.examiner())
    second = desk.report(encoded(a_scene("a"), quality=55))

    assert desk.unexamined(second) == 1
    examiner = desk.examiner()  # knows what was examined before it was started
    examine_all(examiner)
    examine_all(examiner)

    assert desk.unexamined(second) == 0
    (fact,) = desk.flagged()
    assert (fact.report_number, fact.doubts) == (second, ("used_before",))
    assert (fact.other_report_number, fact.other_occasion) == (first, "report")


def test_copies_that_are_examined_in_one_turn_are_found_too(desk: Desk) -> None:
    first = desk.report(encoded(a_scene("a")))
    second = desk.report(encoded(a_scene("a"), quality=55))
    third = desk.report(encoded(a_scene("a")))

    examiner = desk.examiner()
    assert (examiner.turn(), examiner.turn()) == (True, False)

    assert [(fact.report_number, fact.other_report_number) for fact in desk.flagged()] == [
        (second, first),
        (third, first),
    ]


def test_a_photo_that_kills_the_process_takes_no_other_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, deadly = encoded(a_scene("good")), encoded(a_scene("deadly"))
    before, killer, after = desk.report(good), desk.report(deadly), desk.report(encoded(a_scene("after")))
    poison = hashlib.sha256(deadly).hexdigest()
    moment = [NOON]
    desk.intake.database.now = lambda: moment[0]
    find = Finder.find

    def killed(finder: Finder, original: Path, *more: Any) -> Any:
        if original.name.startswith(poison):
            raise KeyboardInterrupt  # what no part of the process takes for an error
        return find(finder, original, *more)

    monkeypatch.setattr(Finder, "find", killed)
    for _ in range(MOST_TRIES + 2):
        for _ in range(4):
            with contextlib.suppress(KeyboardInterrupt):
                examine_all(desk.examiner())
        moment[0] += timedelta(hours=1)

    assert [desk.unexamined(number) for number in (before, killer, after)] == [0, 0, 0]
    assert [(fact.report_number, fact.doubts) for fact in desk.flagged()] == [(killer, ("unreadable",))]


def test_far_and_old_photos_are_flagged_and_clean_ones_are_not(desk: Desk) -> None:
    local = NOON + timedelta(hours=8)
    right = exif_of(taken=camera_time(local), lon=INSIDE.lon, lat=INSIDE.lat)
    wrong = exif_of(taken=camera_time(local - timedelta(days=30)), lon=INSIDE.lon + 0.1, lat=INSIDE.lat)
    desk.report(encoded(a_scene("right"), exif=right))
    number = desk.report(encoded(a_scene("wrong"), exif=wrong))

    examine_all(desk.examiner())

    (fact,) = desk.flagged()
    assert (fact.report_number, fact.doubts) == (number, ("too_far", "too_old"))
    assert fact.metres == pytest.approx(9_000, rel=0.05)


def test_two_photos_of_one_report_that_look_alike_are_no_doubt(desk: Desk) -> None:
    desk.report(encoded(a_scene("a")), encoded(a_scene("a"), quality=60))

    examine_all(desk.examiner())

    assert desk.flagged() == []


def test_a_broken_photo_and_a_lost_one_are_flagged_and_do_not_stop_the_next(desk: Desk) -> None:
    broken = desk.report(b"\xff\xd8\xff broken \xff\xd9")
    lost = desk.report(encoded(a_scene("lost")), stored=False)
    good = desk.report(encoded(a_scene("good")))
    moment = [NOON]
    desk.intake.database.now = lambda: moment[0]

    examiner = desk.examiner()
    examine_all(examiner)
    assert (desk.unexamined(broken), desk.unexamined(lost), desk.unexamined(good)) == (0, 1, 0)
    for _ in range(MOST_TRIES):
        moment[0] += timedelta(hours=1)
        examine_all(examiner)

    assert desk.unexamined(lost) == 0
    assert [(fact.report_number, fact.doubts) for fact in desk.flagged()] == [
        (broken, ("unreadable",)),
        (lost, ("unreadable",)),
    ]


@pytest.mark.parametrize("away", ["folder", "photo"])
def test_a_disk_that_is_away_for_long_makes_no_photo_unreadable(desk: Desk, away: str) -> None:
    content = encoded(a_scene("a"))
    number = desk.report(content)
    original = desk.folder.original(hashlib.sha256(content).hexdigest())
    gone = original.parent.parent if away == "folder" else original
    gone.rename(elsewhere := gone.with_name("elsewhere"))
    if away == "photo":
        original.mkdir()  # whoever opens it gets an OSError, root as well
    moment = [NOON]
    desk.intake.database.now = lambda: moment[0]
    examiner = desk.examiner()
    for _ in range(MOST_TRIES + 2):
        examine_all(examiner)
        moment[0] += timedelta(hours=1)
    assert desk.unexamined(number) == 1

    if away == "photo":
        original.rmdir()
    elsewhere.rename(gone)
    examine_all(examiner)

    assert desk.unexamined(number) == 0
    assert desk.flagged() == []


def test_the_handbook_is_kept_up_with_while_photos_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr("services.intake.evidence.process.EDITIONS_EVERY", 0.0)
    monkeypatch.setattr(county.shelf, "look", lambda: looked.append(True))
    desk.report(encoded(a_scene("a")))

    assert desk.examiner().turn()

    assert looked == [True]


def test_the_process_starts_examines_what_waits_and_leaves_when_asked(
    desk: Desk, database: str, tmp_path: Path
) -> None:
    number = desk.report(encoded(a_scene("a")))
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "chassis.run", "work", "services.intake.evidence.process"],
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database,
            "METRICS_PORT": str(port),
            "ATTACHMENTS_DIR": str(tmp_path / "attachments"),
        },
    )
    try:
        until(lambda: desk.unexamined(number) == 0)
        assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > 0
        # One is active: another of the same name would have to stand by.
        connection = psycopg2.connect(database)
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(1903193, hashtext('evidence'))")
            assert cursor.fetchone() == (False,)
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()


def until(holds: Any, within: float = 120.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
