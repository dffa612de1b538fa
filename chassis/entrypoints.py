"""The nameko entrypoints of readers: a message is acknowledged when its effect is committed, never before."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import eventlet
from kombu import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from chassis import logs, metrics, retries
from chassis.consuming import Consuming
from chassis.reading import Delivery
from chassis.receiving import SETTLED, Outcome, Receiver, Verdict

WORKERS = 10
"""Messages of one queue that are in work at the same time, and held unacknowledged."""

log = logs.get_logger()


class QueueReader(Entrypoint):
    """Gives each message of a reader's queue to the method, which answers with a ``Verdict``."""

    def __init__(self, receiver: Receiver, **kwargs: Any) -> None:
        self.receiver = receiver
        self.reader = receiver.reader
        self._held = 0
        super().__init__(**kwargs)

    @property
    def prefetch(self) -> int:
        """How many messages the broker hands out before the first is acknowledged."""
        return int(min(WORKERS, self.container.max_workers))

    @property
    def turned_at(self) -> float:
        """When the consumer's loop last came round (monotonic seconds)."""
        return self._consuming.turned_at

    def setup(self) -> None:
        """Make ready; nothing connects yet."""
        amqp_uri = self.container.config["AMQP_URI"]
        self._postbox = retries.Postbox(amqp_uri, f"{self.reader.queue} retries")
        self._consuming = Consuming(
            amqp_uri,
            self.reader.queue,
            prefetch=self.prefetch,
            take=self._take,
            is_idle=lambda: self._held == 0,
            connected=metrics.BROKER_CONNECTED.labels(self.receiver.database.service).set,
        )

    def start(self) -> None:
        """Consume, in a green thread of its own."""
        self._thread = self.container.spawn_managed_thread(
            self._consuming.run_to_the_end, identifier=f"consuming {self.reader.queue}"
        )

    def stop(self) -> None:
        """Finish what is in work and leave the rest to the queue."""
        self.receiver.stopping.set()
        self._consuming.request_stop()
        self._thread.wait()
        self._postbox.close()

    def kill(self) -> None:
        """Let go at once; the broker takes back what was not acknowledged."""
        self.receiver.stopping.set()
        self._consuming.request_stop()
        self._consuming.should_stop = True

    def _take(self, message: Message) -> None:
        self._held += 1
        delivery = _delivery(self.reader.queue, message)
        self._spawn(delivery, partial(self._settle_worker, message, delivery, time.monotonic()), [message])

    def _spawn(self, argument: Any, handle_result: Any, messages: Sequence[Message]) -> None:
        try:
            self.container.spawn_worker(self, (argument,), {}, handle_result=handle_result)
        except ContainerBeingKilled:
            for message in messages:
                self._let_go(message.requeue)

    def _settle_worker(
        self,
        message: Message,
        delivery: Delivery,
        began: float,
        _worker: Any,
        result: Verdict | None = None,
        exc_info: Any = None,
    ) -> tuple[Any, Any]:
        self._settle(message, delivery, result or Verdict(Outcome.RETRY, exc_info[1]))
        metrics.MESSAGE_SECONDS.labels(self.receiver.database.service, self.reader.queue).observe(
            time.monotonic() - began
        )
        return result, exc_info

    def _settle(self, message: Message, delivery: Delivery, verdict: Verdict) -> None:
        """Acknowledge; after a failure only when the broker has confirmed the copy that goes on."""
        if verdict.outcome in SETTLED or (verdict.error is not None and self._post(delivery, verdict)):
            self._count(delivery, verdict)
            self._let_go(message.ack)
        else:
            self._let_go(message.requeue)

    def _post(self, delivery: Delivery, verdict: Verdict) -> bool:
        error = verdict.error
        assert error is not None
        stop = self._next_stop(delivery, verdict)
        log.error("message failed", queue=delivery.queue, type=verdict.type, goes_to=stop, exc_info=error)
        copy = retries.failed_copy(delivery, error, stop=stop, at=self.receiver.database.now())
        pause = 0.5
        while True:
            try:
                self._postbox.post(stop, copy)
            except retries.NotPosted as not_posted:
                log.warning("cannot post, holding the message", queue=delivery.queue, error=str(not_posted))
            else:
                return True
            if self.receiver.stopping.wait(pause):
                return False
            pause = min(pause * 2, 10)

    def _next_stop(self, delivery: Delivery, verdict: Verdict) -> str:
        if verdict.outcome is Outcome.PARKED:
            return retries.PARKING
        return retries.next_stop(self.reader, delivery)

    def _let_go(self, settle: Any) -> None:
        try:
            settle()
        except (*self._consuming.connection_errors, *self._consuming.channel_errors) as error:
            # The broker has taken the message back already; the inbox knows it when it comes again.
            log.info("connection lost before acknowledgement", queue=self.reader.queue, error=str(error))
        finally:
            self._held -= 1

    def _count(self, delivery: Delivery, verdict: Verdict) -> None:
        service, queue = self.receiver.database.service, delivery.queue
        outcome = verdict.outcome
        if outcome is Outcome.RETRY and self._next_stop(delivery, verdict) == retries.PARKING:
            outcome = Outcome.PARKED
        metrics.MESSAGES_CONSUMED.labels(service, queue, verdict.type, outcome.value).inc()
        if outcome is Outcome.OK and verdict.time is not None:
            age = (self.receiver.database.now() - verdict.time).total_seconds()
            metrics.MESSAGE_AGE_SECONDS.labels(service, queue).observe(max(age, 0.0))


class BatchQueueReader(QueueReader):
    """Gives the method whatever has come meanwhile, up to the reader's batch; one batch at a time."""

    def __init__(self, receiver: Receiver, **kwargs: Any) -> None:
        super().__init__(receiver, **kwargs)
        self._pending: list[tuple[Message, Delivery]] = []
        self._busy = False
        self._paused = False
        self._begun_at = float("-inf")

    @property
    def prefetch(self) -> int:
        """One batch in work and the next one here."""
        return 2 * self.reader.batch

    def stop(self) -> None:
        """Leave what has not begun to the queue, then as any reader."""
        pending, self._pending = self._pending, []
        for message, _ in pending:
            self._let_go(message.requeue)
        super().stop()

    def _take(self, message: Message) -> None:
        self._held += 1
        self._pending.append((message, _delivery(self.reader.queue, message)))
        self._begin()

    def _begin(self) -> None:
        if self._busy or not self._pending or self._pauses():
            return
        self._begun_at = time.monotonic()
        # Delivery tags belong to a channel: a batch never mixes those from before and after a reconnection.
        channel = self._pending[0][0].channel
        of_channel = [one for one in self._pending if one[0].channel is channel]
        batch = of_channel[: self.reader.batch]
        self._pending = [one for one in self._pending if one not in batch]
        self._busy = True
        settle = partial(self._settle_batch, batch, time.monotonic())
        self._spawn([delivery for _, delivery in batch], settle, [message for message, _ in batch])

    def _pauses(self) -> bool:
        """Whether the batch may grow for a moment; it begins by itself when the moment is over."""
        left = self._begun_at + self.reader.pause - time.monotonic()
        if left <= 0 or len(self._pending) >= self.reader.batch:
            return False
        if not self._paused:
            self._paused = True
            eventlet.spawn_after(left, self._resume)
        return True

    def _resume(self) -> None:
        self._paused = False
        self._begin()

    def _settle_batch(
        self,
        batch: Sequence[tuple[Message, Delivery]],
        began: float,
        _worker: Any,
        result: Sequence[Verdict] | None = None,
        exc_info: Any = None,
    ) -> tuple[Any, Any]:
        verdicts = result or [Verdict(Outcome.RETRY, exc_info[1]) for _ in batch]
        if all(verdict.outcome in SETTLED for verdict in verdicts):
            self._acknowledge_all(batch, verdicts)
        else:
            for (message, delivery), verdict in zip(batch, verdicts, strict=True):
                self._settle(message, delivery, verdict)
        metrics.MESSAGE_SECONDS.labels(self.receiver.database.service, self.reader.queue).observe(
            time.monotonic() - began
        )
        self._busy = False
        self._begin()
        return result, exc_info

    def _acknowledge_all(
        self, batch: Sequence[tuple[Message, Delivery]], verdicts: Sequence[Verdict]
    ) -> None:
        for (_, delivery), verdict in zip(batch, verdicts, strict=True):
            self._count(delivery, verdict)
        last, _ = batch[-1]
        self._held -= len(batch) - 1
        self._let_go(partial(last.ack, multiple=True))


read_queue = QueueReader.decorator
read_queue_in_batches = BatchQueueReader.decorator


def _delivery(queue: str, message: Message) -> Delivery:
    properties, headers = message.properties, dict(message.headers or {})
    came_by = message.delivery_info
    # Only we may publish to the default exchange: what came by it tells truly how it first came.
    again = came_by.get("exchange") == ""
    return Delivery(
        queue=queue,
        body=_bytes(message.body),
        content_type=message.content_type or "",
        exchange=str(headers.get("x-exchange", "") if again else came_by.get("exchange", "")),
        routing_key=str((again and headers.get("x-routing-key")) or came_by.get("routing_key", "")),
        user_id=str(headers.get("x-user-id", "") if again else properties.get("user_id", "")),
        headers=headers,
        properties={**properties, "content_type": message.content_type},
    )


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)
