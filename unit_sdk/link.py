"""The link (连接) to the broker: one thread does all input and output, and comes back after every fault.

pika's connections are not thread-safe. Other threads only leave messages here and nudge the link's thread.
"""

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    NackError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)

from unit_sdk import backoff
from unit_sdk.errors import AccessRefused, NotSent

log = logging.getLogger("unit_sdk")

PREFETCH = 10
TURN = 1.0
"""Seconds after which the thread looks around even if nothing happens."""
REFUSALS = 5
"""A broker that is just stopping may look like one that refuses; so often in a row is meant."""
ACCESS_REFUSED = 403

Callback = Callable[[], None]


@dataclass(order=True)
class Incoming:
    """One delivery; urgent ones come first."""

    priority: int
    serial: int
    channel: BlockingChannel | None = field(compare=False)
    tag: int = field(compare=False)
    properties: pika.BasicProperties = field(compare=False)
    body: bytes = field(compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it lay parked at the unit: there is nothing to settle with the broker."""
        return self.channel is None

    @property
    def failures(self) -> int:
        """How often this message was given back already, as the broker counts."""
        count = (self.properties.headers or {}).get("x-delivery-count", 0)
        return count if isinstance(count, int) else 0


@dataclass
class Outgoing:
    """One message on its way out."""

    exchange: str
    routing_key: str
    properties: pika.BasicProperties
    body: bytes
    settled: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    given_up: bool = False

    def settle(self, error: Exception | None = None) -> None:
        """It is confirmed, or will never be."""
        self.error = error
        self.settled.set()


class Link:
    """Consumes a unit's queues and publishes its messages, over as many connections as it takes."""

    def __init__(
        self, parameters: pika.URLParameters, queues: list[str], receive: Callable[[Incoming], None]
    ) -> None:
        self._parameters = parameters
        self._queues = queues
        self._receive = receive
        self._serials = itertools.count()
        self._outgoing: deque[Outgoing] = deque()
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self.connected = threading.Event()
        self.failure: AccessRefused | None = None
        self._closed: Exception | None = None
        self._closing = threading.Lock()

    def run(self, stopping: threading.Event, drained: threading.Event) -> None:
        """Stay connected until asked to stop and until what is being handled is done (``drained``)."""
        try:
            self._stay_connected(stopping, drained)
        finally:
            self._close(self.failure or NotSent("the client was stopped"))

    def _stay_connected(self, stopping: threading.Event, drained: threading.Event) -> None:
        tries, refusals = 0, 0
        while not stopping.is_set():
            try:
                self._one_connection(stopping, drained)
            except (AMQPError, OSError) as error:
                refusals = refusals + 1 if _is_refusal(error) else 0
                if refusals >= REFUSALS or _is_channel_refusal(error):
                    self.failure = AccessRefused(f"消息服务器拒绝访问 / access refused: {error}")
                    raise self.failure from error
                tries = 0 if self.connected.is_set() else tries + 1
                log.warning("connection lost or not made, trying again: %r", error)
            finally:
                self.connected.clear()
                self._connection = self._channel = None
            if stopping.wait(backoff.pause(tries)):
                break

    def send(self, message: Outgoing) -> None:
        """Leave a message to be published, after all that were left before."""
        with self._closing:
            if self._closed is not None:
                raise self._closed
            self._outgoing.append(message)
        self._call(lambda: None)

    def is_current(self, incoming: Incoming) -> bool:
        """Whether the delivery can still be settled; what came on an old channel is delivered again."""
        return incoming.channel is self._channel

    def acknowledge(self, incoming: Incoming) -> None:
        """The message is handled."""
        self._settle(incoming, lambda channel: channel.basic_ack(incoming.tag))

    def reject(self, incoming: Incoming) -> None:
        """The message can never be handled: the broker parks it."""
        self._settle(incoming, lambda channel: channel.basic_reject(incoming.tag, requeue=False))

    def give_back(self, incoming: Incoming) -> None:
        """Handling failed: after a pause the broker delivers it again."""

        def give_back_now() -> None:
            if self._channel is not None and self.is_current(incoming) and self._channel.is_open:
                self._channel.basic_nack(incoming.tag, requeue=True)

        def later(_channel: BlockingChannel) -> None:
            if self._connection is not None:
                self._connection.call_later(backoff.pause(incoming.failures, longest=60.0), give_back_now)

        self._settle(incoming, later)

    def wake(self) -> None:
        """Let the link's thread look around now."""
        self._call(lambda: None)

    def _settle(self, incoming: Incoming, settle: Callable[[BlockingChannel], None]) -> None:
        def settle_if_current() -> None:
            channel = self._channel
            if channel is not None and self.is_current(incoming) and channel.is_open:
                settle(channel)

        self._call(settle_if_current)

    def _call(self, callback: Callback) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            connection.add_callback_threadsafe(callback)
        except AMQPError:
            # The connection ends just now: the unacknowledged comes again, what waits is sent on the next.
            log.debug("nudged a connection that is closing")

    def _one_connection(self, stopping: threading.Event, drained: threading.Event) -> None:
        connection = pika.BlockingConnection(self._parameters)
        try:
            publishing = connection.channel()
            publishing.confirm_delivery()
            consuming = connection.channel()
            consuming.basic_qos(prefetch_count=PREFETCH)
            cancelled: list[Any] = []
            consuming.add_on_cancel_callback(cancelled.append)
            self._connection, self._channel = connection, consuming
            for priority, queue in enumerate(self._queues):
                consuming.basic_consume(queue, partial(self._on_delivery, priority))
            self.connected.set()
            log.info("connected, reading %s", ", ".join(self._queues))
            while not stopping.is_set():
                self._publish_waiting(publishing)
                connection.process_data_events(time_limit=TURN)
                if cancelled or not consuming.is_open:
                    raise AMQPError("the broker ended the consumer")
            self._leave(connection, consuming, publishing, drained)
        finally:
            if connection.is_open:
                connection.close()

    def _leave(
        self,
        connection: pika.BlockingConnection,
        consuming: BlockingChannel,
        publishing: BlockingChannel,
        drained: threading.Event,
    ) -> None:
        """No more deliveries; what is being handled may still publish and be acknowledged."""
        for tag in list(consuming.consumer_tags):
            consuming.basic_cancel(tag)
        while not drained.is_set():
            connection.process_data_events(time_limit=0.1)
            self._publish_waiting(publishing)
        connection.process_data_events(time_limit=0)

    def _on_delivery(
        self, priority: int, channel: BlockingChannel, method: Any, properties: Any, body: bytes
    ) -> None:
        self._receive(Incoming(priority, next(self._serials), channel, method.delivery_tag, properties, body))

    def _publish_waiting(self, channel: BlockingChannel) -> None:
        while self._outgoing:
            message = self._outgoing[0]
            if not message.given_up:
                # A lost connection leaves the message in its place: it is sent again under the same id.
                message.settle(_publish(channel, message))
            self._outgoing.popleft()

    def _close(self, why: Exception) -> None:
        with self._closing:
            self._closed = why
            while self._outgoing:
                self._outgoing.popleft().settle(why)


def _publish(channel: BlockingChannel, message: Outgoing) -> Exception | None:
    """Publish and wait for the broker's word; an error when it does not take the message."""
    try:
        channel.basic_publish(
            message.exchange, message.routing_key, message.body, message.properties, mandatory=True
        )
    except UnroutableError:
        return NotSent("the broker has no queue for this message")
    except NackError:
        return NotSent("the broker does not take the message now")
    return None


def _is_refusal(error: BaseException) -> bool:
    if isinstance(error, ConnectionClosedByBroker):
        return bool(error.reply_code == ACCESS_REFUSED)
    return isinstance(error, AuthenticationError | ProbableAuthenticationError | ProbableAccessDeniedError)


def _is_channel_refusal(error: BaseException) -> bool:
    return isinstance(error, ChannelClosedByBroker) and error.reply_code == ACCESS_REFUSED
