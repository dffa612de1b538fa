"""What a unit's software may rely on over restarts, failures and long work."""

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

import unit_sdk.client
from tests.unit_sdk.sdk_kit import Centre, a_task, eventually, unit_url
from unit_sdk import Parked, Task, UnitClient, backoff
from unit_sdk.memory import REMEMBERED, Memory
from unit_sdk.parking import ParkingFolder


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short."""
    monkeypatch.setattr(backoff, "pause", lambda tries, longest=0: 0.05)


def a_client(city_vhost: str, **more: Any) -> UnitClient:
    return UnitClient(unit_url(city_vhost), "u01", confirm_within=30, **more)


@pytest.mark.infra
def test_a_repeat_is_dropped_after_a_restart_of_the_units_program_too(
    centre: Centre, city_vhost: str, tmp_path: Path
):
    received: list[Task] = []
    with a_client(city_vhost, memory=tmp_path / "memory") as first:
        first.on(Task)(received.append)
        centre.tell(a_task(), id="same")
        eventually(lambda: len(received) == 1)

    with a_client(city_vhost, memory=tmp_path / "memory") as second:
        second.on(Task)(received.append)
        centre.tell(a_task(), id="same")
        centre.tell(a_task(2), id="other")
        eventually(lambda: len(received) == 2)

    assert [task.case_number[-1] for task in received] == ["1", "2"]
    assert centre.depth("unit.u01.tasks") == 0


@pytest.mark.infra
def test_resync_forgets_what_the_file_remembers(centre: Centre, city_vhost: str, tmp_path: Path):
    received: list[Task] = []
    with a_client(city_vhost, memory=tmp_path / "memory") as client:
        client.on(Task)(received.append)
        centre.tell(a_task(), id="same")
        eventually(lambda: len(received) == 1)
        client.resync()
        centre.tell(a_task(), id="same")

        eventually(lambda: len(received) == 2)


@pytest.mark.infra
def test_what_fails_too_often_lies_in_the_units_own_folder_and_not_with_the_centre(
    centre: Centre, city_vhost: str, tmp_path: Path, impatient: None
):
    calls: list[Task] = []
    folder = tmp_path / "parked"

    def work(task: Task) -> None:
        calls.append(task)
        if task.case_number.endswith("1"):
            raise RuntimeError("no such street in our books")

    with a_client(city_vhost, parking=folder, tries=3) as client:
        client.on(Task)(work)
        centre.tell(a_task(1), id="bad")
        centre.tell(a_task(2), id="good")
        (file,) = eventually(lambda: list(folder.glob("*.json")))
        eventually(lambda: len(calls) == 4)

    assert sorted(task.case_number[-1] for task in calls) == ["1", "1", "1", "2"]
    document = json.loads(file.read_text())
    assert (document["message_id"], document["tries"]) == ("bad", 3)
    assert "no such street in our books" in document["error"]
    assert document["body"]["data"]["case_number"] == a_task(1).case_number
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert centre.depth("unit.u01.tasks") == centre.depth("parking") == 0


@pytest.mark.infra
def test_a_parked_message_is_tried_again_when_the_unit_says_so_and_then_the_folder_is_empty(
    centre: Centre, city_vhost: str, tmp_path: Path, impatient: None
):
    mended = threading.Event()
    received: list[Task] = []

    def work(task: Task) -> None:
        if not mended.is_set():
            raise RuntimeError("not yet")
        received.append(task)

    with a_client(city_vhost, parking=tmp_path, tries=1) as client:
        client.on(Task)(work)
        centre.tell(a_task(), id="parked")
        eventually(lambda: list(tmp_path.glob("*.json")))
        assert client.retry_parked() == 1
        eventually(lambda: ParkingFolder(tmp_path).documents()[0]["tries"] == 1)

        mended.set()
        client.retry_parked()

        eventually(lambda: received == [a_task()])
        eventually(lambda: not list(tmp_path.glob("*.json")))


@pytest.mark.infra
def test_a_parked_task_that_the_centre_sends_again_is_tried_again_and_leaves_the_folder(
    centre: Centre, city_vhost: str, tmp_path: Path, impatient: None
):
    calls: list[Task] = []

    def work(task: Task) -> None:
        calls.append(task)
        if len(calls) < 3:
            raise RuntimeError("the table is locked")

    with a_client(city_vhost, parking=tmp_path, tries=2) as client:
        client.on(Task)(work)
        centre.tell(a_task(), id="daily")
        eventually(lambda: list(tmp_path.glob("*.json")))

        centre.tell(a_task(), id="daily")

        eventually(lambda: len(calls) == 3)
        eventually(lambda: not list(tmp_path.glob("*.json")))


@pytest.mark.infra
def test_a_function_may_be_the_parking_and_one_that_fails_loses_nothing(
    centre: Centre, city_vhost: str, impatient: None
):
    parked: list[Parked] = []

    def park(one: Parked) -> None:
        parked.append(one)
        if len(parked) == 1:
            raise OSError("disk full")

    with a_client(city_vhost, parking=park, tries=2) as client:

        @client.on(Task)
        def work(task: Task) -> None:
            raise ValueError("never")

        centre.tell(a_task(), id="bad")
        eventually(lambda: len(parked) == 2)

    assert {one.message_id for one in parked} == {"bad"}
    assert parked[1].message == a_task()
    assert "ValueError: never" in parked[1].error
    assert centre.depth("unit.u01.tasks") == 0


@pytest.mark.infra
def test_work_of_many_heartbeats_keeps_the_connection_and_is_done_once(
    centre: Centre, city_vhost: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unit_sdk.client, "HEARTBEAT", 3)
    calls: list[Any] = []
    with a_client(city_vhost) as client:

        @client.on(Task)
        def work(task: Task) -> None:
            connection = client._link._connection
            # The broker ends a connection that is silent for two heartbeats.
            eventually(lambda: connection._impl._heartbeat_checker._heartbeat_frames_sent >= 5, within=60)
            calls.append(connection)

        centre.tell(a_task())
        eventually(lambda: len(calls) == 1, within=70)
        client.sign(a_task())
        assert client._link._connection is calls[0]

    assert centre.depth("unit.u01.tasks") == 0
    assert len(calls) == 1


@pytest.mark.infra
def test_a_function_of_the_unit_may_stop_the_client(centre: Centre, city_vhost: str):
    client = a_client(city_vhost)

    @client.on(Task)
    def work(task: Task) -> None:
        client.stop()

    client.start()
    centre.tell(a_task())

    eventually(lambda: not client._thread.is_alive())
    assert centre.depth("unit.u01.tasks") == 0


@pytest.mark.infra
def test_a_memory_that_fails_for_a_moment_costs_no_message(
    centre: Centre, city_vhost: str, impatient: None, monkeypatch: pytest.MonkeyPatch
):
    received: list[Task] = []
    with a_client(city_vhost) as client:
        client.on(Task)(received.append)
        failures = iter([OSError("disk full")])
        begin = client._memory.begin

        def begin_after_a_failure(message_id: str) -> int:
            for failure in failures:
                raise failure
            return begin(message_id)

        monkeypatch.setattr(client._memory, "begin", begin_after_a_failure)
        centre.tell(a_task())

        eventually(lambda: received == [a_task()])


def test_a_program_that_dies_of_a_message_has_tried_it(tmp_path: Path):
    first = Memory(tmp_path / "new" / "memory")
    assert first.begin("deadly") == 1

    second = Memory(tmp_path / "new" / "memory")

    assert second.begin("deadly") == 2
    second.give_up("deadly")
    assert second.begin("deadly") == 1


def test_the_memory_forgets_the_oldest_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("unit_sdk.memory.REMEMBERED", 3)
    memory = Memory()
    for number in range(5):
        memory.finish(str(number))

    assert [number for number in range(5) if memory.is_done(str(number))] == [2, 3, 4]
    assert REMEMBERED >= 10_000


def test_a_message_id_never_leads_out_of_the_parking_folder(tmp_path: Path):
    folder = ParkingFolder(tmp_path / "parked")
    moment = a_task().due_at
    for message_id in ("../../evil", "/etc/evil", "a" * 5000, ".", "x\n"):
        folder(Parked(message_id=message_id, message=None, body=b"\xff", tries=1, error="e", at=moment))

    assert len(list((tmp_path / "parked").glob("*.json"))) == 5
    assert not (tmp_path / "evil.json").exists()
    assert {body for _, body in folder.bodies()} == {b"\xff"}


def test_only_a_folder_can_be_tried_again():
    with pytest.raises(ValueError, match="folder"):
        UnitClient("amqp://u01:x@127.0.0.1/city", "u01").retry_parked()
    with pytest.raises(ValueError, match="tries"):
        UnitClient("amqp://u01:x@127.0.0.1/city", "u01", tries=0)
