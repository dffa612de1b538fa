"""The client: one thread speaks with the broker, another runs the unit's own code.

Nothing is acknowledged before the unit's code has succeeded; nothing that is sent counts as sent before the
broker has confirmed it. Lost connections are made anew by themselves.
"""

import logging
import os
import queue
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    StreamLostError,
)

from case_contracts import units, wire
from unit_sdk.uploads import upload

log = logging.getLogger("unit_sdk")

Message = (
    units.Task | units.TaskWithdrawn | units.ReturnDecided | units.RequestAccepted | units.RequestRefused
)
"""What a unit receives."""

REMEMBERED = 10_000
"""How many message ids are kept to recognise repeats."""
LONGEST_PAUSE = 30.0
SEND_SECONDS = 120.0


class AccessDenied(RuntimeError):
    """The broker refused the account or its rights: somebody has to look at code, password and vhost."""


@dataclass(frozen=True)
class _Delivery:
    channel: BlockingChannel
    tag: int
    message_id: str
    body: bytes


@dataclass(frozen=True)
class _Outgoing:
    routing_key: str
    body: bytes
    properties: pika.BasicProperties
    confirmed: "Future[None]"


class UnitClient:
    """One responsible unit's connection with the centre.

    ::

        with UnitClient(host="…", port=5672, code="u04", password="…", base_url="https://…") as client:
            client.receive(on_message)      # on_message(message) runs on a thread of its own
            …
            client.sign(task)
            client.feedback(task, "已修复", photos=[Path("after.jpg")])

    ``on_message`` is called for each message once; when it raises, the message comes again later.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        code: str,
        password: str,
        base_url: str,
        vhost: str = "city",
        prefetch: int = 10,
        ssl_options: pika.SSLOptions | None = None,
    ) -> None:
        self.code = code
        self.base_url = base_url.rstrip("/")
        self.denied: AccessDenied | None = None
        self._parameters = pika.ConnectionParameters(
            host=host,
            port=port,
            virtual_host=vhost,
            credentials=pika.PlainCredentials(code, password),
            heartbeat=30,
            blocked_connection_timeout=60,
            socket_timeout=10,
            ssl_options=ssl_options,
            client_properties={"connection_name": f"unit {code}"},
        )
        self._prefetch = prefetch
        self._connection: pika.BlockingConnection | None = None
        self._on_message: Callable[[Message], None] | None = None
        self._deliveries: queue.SimpleQueue[_Delivery | None] = queue.SimpleQueue()
        self._outgoing: queue.SimpleQueue[_Outgoing] = queue.SimpleQueue()
        self._unconfirmed: list[_Outgoing] = []
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._ending = threading.Event()
        self._connected = threading.Event()
        self._threads = [
            threading.Thread(target=self._speak, name=f"unit-{code}-broker", daemon=True),
            threading.Thread(target=self._listen, name=f"unit-{code}-work", daemon=True),
        ]

    def __enter__(self) -> "UnitClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def receive(self, on_message: Callable[[Message], None]) -> None:
        """Connect, and begin to receive; returns at once."""
        self._on_message = on_message
        for thread in self._threads:
            thread.start()

    def wait_connected(self, seconds: float) -> bool:
        """Wait until the broker has accepted us; raises :class:`AccessDenied` if it never will."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._connected.wait(0.05):
            if self.denied:
                raise self.denied
        return self._connected.is_set()

    def stop(self) -> None:
        """Finish the message in hand, then leave; what was not begun stays in the queue."""
        self._ending.set()
        self._deliveries.put(None)
        for thread in reversed(self._threads):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(30)

    # What a unit says

    def sign(self, task: units.Task, *, at: datetime | None = None) -> str:
        """签收: say that the unit has the task. Answers the request's id; the centre answers by message."""
        return self._say("sign", units.Sign(**_identity(task)), task.case_number, at)

    def send_back(self, task: units.Task, reason: str, *, at: datetime | None = None) -> str:
        """回退: say that the task is not the unit's own, and why."""
        return self._say("send_back", units.SendBack(**_identity(task), reason=reason), task.case_number, at)

    def feedback(
        self, task: units.Task, text: str, photos: Iterable[bytes | Path], *, at: datetime | None = None
    ) -> str:
        """反馈: say that the problem is gone; the photos are uploaded first."""
        moment = {"X-Replay-At": at.isoformat()} if at else {}
        receipts = tuple(
            upload(
                photo.read_bytes() if isinstance(photo, Path) else photo,
                url=self.base_url + task.upload_url,
                token=task.upload_token,
                headers=moment,
            )
            for photo in photos
        )
        said = units.Feedback(**_identity(task), text=text, receipts=receipts)
        return self._say("feedback", said, task.case_number, at)

    def resync(self) -> str:
        """重新同步: forget which messages were seen, and ask for all open tasks again."""
        self._seen.clear()
        return self._say("resync", units.Resync(responsible_unit=self.code), "all", None)

    def say(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        case_number: str,
        message_id: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """Send any message as it is; returns its id when the broker has confirmed it.

        The same ``message_id`` again is a repeat, which has no second effect.
        """
        moment = at or datetime.now(UTC)
        envelope = wire.Envelope(
            id=message_id or str(_time_ordered_id()),
            source=f"units/{self.code}",
            type=kind,
            time=moment,
            subject=f"assignment/{case_number}",
            data=data,
        )
        properties = pika.BasicProperties(
            content_type=wire.CONTENT_TYPE,
            delivery_mode=pika.DeliveryMode.Persistent.value,
            message_id=envelope.id,
            type=kind,
            app_id="unit_sdk",
            user_id=self.code,
            timestamp=int(moment.timestamp()),
        )
        outgoing = _Outgoing(
            f"{self.code}.{kind}.{case_number}", wire.encode(envelope), properties, Future[None]()
        )
        self._outgoing.put(outgoing)
        self._wake()
        outgoing.confirmed.result(SEND_SECONDS)
        return envelope.id

    def _say(self, kind: str, said: Any, case_number: str, at: datetime | None) -> str:
        return self.say(kind, wire.pack(said), case_number=case_number, at=at)

    # The thread that speaks with the broker

    def _speak(self) -> None:
        pause = 0.5
        while not self._ending.is_set() or self._threads[1].is_alive():
            try:
                self._one_connection()
                pause = 0.5
            except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
                self._give_up(str(error))
                return
            except ChannelClosedByBroker as error:
                if error.reply_code == 403:
                    self._give_up(error.reply_text)
                    return
                log.warning("channel closed: %s", error)
            except (AMQPError, OSError) as error:
                log.warning("connection lost: %s", type(error).__name__)
            finally:
                self._connected.clear()
                self._connection = None
            if self._ending.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311
                return
            pause = min(pause * 2, LONGEST_PAUSE)

    def _one_connection(self) -> None:
        connection = pika.BlockingConnection(self._parameters)
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=self._prefetch)
        for name in ("urgent", "tasks"):
            channel.basic_consume(f"unit.{self.code}.{name}", self._on_delivery)
        self._connection = connection
        self._connected.set()
        try:
            while channel.is_open and (not self._ending.is_set() or self._threads[1].is_alive()):
                self._send(channel)
                connection.process_data_events(time_limit=1)
            self._send(channel)
        finally:
            if connection.is_open:
                connection.close()

    def _send(self, channel: BlockingChannel) -> None:
        while not self._outgoing.empty():
            self._unconfirmed.append(self._outgoing.get())
        while self._unconfirmed:
            first = self._unconfirmed[0]
            try:
                channel.basic_publish(
                    "units.feedback", first.routing_key, first.body, first.properties, mandatory=True
                )
            except (ChannelClosedByBroker, StreamLostError, OSError):
                raise
            except AMQPError as error:
                if not channel.is_open:
                    raise
                self._unconfirmed.pop(0)
                first.confirmed.set_exception(error)
                continue
            self._unconfirmed.pop(0)
            first.confirmed.set_result(None)

    def _on_delivery(
        self, channel: BlockingChannel, method: Any, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._deliveries.put(_Delivery(channel, method.delivery_tag, properties.message_id or "", body))

    def _give_up(self, reason: str) -> None:
        self.denied = AccessDenied(f"{self.code}: {reason}")
        log.error("access denied: %s", reason)
        while not self._outgoing.empty():
            self._unconfirmed.append(self._outgoing.get())
        for outgoing in self._unconfirmed:
            outgoing.confirmed.set_exception(self.denied)
        self._deliveries.put(None)

    def _wake(self, action: Callable[[], None] = lambda: None) -> None:
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.add_callback_threadsafe(action)

    # The thread that runs the unit's code

    def _listen(self) -> None:
        while (delivery := self._deliveries.get()) is not None and not self._ending.is_set():
            if delivery.channel.is_open:
                self._work(delivery)

    def _work(self, delivery: _Delivery) -> None:
        try:
            envelope = wire.decode(delivery.body)
            kind = units.TO_UNIT.get(envelope.type)
            if kind is not None and envelope.id not in self._seen:
                assert self._on_message is not None
                self._on_message(wire.unpack(kind, envelope.data))
            self._remember(envelope.id)
        except Exception:
            log.exception("message %s failed, it will come again", delivery.message_id)
            self._ending.wait(1.0)  # or it would come again at once, for ever
            self._settle(delivery, done=False)
            return
        self._settle(delivery, done=True)

    def _remember(self, message_id: str) -> None:
        self._seen[message_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _settle(self, delivery: _Delivery, *, done: bool) -> None:
        def settle() -> None:
            if delivery.channel.is_open:
                if done:
                    delivery.channel.basic_ack(delivery.tag)
                else:
                    delivery.channel.basic_nack(delivery.tag, requeue=True)

        self._wake(settle)


def _identity(task: units.Task) -> dict[str, Any]:
    return {
        "case_number": task.case_number,
        "round": task.round,
        "dispatch_number": task.dispatch_number,
        "responsible_unit": task.responsible_unit,
    }


def _time_ordered_id() -> UUID:
    """A UUID of version 7 (RFC 9562): its order is that of time."""
    milliseconds = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    value = (
        milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0x2 << 62 | (chance & (1 << 62) - 1)
    )
    return UUID(int=value)
