"""Retries and parking: a message that failed is published again, confirmed, before the original is let go."""

import contextlib
import threading
import traceback
from datetime import datetime
from typing import Any

import amqp

from chassis import broker
from chassis.reading import Delivery, Reader

PARKING = "parking"
_LONGEST_ERROR = 1_000
_LONGEST_TRACEBACK = 8_000
# Of a stranger's headers no other: CC would have our own account copy the message to any queue, and x-user-id
# is ours alone to write.
_CARRIED_ON = ("traceparent",)
_LONGEST_KEPT = 200


class NotPosted(Exception):
    """The broker did not confirm the message: it may or may not have it."""


def retry_queue(queue: str, delay: float) -> str:
    """The queue in which a message waits for ``delay`` seconds until it returns to ``queue``."""
    return f"{queue}.retry.{delay:g}"


def next_stop(reader: Reader, delivery: Delivery) -> str:
    """Where a message goes that failed: to the next delay, or to parking after the last."""
    if delivery.attempt < len(reader.delays):
        return retry_queue(reader.queue, reader.delays[delivery.attempt])
    return PARKING


def failed_copy(delivery: Delivery, error: BaseException, *, stop: str, at: datetime) -> amqp.Message:
    """The same message with the story of its failure in its headers."""
    headers: dict[str, Any] = {
        **{
            name: str(delivery.headers[name])[:_LONGEST_KEPT]
            for name in _CARRIED_ON
            if name in delivery.headers
        },
        "x-attempt": delivery.attempt + 1,
        "x-error": f"{type(error).__name__}: {error}"[:_LONGEST_ERROR],
        "x-queue": delivery.queue,
        "x-exchange": delivery.exchange,
        "x-routing-key": delivery.routing_key,
    }
    if delivery.user_id:
        headers["x-user-id"] = delivery.user_id
    if stop == PARKING:
        story = "".join(traceback.format_exception(error))
        headers |= {"x-traceback": story[-_LONGEST_TRACEBACK:], "x-parked-at": at.isoformat()}
    # The broker checks user_id against our own account, so it travels as a header from here on.
    kept = {name: value for name, value in delivery.properties.items() if name in _KEPT and value is not None}
    return amqp.Message(delivery.body, application_headers=headers, delivery_mode=2, **kept)


_KEPT = ("content_type", "content_encoding", "message_id", "correlation_id", "type", "app_id", "timestamp")


class Postbox:
    """Publishes single messages to queues, each confirmed; safe to share between workers."""

    def __init__(self, amqp_uri: str, name: str) -> None:
        self._amqp_uri = amqp_uri
        self._name = name
        self._one_at_a_time = threading.Lock()
        self._connection: amqp.Connection | None = None
        self._channel: Any = None

    def post(self, queue: str, message: amqp.Message) -> None:
        """Publish, and return when the broker has the message; ``NotPosted`` when that is not certain."""
        with self._one_at_a_time:
            if self._connection is not None:
                # An idle connection may have died unnoticed; only a fresh one's failure counts.
                with contextlib.suppress(NotPosted):
                    return self._publish(queue, message)
            return self._publish(queue, message)

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            broker.discard(self._connection)
        self._connection = self._channel = None

    def _publish(self, queue: str, message: amqp.Message) -> None:
        try:
            if self._connection is None:
                # No heartbeat: nobody would answer it between two failures.
                self._connection = broker.connect(self._amqp_uri, self._name, heartbeat=0)
                self._channel = self._connection.channel()
            self._channel.basic_publish_confirm(
                message, exchange="", routing_key=queue, mandatory=True, confirm_timeout=broker.TIMEOUT
            )
        except (amqp.AMQPError, OSError) as error:
            self.close()
            raise NotPosted(f"{queue}: {error}") from error
