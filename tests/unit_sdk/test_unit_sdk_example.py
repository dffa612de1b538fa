"""The simulated units, each temper on the real broker with a centre that only listens."""

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from case_contracts import wire
from case_contracts.units import (
    FROM_UNIT,
    Feedback,
    ReturnDecided,
    SupervisionOrder,
    SuspensionDecided,
    TaskResumed,
    TaskWithdrawn,
)
from examples.units.__main__ import main, read_passwords, unit_url
from examples.units.photos import after_photo
from examples.units.temper import Temper, tempers
from examples.units.unit import SimulatedUnit
from examples.units.wishes import Wish, wish_of
from tests.unit_sdk import sdk_kit
from tests.unit_sdk.sdk_kit import NOON, Centre, a_task, eventually
from unit_sdk import UnitClient

ROOT = Path(__file__).parents[2]
CODES = [f"u{number:02}" for number in range(1, 30)]


def read(envelope: wire.Envelope) -> Any:
    return wire.unpack(FROM_UNIT[envelope.type], envelope.data)


@pytest.fixture
def a_unit(centre: Centre, city_vhost: str, photo_door) -> Iterator[Callable[..., SimulatedUnit]]:
    started: list[SimulatedUnit] = []

    def start(temper: Temper, speed: float = 1e6, wishes: bool = False) -> SimulatedUnit:
        client = UnitClient(sdk_kit.unit_url(city_vhost), "u01", base_url=photo_door[0])
        unit = SimulatedUnit(client, temper, speed=speed, seed=1, wishes=wishes)
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


def a_task_with(unit: SimulatedUnit, wish: Wish | None) -> Any:
    """A task for which the unit's chance brings this wish, and no return."""
    numbers = range(1, 2000)
    tasks = (a_real_task(number) for number in numbers)
    return next(
        task for task in tasks if unit._chance(task).random() >= 0.08 and wish_of(unit._chance(task)) is wish
    )


def about(task: Any) -> dict[str, Any]:
    return {
        "case_number": task.case_number,
        "round": 1,
        "dispatch_number": 1,
        "responsible_unit": "u01",
    }


@pytest.mark.infra
def test_a_unit_with_wishes_asks_for_more_time_and_feeds_back(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL, wishes=True)

    centre.tell(a_task_with(unit, Wish.EXTENSION))

    assert [one.type for _, _, one in centre.heard(3)] == ["sign", "ask_extension", "feedback"]


@pytest.mark.infra
def test_a_unit_with_wishes_lets_a_task_rest_and_feeds_back_when_it_goes_on(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL, wishes=True)
    task = a_task_with(unit, Wish.SUSPENSION)
    centre.tell(task)
    _, (_, _, asked) = centre.heard(2)
    assert read(asked).until_at == task.due_at + timedelta(days=30)

    centre.tell(SuspensionDecided(**about(task), accepted=True, reason="同意", until_at=task.due_at))
    assert centre.heard(1)[0][2].type == "resume"
    centre.tell(TaskResumed(**about(task), due_at=task.due_at))

    assert centre.heard(1)[0][2].type == "feedback"


@pytest.mark.infra
def test_a_wish_that_is_refused_is_followed_by_the_work(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL, wishes=True)
    task = a_task_with(unit, Wish.SUSPENSION)
    centre.tell(task)
    centre.heard(2)

    centre.tell(SuspensionDecided(**about(task), accepted=False, reason="本季可以施工"))

    assert centre.heard(1)[0][2].type == "feedback"


@pytest.mark.infra
def test_without_wishes_a_unit_asks_for_nothing(centre: Centre, a_unit):
    unit = a_unit(Temper.WELL)

    centre.tell(a_task_with(unit, Wish.SUSPENSION))

    assert [one.type for _, _, one in centre.heard(2)] == ["sign", "feedback"]


@pytest.mark.infra
def test_a_unit_replies_to_a_supervision_order(centre: Centre, a_unit):
    a_unit(Temper.WELL)
    order = SupervisionOrder(
        **about(a_real_task()),
        order_number="41-S1",
        kind="overdue",
        words="请尽快处置",
        ordered_at=NOON,
        reply_by_at=NOON,
    )

    centre.tell(order)

    said = read(centre.heard(1)[0][2])
    assert (said.order_number, said.case_number) == ("41-S1", order.case_number)


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


def test_the_simulated_units_know_nothing_of_ours_but_the_sdk():
    ours = {"case_contracts", "chassis", "handbook", "services", "console", "cli", "tests"}
    trees = [ast.parse(file.read_text()) for file in (ROOT / "examples" / "units").glob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import)]
    froms = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names} | {node.module or "" for node in froms}

    assert "unit_sdk" in names
    assert not {name for name in names if name.split(".")[0] in ours}
    assert all(name.startswith("examples.units") for name in names if name.startswith("examples"))
