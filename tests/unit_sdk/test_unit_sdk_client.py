"""The SDK against the real broker: what a unit's software may rely on."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import unit_sdk
from case_contracts import units, wire
from tests.unit_sdk.sdk_kit import JPEG, NOON, Centre, a_task, eventually, unit_url
from unit_sdk import RequestRefused, Task, TaskWithdrawn, UnitClient
from unit_sdk.identifiers import new_id

pytestmark = pytest.mark.infra


class Received(list):
    """What a unit's function was called with."""

    def __init__(self, client: UnitClient, *kinds: type) -> None:
        super().__init__()
        for kind in kinds or (Task,):
            client.on(kind)(self.append)


def test_a_task_reaches_the_units_function_and_leaves_the_queue(centre: Centre, client: UnitClient):
    received = Received(client)
    client.start()

    centre.tell(a_task())

    eventually(lambda: received == [a_task()])
    client.stop()
    assert centre.depth("unit.u01.tasks") == 0


def test_every_kind_of_message_reaches_its_own_function(centre: Centre, client: UnitClient):
    received = Received(client, TaskWithdrawn, RequestRefused)
    withdrawn = TaskWithdrawn(
        case_number="1", round=1, dispatch_number=1, responsible_unit="u01", reason="作废"
    )
    refused = RequestRefused(request_id="m", request="sign", reason="已撤回", case_number="1")
    client.start()

    centre.tell(a_task(), withdrawn, refused)

    eventually(lambda: received == [withdrawn, refused])


def test_urgent_tasks_come_before_the_others(centre: Centre, client: UnitClient):
    centre.tell(*(a_task(number) for number in range(1, 6)))
    begun, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    @client.on(Task)
    def work(task: Task) -> None:
        order.append(task.urgency)
        begun.set()
        go_on.wait(20)

    client.start()
    begun.wait(20)
    centre.tell(a_task(9, urgency="urgent"), urgent=True)
    eventually(lambda: centre.depth("unit.u01.urgent") == 0)
    eventually(lambda: client._reception._waiting.qsize() == 5)
    go_on.set()

    eventually(lambda: len(order) == 6)
    assert order[1] == "urgent"


def test_a_message_whose_function_fails_comes_again(centre: Centre, client: UnitClient):
    calls: list[Task] = []

    @client.on(Task)
    def work(task: Task) -> None:
        calls.append(task)
        if len(calls) == 1:
            raise RuntimeError("the unit's own database is away")

    client.start()
    centre.tell(a_task())

    eventually(lambda: len(calls) == 2)
    client.stop()
    assert centre.depth("unit.u01.tasks") == 0


def test_a_repeat_reaches_no_function_until_the_unit_asks_for_all_again(centre: Centre, client: UnitClient):
    received = Received(client)
    client.start()
    centre.tell(a_task(), id="same")
    centre.tell(a_task(), id="same")
    centre.tell(a_task(2), id="other")
    eventually(lambda: len(received) == 2)

    client.resync()
    ((method, _, envelope),) = centre.heard(1)
    assert (method.routing_key, envelope.type) == ("u01.resync", "resync")
    centre.tell(a_task(), id="same")

    eventually(lambda: [task.case_number[-1] for task in received] == ["1", "2", "1"])


def test_a_message_that_cannot_be_read_is_parked_and_the_rest_goes_on(centre: Centre, client: UnitClient):
    received = Received(client)
    client.start()
    with centre.channel() as channel:
        centre.put(channel, b"not JSON", "bad")
    centre.tell(a_task())

    eventually(lambda: len(received) == 1)
    eventually(lambda: centre.depth("parking") == 1)


def test_a_kind_of_message_that_is_newer_than_the_sdk_is_passed_over(centre: Centre, client: UnitClient):
    received = Received(client)
    client.start()
    envelope = wire.Envelope(
        id="new", source="dispatch", type="greeting", time=NOON, subject="x", data={"words": "新年好"}
    )
    with centre.channel() as channel:
        centre.put(channel, wire.encode(envelope), "new")
    centre.tell(a_task())

    eventually(lambda: len(received) == 1)
    client.stop()
    assert centre.depth("unit.u01.tasks") == centre.depth("parking") == 0


def test_what_a_unit_says_bears_its_name_its_own_id_and_survives_a_broker_restart(
    centre: Centre, client: UnitClient
):
    client.start()
    task = a_task()

    signed = client.sign(task)
    sent_back = client.send_back(task, "不属于本单位")

    first, second = centre.heard(2)
    method, properties, envelope = first
    assert method.routing_key == f"u01.sign.{task.case_number}"
    assert (properties.user_id, properties.message_id, properties.delivery_mode) == ("u01", signed, 2)
    assert (properties.content_type, properties.type) == (wire.CONTENT_TYPE, "sign")
    assert (envelope.id, envelope.source) == (signed, "units/u01")
    assert wire.unpack(units.Sign, envelope.data) == units.Sign(
        case_number=task.case_number, round=1, dispatch_number=1, responsible_unit="u01"
    )
    assert second[2].id == sent_back != signed
    assert second[2].data["reason"] == "不属于本单位"


def test_a_function_may_answer_its_task_at_once(centre: Centre, client: UnitClient):
    client.on(Task)(client.sign)
    client.start()

    centre.tell(a_task(1), a_task(2))

    assert [envelope.type for _, _, envelope in centre.heard(2)] == ["sign", "sign"]


def test_a_cut_connection_is_made_anew_and_nothing_is_lost(centre: Centre, client: UnitClient, broker):
    received = Received(client)
    client.start()
    assert client.wait_until_connected(20)
    eventually(lambda: broker.close_connections(centre.uri))
    centre.tell(a_task())

    eventually(lambda: received == [a_task()])
    client.sign(a_task())
    assert centre.heard(1)[0][2].type == "sign"


def test_a_task_in_hand_when_the_connection_is_cut_is_not_handled_twice(
    centre: Centre, client: UnitClient, broker
):
    begun, go_on = threading.Event(), threading.Event()
    calls: list[Task] = []

    @client.on(Task)
    def work(task: Task) -> None:
        calls.append(task)
        begun.set()
        go_on.wait(20)

    client.start()
    centre.tell(a_task())
    assert begun.wait(20)
    eventually(lambda: broker.close_connections(centre.uri))
    eventually(lambda: not client._link.connected.is_set())
    go_on.set()

    eventually(client._link.connected.is_set)
    centre.tell(a_task(2))
    eventually(lambda: len(calls) == 2)
    assert [task.case_number[-1] for task in calls] == ["1", "2"]
    client.stop()
    assert centre.depth("unit.u01.tasks") == 0


class Wire:
    """A line to the broker that can be cut, as a restart of the broker looks from a unit."""

    def __init__(self, target: int) -> None:
        self.target = target
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._listener: socket.socket | None = None
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def mend(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for pair in self._pairs:
            for end in pair:
                end.close()
        self._pairs.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self._pairs.append((near, far))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        try:
            while True:
                for end in select.select([near, far], [], [], 30)[0]:
                    content = end.recv(65536)
                    if not content:
                        return
                    (far if end is near else near).sendall(content)
        except (OSError, ValueError):
            return


@pytest.fixture
def line(city_vhost: str) -> Iterator[Wire]:
    line = Wire(urlsplit(city_vhost).port or 5672)
    yield line
    line.cut()


def test_a_broker_that_is_away_at_first_is_waited_for_and_what_was_said_meanwhile_is_sent(
    centre: Centre, city_vhost: str, line: Wire
):
    with UnitClient(unit_url(city_vhost, port=line.port), "u01") as client:
        sender = threading.Thread(target=client.sign, args=(a_task(),))
        sender.start()
        assert not client.wait_until_connected(0.5)

        line.mend()

        sender.join(30)
        assert not sender.is_alive()
    assert centre.heard(1)[0][2].type == "sign"


def test_through_cuts_of_the_line_every_message_arrives(centre: Centre, city_vhost: str, line: Wire):
    line.mend()
    with UnitClient(unit_url(city_vhost, port=line.port), "u01") as client:
        received = Received(client)
        said: list[str] = []

        def talk() -> None:
            said.extend(client.sign(a_task(number)) for number in range(1, 31))

        talker = threading.Thread(target=talk)
        talker.start()
        for wanted in (5, 12, 20):
            eventually(lambda wanted=wanted: centre.depth("dispatch.feedback") >= wanted)
            line.cut()
            line.mend()
        centre.tell(a_task(77))
        talker.join(60)
        eventually(lambda: received == [a_task(77)])

    # A message whose confirmation was cut off was said twice, under one id.
    count = centre.depth("dispatch.feedback")
    heard = [envelope.id for _, _, envelope in centre.heard(count)]
    assert set(heard) == set(said)
    assert len(said) == 30


def test_a_message_that_nobody_confirms_is_reported_as_not_sent(city_vhost: str, line: Wire):
    with (
        UnitClient(unit_url(city_vhost, port=line.port), "u01", confirm_within=0.3) as client,
        pytest.raises(unit_sdk.NotSent),
    ):
        client.sign(a_task())


def test_a_wrong_password_is_told_to_the_units_operator(city_vhost: str):
    client = UnitClient(unit_url(city_vhost, password="wrong"), "u01")

    with pytest.raises(unit_sdk.AccessRefused):
        client.run()
    with pytest.raises(unit_sdk.AccessRefused):
        client.sign(a_task())


def test_an_account_of_another_unit_is_refused_at_once(city_vhost: str):
    with pytest.raises(ValueError, match="u02"):
        UnitClient(unit_url(city_vhost), "u02")


def test_stopping_finishes_what_is_in_hand_and_leaves_the_rest_to_the_broker(
    centre: Centre, client: UnitClient
):
    centre.tell(*(a_task(number) for number in range(1, 6)))
    begun, done = threading.Event(), []

    @client.on(Task)
    def work(task: Task) -> None:
        begun.set()
        client.sign(task)
        done.append(task)
        client._stopping.wait(20)

    client.start()
    assert begun.wait(20)
    client.stop()

    assert len(done) == 1
    eventually(lambda: centre.depth("unit.u01.tasks") == 4)


# --- photos -------------------------------------------------------------------------------------------------


def test_feedback_uploads_each_photo_and_names_the_receipts(
    centre: Centre, city_vhost: str, photo_door, tmp_path: Path
):
    base_url, _ = photo_door
    picture = tmp_path / "after.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n another")
    with UnitClient(unit_url(city_vhost), "u01", base_url=base_url) as client:
        client.feed_back(a_task(), "已修复", [JPEG, picture])

    ((_, _, envelope),) = centre.heard(1)
    said = wire.unpack(units.Feedback, envelope.data)
    assert said.text == "已修复"
    assert said.receipts == (f"image/jpeg {len(JPEG)}", f"image/png {picture.stat().st_size}")


def test_a_request_for_a_rest_uploads_the_photos_that_show_why(centre: Centre, city_vhost: str, photo_door):
    base_url, _ = photo_door
    with UnitClient(unit_url(city_vhost), "u01", base_url=base_url) as client:
        client.ask_suspension(a_task(), "补植须待秋季", until_at=NOON, photos=[JPEG])

    ((_, _, envelope),) = centre.heard(1)
    assert wire.unpack(units.AskSuspension, envelope.data).receipts == (f"image/jpeg {len(JPEG)}",)


@pytest.mark.parametrize("unwell", [1, 2], ids=["asked too often", "database away, then asked too often"])
def test_an_upload_door_that_is_unwell_for_a_moment_is_tried_again(city_vhost: str, photo_door, unwell):
    base_url, door = photo_door
    door.unwell = unwell

    client = UnitClient(unit_url(city_vhost), "u01", base_url=base_url)

    assert client.upload(a_task(), JPEG).startswith("image/jpeg")
    assert door.unwell == 0


def test_a_photo_that_the_centre_refuses_is_not_fed_back_and_the_reason_is_told(
    centre: Centre, city_vhost: str, photo_door
):
    base_url, door = photo_door
    door.refuse = {"title": "不符合要求", "errors": [{"field": "photo", "rule": "不是图片"}]}
    with (
        UnitClient(unit_url(city_vhost), "u01", base_url=base_url) as client,
        pytest.raises(unit_sdk.UploadRefused, match="photo: 不是图片"),
    ):
        client.feed_back(a_task(), "已修复", [b"no picture"])

    assert centre.depth("dispatch.feedback") == 0


def test_a_photo_of_the_problem_is_fetched_by_its_link(city_vhost: str, photo_door):
    base_url, _ = photo_door
    client = UnitClient(unit_url(city_vhost), "u01", base_url=base_url)

    assert client.fetch("/api/intake/attachments/ab?link=signed") == JPEG


def test_photos_need_the_centres_web_address(city_vhost: str):
    client = UnitClient(unit_url(city_vhost), "u01")

    with pytest.raises(unit_sdk.SdkError, match="base_url"):
        client.upload(a_task(), JPEG)
    with pytest.raises(ValueError, match="http"):
        UnitClient(unit_url(city_vhost), "u01", base_url="ftp://centre")


def test_the_address_may_be_given_in_pieces_and_one_function_may_take_every_message(
    centre: Centre, city_vhost: str, photo_door
):
    parts, (base_url, door) = urlsplit(city_vhost), photo_door
    received: list[Any] = []
    client = UnitClient(
        host="127.0.0.1",
        port=parts.port or 5672,
        vhost=parts.path[1:],
        code="u01",
        password="secret-u01",
        base_url=base_url,
    )
    client.receive(received.append)
    assert client.wait_connected(20)

    centre.tell(a_task(), RequestRefused(request_id="m", request="sign", reason="已撤回"))
    eventually(lambda: len(received) == 2)
    client.feed_back(a_task(), "已修复", [JPEG], at=NOON)
    client.stop()

    assert centre.heard(1)[0][2].time == NOON
    assert door.moments == [NOON.isoformat()]


def test_waiting_for_a_connection_that_is_refused_says_so(city_vhost: str):
    parts = urlsplit(city_vhost)
    client = UnitClient(
        host="127.0.0.1", port=parts.port or 5672, vhost=parts.path[1:], code="u01", password="wrong"
    )
    client.start()

    with pytest.raises(unit_sdk.AccessRefused):
        client.wait_connected(60)
    client.stop()
    with pytest.raises(ValueError, match="host"):
        UnitClient(code="u01", password="x")


def test_message_ids_are_version_7_and_ordered_by_time():
    ids = []
    for _ in range(3):
        ids.append(new_id())
        made_at = time.time_ns() // 1_000_000
        while time.time_ns() // 1_000_000 == made_at:
            pass

    assert ids == sorted(ids)
    assert all(one[14] == "7" and one[19] in "89ab" for one in ids)
    assert replace(a_task(), round=2) != a_task()
