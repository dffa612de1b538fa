"""Publishing with pipelined confirms: many messages under way, but of each ordering key only one."""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import amqp

from chassis import broker
from chassis.outbox_table import OutboxRow


class BrokerAway(Exception):
    """The broker cannot be reached, or takes nothing just now."""


@dataclass
class Published:
    """What became of a batch so far; complete also when the connection broke in the middle."""

    confirmed: list[OutboxRow] = field(default_factory=list)
    refused: list[tuple[OutboxRow, str]] = field(default_factory=list)


class Publisher:
    """One connection to the broker and one channel in confirm mode."""

    def __init__(self, amqp_uri: str, name: str) -> None:
        try:
            self._connection = broker.connect(amqp_uri, name)
            self._channel = self._connection.channel()
            self._channel.confirm_select()
        except (amqp.AMQPError, OSError) as error:
            raise BrokerAway(str(error)) from error
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._last_tag = 0
        self._under_way: dict[int, OutboxRow] = {}
        self._returned: dict[str, str] = {}
        self._settled: deque[tuple[OutboxRow, str | None]] = deque()

    def fileno(self) -> int:
        """For ``select``: readable when the broker has something to say."""
        return int(self._connection.sock.fileno())

    def close(self) -> None:
        """Say good-bye when that is possible."""
        try:
            self._connection.close()
        except (amqp.AMQPError, OSError):
            broker.discard(self._connection)

    def discard(self) -> None:
        """Drop a connection that does not answer."""
        broker.discard(self._connection)

    def tend(self) -> None:
        """Beat the heart, and notice a connection that is gone."""
        try:
            self._connection.heartbeat_tick()
            self._connection.drain_events(timeout=0.001)
        except TimeoutError:
            return
        except (amqp.AMQPError, OSError) as error:
            raise BrokerAway(str(error)) from error

    def publish(self, rows: Iterable[OutboxRow], published: Published) -> None:
        """Publish a batch; the next message of a key leaves when the one before it is confirmed.

        After a refusal the rest of its key stays here. ``BrokerAway`` when no confirm comes in time: what was
        under way then is uncertain, and will be published again under the same id.
        """
        following: dict[str, deque[OutboxRow]] = defaultdict(deque)
        for row in rows:
            following[row.ordering_key].append(row)
        try:
            for queue in following.values():
                self._send(queue.popleft())
            while self._under_way:
                self._connection.drain_events(timeout=broker.TIMEOUT)
                self._go_on(following, published)
        except TimeoutError as error:
            raise BrokerAway("no confirm in time") from error
        except (amqp.AMQPError, OSError) as error:
            raise BrokerAway(str(error)) from error

    def _go_on(self, following: dict[str, deque[OutboxRow]], published: Published) -> None:
        while self._settled:
            row, refusal = self._settled.popleft()
            if refusal is not None:
                published.refused.append((row, refusal))
                continue
            published.confirmed.append(row)
            if following[row.ordering_key]:
                self._send(following[row.ordering_key].popleft())

    def _send(self, row: OutboxRow) -> None:
        headers = {**(row.headers or {})}
        if row.traceparent:
            headers["traceparent"] = row.traceparent
        message = amqp.Message(
            bytes(row.body),
            message_id=row.message_id,
            type=row.type,
            app_id=row.source,
            timestamp=row.timestamp,
            content_type=row.content_type,
            delivery_mode=2,
            application_headers=headers,
        )
        self._last_tag += 1
        self._under_way[self._last_tag] = row
        self._channel.basic_publish(message, row.exchange, row.routing_key, mandatory=True)

    def _on_return(
        self, error: Exception, exchange: str, routing_key: str, message: amqp.Message, *_: Any
    ) -> None:
        # The return comes before the ack of the same message.
        self._returned[message.properties["message_id"]] = f"no queue for {exchange}/{routing_key}"

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for row in self._arrived(tag, multiple):
            self._settled.append((row, self._returned.pop(row.message_id, None)))

    def _on_nack(self, tag: int, multiple: bool) -> None:
        for row in self._arrived(tag, multiple):
            self._settled.append((row, "the broker refused it"))

    def _arrived(self, tag: int, multiple: bool) -> list[OutboxRow]:
        if not multiple:
            return [self._under_way.pop(tag)]
        return [self._under_way.pop(one) for one in list(self._under_way) if one <= tag]
