"""The consumer's loop: takes messages from one queue, reconnects for ever, stops without losing any."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from amqp import spec
from kombu import Connection, Message, Queue
from kombu.mixins import ConsumerMixin
from kombu.transport import pyamqp

from chassis import logs
from chassis.broker import ReadsWhatHasCome

TURN = 1.0
"""Seconds within which the loop comes round though nothing arrives."""

LAST_TURNS = 0.05
"""The same, while what was begun before a stop is finished."""

log = logs.get_logger()


class _Connection(ReadsWhatHasCome, pyamqp.Connection):  # type: ignore[misc]
    pass


class _Transport(pyamqp.Transport):  # type: ignore[misc]
    """kombu's way to a broker without TLS, over a connection that reads whatever has come."""

    Connection = _Connection


class Consuming(ConsumerMixin):
    """One connection and one channel that deliver the messages of one queue, undecoded, to ``take``.

    After ``request_stop`` nothing new is begun, and the connection stays until ``is_idle`` says that the last
    message has been settled: closing it earlier would bring finished messages back.
    """

    def __init__(
        self,
        amqp_uri: str,
        queue: str,
        *,
        prefetch: int,
        take: Callable[[Message], None],
        is_idle: Callable[[], bool],
        connected: Callable[[bool], None],
    ) -> None:
        self.connection = Connection(
            amqp_uri,
            transport=None if urlsplit(amqp_uri).scheme == "amqps" else _Transport,
            heartbeat=60,
            transport_options={"client_properties": {"connection_name": queue}, "connect_timeout": 10},
        )
        self._queue = queue
        self._prefetch = prefetch
        self._take = take
        self._is_idle = is_idle
        self._connected = connected
        self._consumers: list[Any] = []
        self._stop_requested = False
        self.turned_at = time.monotonic()
        """When the loop last came round, connected or trying to be."""

    def run_to_the_end(self) -> None:
        """Consume until the stop that was requested is complete."""
        try:
            self.run()
        except _StoppedWhileAway:
            log.info("stopped while the broker was away", queue=self._queue)
        self._connected(False)

    def request_stop(self) -> None:
        """Begin nothing new; the loop ends when what was begun is settled."""
        self._stop_requested = True
        self._wake()

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """A connection, tried for at short intervals for as long as it takes."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.5, interval_step=0.5, interval_max=3
            )
            yield connection

    def get_consumers(self, consumer_class: Callable[..., Any], channel: Any) -> list[Any]:
        """The consumer of the queue, which is declared by the broker's definitions and not by us."""
        self._consumers = [
            consumer_class(
                queues=[Queue(self._queue, no_declare=True)],
                on_message=self._on_message,
                prefetch_count=self._prefetch,
                auto_declare=False,
            )
        ]
        return self._consumers

    def on_consume_ready(self, *_: Any, **__: Any) -> None:
        """Called after every connection to the broker."""
        log.info("consuming", queue=self._queue)
        self._connected(True)

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """Called before every pause between two tries."""
        self.turned_at = time.monotonic()
        self._connected(False)
        log.warning("broker away", queue=self._queue, error=str(exc), next_try_in=interval)
        if self._stop_requested:
            raise _StoppedWhileAway

    def consume(self, *_: Any, **__: Any) -> Iterator[None]:
        """One connection's time; kombu's own would drain for a second more after the stop is complete."""
        with self.consumer_context() as (connection, _channel, _consumers):
            while not self._is_complete():
                try:
                    connection.drain_events(timeout=LAST_TURNS if self._stop_requested else TURN)
                except TimeoutError:
                    connection.heartbeat_check()
                yield

    def _is_complete(self) -> bool:
        self.turned_at = time.monotonic()
        if self._stop_requested:
            for consumer in self._consumers:
                consumer.cancel()
            self._consumers = []
            self.should_stop = self.should_stop or self._is_idle()
        return self.should_stop

    def _wake(self) -> None:
        """Ask the broker something, so that its answer wakes the loop, which else finds out within a turn."""
        for consumer in self._consumers:
            with contextlib.suppress(*self.connection_errors, *self.channel_errors):
                # Only sent: two green threads must not read from one connection.
                consumer.channel.send_method(spec.Basic.Qos, "lBb", (0, self._prefetch, False))

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """A message whose frame kombu cannot make sense of: taken all the same, to be parked."""
        self._on_message(message)

    def _on_message(self, message: Message) -> None:
        if self._stop_requested:
            message.requeue()
        else:
            self._take(message)


class _StoppedWhileAway(Exception):
    """A stop was requested while there was no broker to stop consuming from."""
