"""The simulated units, each temper on the real broker with a centre that only listens."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from case_contracts import wire
from case_contracts.units import FROM_UNIT, Feedback, ReturnDecided, TaskWithdrawn
from examples.units.__main__ import main, read_passwords, unit_url
from examples.units.photos import after_photo
from examples.units.temper import Temper, tempers
from examples.units.unit import SimulatedUnit
from tests.unit_sdk import sdk_kit
from tests.unit_sdk.sdk_kit import NOON, Centre, a_task, eventually
from unit_sdk import UnitClient

CODES = [f"u{number:02}" for number in range(1, 30)]


def read(envelope: wire.Envelope) -> Any:
    return wire.unpack(FROM_UNIT[envelope.type], envelope.data)


@pytest.fixture
def a_unit(centre: Centre, city_vhost: str, photo_door) -> Iterator[Callable[..., SimulatedUnit]]:
    started: list[SimulatedUnit] = []

    def start(temper: Temper, speed: float = 1e6) -> SimulatedUnit:
        client = UnitClient(sdk_kit.unit_url(city_vhost), "u01", base_url=photo_door[0])
        unit = SimulatedUnit(client, temper, speed=speed, seed=1)
        started.append(unit)
        unit.start()
        assert centre.heard(1)[0][2].type == "resync"
        return unit

    yield start
    for unit in started:
        unit.stop()


def a_real_task(number: int = 1, **changes: Any):
    return a_task(number, due_at=NOON + timedelta(days=5), **changes)


@pytest.mark.infra
@pytest.mark.parametrize("temper", [Temper.WELL, Temper.LATE])
def test_a_unit_signs_and_feeds_back_with_a_photo(centre: Centre, a_unit, temper: Temper):
    a_unit(temper)
    centre.tell(a_real_task())

    (_, _, signed), (_, _, fed_back) = centre.heard(2)
    assert (signed.type, fed_back.type) == ("sign", "feedback")
    assert read(fed_back).receipts[0].startswith("image/jpeg")


@pytest.mark.infra
def test_a_unit_that_says_everything_twice_says_it_under_the_same_id(centre: Centre, a_unit):
    a_unit(Temper.TWICE)
    centre.tell(a_real_task())

    ids = [envelope.id for _, _, envelope in centre.heard(4)]
    assert ids[0] == ids[1] != ids[2] == ids[3]


@pytest.mark.infra
def test_a_bad_unit_makes_every_mistake_before_it_gets_it_right(centre: Centre, a_unit):
    a_unit(Temper.BADLY)
    centre.tell(a_real_task())

    signed, malformed, wrong_round, no_photo, right = (one for _, _, one in centre.heard(5))
    assert signed.type == "sign"
    with pytest.raises(wire.Malformed):
        read(malformed)
    assert read(wrong_round).round == 8
    assert read(no_photo).receipts == ()
    said = read(right)
    assert isinstance(said, Feedback)
    assert (said.round, len(said.receipts)) == (1, 1)


@pytest.mark.infra
def test_a_silent_unit_takes_its_task_and_says_nothing(centre: Centre, a_unit):
    unit = a_unit(Temper.SILENT)
    centre.tell(a_real_task())

    eventually(lambda: unit._tasks)
    unit.stop()
    assert centre.depth("unit.u01.tasks") == centre.depth("dispatch.feedback") == 0


@pytest.mark.infra
def test_a_withdrawn_task_is_left_alone(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL, speed=1.0)
    task = a_real_task()
    centre.tell(task)
    eventually(lambda: unit._tasks)

    centre.tell(
        TaskWithdrawn(
            case_number=task.case_number, round=1, dispatch_number=1, responsible_unit="u01", reason="作废"
        )
    )

    eventually(lambda: not unit._tasks)


@pytest.mark.infra
def test_a_return_that_is_refused_is_worked_on(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL, speed=1e6)
    number = next(number for number in range(1, 500) if unit._chance(a_real_task(number)).random() < 0.08)
    task = a_real_task(number)
    centre.tell(task)
    assert centre.heard(1)[0][2].type == "send_back"

    centre.tell(
        ReturnDecided(
            case_number=task.case_number,
            round=1,
            dispatch_number=1,
            responsible_unit="u01",
            accepted=False,
            reason="属于贵单位",
        )
    )

    assert centre.heard(1)[0][2].type == "feedback"


def test_among_29_units_every_temper_occurs_and_most_do_well():
    counted = list(tempers(CODES, seed=1).values())

    assert set(counted) == set(Temper)
    assert counted.count(Temper.WELL) > len(counted) / 2
    assert tempers(CODES, seed=1) == tempers(reversed(CODES), seed=1) != tempers(CODES, seed=2)


def test_photos_are_small_jpegs_each_unlike_the_others():
    photos = {after_photo(str(number)) for number in range(10)}

    assert len(photos) == 10
    assert all(photo.startswith(b"\xff\xd8\xff") and len(photo) < 30_000 for photo in photos)


def test_accounts_come_from_the_folder_of_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "u07.password").write_text("a/b@c\n")

    assert read_passwords(tmp_path) == {"u07": "a/b@c"}
    assert (
        unit_url("amqp://127.0.0.1:5672/city", "u07", "a/b@c") == "amqp://u07:a%2Fb%40c@127.0.0.1:5672/city"
    )
    nowhere = ["--amqp", "amqp://x/y", "--base-url", "http://x", "--passwords-dir", str(tmp_path / "none")]
    assert main(nowhere) == 2
    assert "password" in capsys.readouterr().err
