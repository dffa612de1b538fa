"""The example clients for units without Python, each on the real broker: what docs/units.md asks, they do.

One client of each language serves all tests, each of which has a task of its own.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from case_contracts import wire
from case_contracts.units import FROM_UNIT, RequestRefused, Task, TaskWithdrawn
from tests.clients.client_kit import Client, eventually
from tests.infrastructure_fixtures import Broker
from tests.unit_sdk.sdk_kit import JPEG, NOON, Centre, PhotoDoor, a_task
from unit_sdk.identifiers import new_id

pytestmark = pytest.mark.infra

NUMBERS = count(1)
PATIENCE = 60


@pytest.fixture
def task() -> Task:
    """A task like no other."""
    return a_task(next(NUMBERS), due_at=NOON + timedelta(days=5))


@pytest.fixture
def door(photo_door: tuple[str, type[PhotoDoor]]) -> Iterator[type[PhotoDoor]]:
    """The upload door, well again afterwards."""
    yield photo_door[1]
    photo_door[1].unwell, photo_door[1].refuse = 0, None


def name_of(task: Task) -> str:
    return f"{task.case_number}-{task.round}-{task.dispatch_number}"


def about(task: Task) -> dict[str, Any]:
    names = ("case_number", "round", "dispatch_number", "responsible_unit")
    return {name: getattr(task, name) for name in names}


def heard(centre: Centre, type_: str, task: Task) -> tuple[Any, wire.Envelope, Any]:
    """The unit's next message, of this type and about this task: its properties, its envelope, itself."""
    ((method, properties, envelope),) = centre.heard(1, within=PATIENCE)
    assert (envelope.type, envelope.data["case_number"]) == (type_, task.case_number)
    assert method.routing_key == f"u01.{type_}.{task.case_number}"
    return properties, envelope, wire.unpack(FROM_UNIT[type_], envelope.data)


def test_a_task_is_kept_signed_and_fed_back_with_the_receipt_of_its_photo(
    client: Client, centre: Centre, task: Task
) -> None:
    centre.tell(task)

    _, _, signed = heard(centre, "sign", task)
    kept = client.entry(name_of(task))
    client.finish(name_of(task), JPEG)
    _, _, fed_back = heard(centre, "feedback", task)
    assert (signed.round, signed.dispatch_number, signed.responsible_unit) == (1, 1, "u01")
    assert kept["task"]["address"] == task.address
    assert fed_back.receipts == (f"image/jpeg {len(JPEG)}",)
    assert fed_back.text
    eventually(lambda: client.entry(name_of(task))["state"] == "fed back")
    assert centre.depth("unit.u01.tasks") == 0


def test_a_message_has_every_property_that_the_centre_asks_for(
    client: Client, centre: Centre, task: Task
) -> None:
    centre.tell(task, urgent=True)

    properties, envelope, _ = heard(centre, "sign", task)
    assert properties.user_id == "u01"
    assert properties.content_type == wire.CONTENT_TYPE
    assert properties.delivery_mode == 2
    assert properties.message_id == envelope.id
    assert (properties.type, properties.app_id) == ("sign", "units/u01")
    assert properties.app_id == envelope.source
    assert properties.correlation_id == task.case_number
    assert abs(properties.timestamp - envelope.time.timestamp()) <= 1


def test_a_message_that_comes_twice_is_handled_once_also_by_a_client_that_was_killed(
    client: Client, centre: Centre, task: Task
) -> None:
    message_id, following = new_id(), a_task(next(NUMBERS))
    centre.tell(task, id=message_id)
    heard(centre, "sign", task)
    eventually(lambda: message_id in (client.books / "seen").read_text())

    client.kill()
    client.start()
    centre.tell(task, id=message_id)
    centre.tell(following)

    heard(centre, "sign", following)
    eventually(lambda: centre.depth("unit.u01.tasks") == 0)


def test_a_task_that_cannot_be_kept_is_not_acknowledged_and_comes_again(
    client: Client, centre: Centre, task: Task
) -> None:
    in_the_way = client.books / f"{name_of(task)}.json.new"
    in_the_way.mkdir()
    before = client.words.count("comes again")
    centre.tell(task)
    eventually(lambda: client.words.count("comes again") > before)

    client.kill()
    eventually(lambda: centre.depth("unit.u01.tasks") == 1)
    in_the_way.rmdir()
    client.start()

    heard(centre, "sign", task)
    eventually(lambda: client.entry(name_of(task)))


def test_a_client_comes_back_when_its_connection_is_cut(
    client: Client, centre: Centre, task: Task, broker: Broker, city_vhost: str
) -> None:
    connections = client.words.count("connected")
    eventually(lambda: broker.ask("GET", f"vhosts/{city_vhost.rsplit('/', 1)[-1]}/connections"))
    broker.close_connections(city_vhost)
    centre.tell(task)

    heard(centre, "sign", task)
    eventually(lambda: client.words.count("connected") > connections)


def test_what_was_said_before_a_crash_is_said_again_under_its_old_id(
    client: Client, centre: Centre, task: Task
) -> None:
    centre.tell(task)
    heard(centre, "sign", task)
    client.finish(name_of(task), JPEG)
    _, first, _ = heard(centre, "feedback", task)
    eventually(lambda: client.entry(name_of(task))["state"] == "fed back")

    client.kill()
    # As if it had been killed between the sending and the confirm.
    entry = client.entry(name_of(task)) | {"state": "open"}
    (client.books / f"{name_of(task)}.json").write_text(json.dumps(entry), encoding="utf-8")
    client.start()

    _, second, _ = heard(centre, "feedback", task)
    assert second.id == first.id


def test_feedback_that_is_refused_waits_for_another_photo_and_goes_under_a_new_id(
    client: Client, centre: Centre, task: Task
) -> None:
    centre.tell(task)
    heard(centre, "sign", task)
    client.finish(name_of(task), JPEG)
    _, first, _ = heard(centre, "feedback", task)
    eventually(lambda: client.entry(name_of(task))["state"] == "fed back")

    refusal = {"request": "feedback", "reason": "照片不清楚", "case_number": task.case_number}
    centre.tell(RequestRefused(request_id=first.id, field="receipts", **refusal))
    eventually(lambda: client.entry(name_of(task))["state"] == "open")
    client.finish(name_of(task), JPEG + b" again")

    _, second, fed_back = heard(centre, "feedback", task)
    assert second.id != first.id
    assert fed_back.receipts == (f"image/jpeg {len(JPEG) + 6}",)
    assert "照片不清楚" in client.words


def test_an_upload_is_patient_with_a_door_that_is_unwell(
    client: Client, centre: Centre, task: Task, door: type[PhotoDoor]
) -> None:
    centre.tell(task)
    heard(centre, "sign", task)
    door.unwell = 2
    client.finish(name_of(task), JPEG)

    heard(centre, "feedback", task)
    assert door.unwell == 0


def test_a_photo_that_the_door_refuses_is_set_aside_and_nothing_is_fed_back(
    client: Client, centre: Centre, task: Task, door: type[PhotoDoor]
) -> None:
    centre.tell(task)
    heard(centre, "sign", task)
    door.refuse = {"title": "不是图片"}
    client.finish(name_of(task), b"no picture")

    eventually(lambda: (client.books / f"{name_of(task)}.jpg.refused").exists())
    assert "不是图片" in client.words
    assert centre.depth("dispatch.feedback") == 0
    assert client.entry(name_of(task))["state"] == "open"


def test_a_withdrawn_task_is_left_alone(client: Client, centre: Centre, task: Task) -> None:
    following = a_task(next(NUMBERS))
    centre.tell(task, TaskWithdrawn(**about(task), reason="误立案"), following)
    heard(centre, "sign", task)
    heard(centre, "sign", following)
    client.finish(name_of(task), JPEG)
    client.finish(name_of(following), JPEG)

    heard(centre, "feedback", following)
    assert client.entry(name_of(task))["state"] == "withdrawn"


def test_a_rework_is_a_task_of_its_own_and_needs_no_signature(
    client: Client, centre: Centre, task: Task
) -> None:
    again = a_task(int(task.case_number[-5:]), round=2, rework_reason="问题仍在")
    centre.tell(task)
    heard(centre, "sign", task)
    centre.tell(again)
    eventually(lambda: client.entry(name_of(again)))
    client.finish(name_of(again), JPEG)

    assert heard(centre, "feedback", task)[2].round == 2


def test_a_type_of_a_later_release_is_passed_over_and_the_unreadable_is_parked(
    client: Client, centre: Centre, task: Task
) -> None:
    later = wire.Envelope(
        id=new_id(), source="dispatch", type="praise", time=NOON, subject="assignment/1", data={"words": "好"}
    )
    with centre.channel() as channel:
        centre.put(channel, wire.encode(later), later.id)
        centre.put(channel, b"{no JSON", new_id())
    centre.tell(task)

    heard(centre, "sign", task)
    eventually(lambda: centre.depth("unit.u01.tasks") == 0)
    eventually(lambda: centre.depth("parking") == 1)
    with centre.channel() as channel:
        channel.queue_purge("parking")
    assert "praise" in client.words
