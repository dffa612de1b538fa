"""Over the real broker: what a stranger writes into headers of ours is neither believed nor obeyed."""

import contextlib
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pika
import pytest
from message_kit import CONTENT_TYPE, Envelope, effects, encode, eventually, opened

from chassis.outbox import new_id
from tests.infrastructure_fixtures import TESTER

pytestmark = pytest.mark.infra

HERE = Path(__file__).parent
QUORUM = {"x-queue-type": "quorum"}


class Yard:
    """A queue that strangers write to through an exchange, and a process that reads it."""

    def __init__(self, broker, uri: str, url: str) -> None:
        self.broker, self.uri, self.url = broker, uri, url
        self.database = opened(url)
        with self.channel() as channel:
            channel.exchange_declare("yard", "topic", durable=True)
            for queue in ("basket", "parking", "others"):
                channel.queue_declare(queue, durable=True, arguments=QUORUM)
            channel.queue_bind("basket", "yard", "#")

    @contextlib.contextmanager
    def channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.uri))
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
        connection.close()

    def shout(
        self, tree: str, *, key: str = "tester.sign", user_id: str | None = None, **headers: Any
    ) -> None:
        """A stranger's message, by the exchange."""
        body = encode(Envelope(id=new_id(), data={"tree": tree, "apple": 1}))
        properties = pika.BasicProperties(content_type=CONTENT_TYPE, user_id=user_id, headers=headers)
        with self.channel() as channel:
            channel.basic_publish("yard", key, body, properties)

    @contextlib.contextmanager
    def reading(self):
        environment = {**os.environ, "PYTHONPATH": f"{HERE.parent.parent}:{HERE}", "SURVIVES": "none"}
        command = ["-W", "ignore", str(HERE / "reading_process.py"), self.url, self.uri, "basket"]
        process = subprocess.Popen([sys.executable, *command], env=environment)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    def parked(self, count: int) -> list[dict[str, Any]]:
        """The headers of what was parked, once there are so many."""
        with self.reading():
            eventually(lambda: self.broker.count(self.uri, "parking") == count)
        return [one["properties"]["headers"] for one in self.broker.messages(self.uri, "parking")]


@pytest.fixture
def yard(broker, vhost, database):
    yard = Yard(broker, vhost, database)
    yield yard
    yard.database.close()


def test_a_name_that_the_sender_wrote_itself_is_not_carried_on(yard):
    yard.shout("hopeless", **{"x-user-id": "u02", "x-queue": "others", "x-exchange": ""})

    (headers,) = yard.parked(1)

    assert "x-user-id" not in headers
    assert (headers["x-queue"], headers["x-exchange"]) == ("basket", "yard")
    assert headers["x-routing-key"] == "tester.sign"


def test_the_name_that_the_broker_vouched_for_is_carried_on(yard):
    yard.shout("hopeless", user_id=TESTER, **{"x-user-id": "u02"})

    (headers,) = yard.parked(1)

    assert headers["x-user-id"] == TESTER


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_our_account_copies_nothing_to_where_a_sender_points(yard, header):
    yard.shout("hopeless", **{header: ["others"]})

    yard.parked(1)

    assert yard.broker.count(yard.uri, "others") == 0


STRANGE_HEADERS: list[dict[str, Any]] = [
    {"x-attempt": 2**63 - 1},
    {"x-attempt": -(2**63)},
    {"x-attempt": "three"},
    {"x-death": [{"queue": "others", "reason": "expired"}], "x-delivery-count": 7},
    {"traceparent": "0" * 120_000},
    {"ballast": "0" * 120_000},
    {"compression": "application/x-gzip"},
]


def test_no_header_keeps_a_message_from_being_parked_and_the_next_from_being_read(yard):
    for headers in STRANGE_HEADERS:
        yard.shout("hopeless", **headers)
    yard.shout("good")

    yard.parked(len(STRANGE_HEADERS))

    assert effects(yard.database) == ["good 1"]


def test_a_routing_key_that_is_no_text_does_no_harm(yard):
    yard.shout("hopeless", key="tester.xxx")
    body = b"{"
    with yard.channel() as channel:
        _raw_publish(channel, "yard", b"tester.\xed\xa0\x80", body)
    yard.shout("good")

    yard.parked(2)

    assert effects(yard.database) == ["good 1"]


def _raw_publish(channel, exchange: str, key: bytes, body: bytes) -> None:
    """Publish under a key that is no UTF-8, which pika would not."""
    name = exchange.encode()
    method = struct.pack(">HHHB", 60, 40, 0, len(name)) + name + struct.pack("B", len(key)) + key + b"\x00"
    header = struct.pack(">HHQH", 60, 0, len(body), 0)
    with contextlib.closing(pika.BlockingConnection(channel.connection._impl.params)) as connection:
        number = connection.channel().channel_number
        for kind, payload in ((1, method), (2, header), (3, body)):
            frame = struct.pack(">BHI", kind, number, len(payload)) + payload + b"\xce"
            connection._impl._output_marshaled_frames([frame])
        connection.process_data_events(0)
