"""The nameko services of a facts process: one for each queue that is read, and one that keeps time."""

import time
from collections.abc import Sequence
from typing import Any

import eventlet
from eventlet.event import Event
from nameko.extensions import Entrypoint

from chassis import logs, metrics, waiting
from chassis.entrypoints import read_queue, read_queue_in_batches
from chassis.faults import DatabaseAway
from chassis.reading import Reader
from chassis.receiving import Receiver
from chassis.transactions import Database, Transaction
from chassis.wakes import MEASURE, Wakes, fire_due

MEASURES_EVERY = 5.0
"""Seconds; what is measured alarms nobody before minutes have passed (deploy/alerts.yml)."""

log = logs.get_logger()


def message_services(database: Database, readers: Sequence[Reader], wakes: Wakes | None = None) -> list[type]:
    """Classes to add to nameko's ``ServiceRunner``; its configuration needs ``AMQP_URI``."""
    services = [_service_of(Receiver(database, reader)) for reader in readers]
    return [*services, _timer(database, wakes or Wakes())]


def _service_of(receiver: Receiver) -> type:
    if receiver.reader.batch > 1:

        class BatchService:
            name = receiver.reader.queue

            @read_queue_in_batches(receiver)
            def take(self, deliveries: Any) -> Any:
                return receiver.receive_batch(deliveries)

        return BatchService

    class SingleService:
        name = receiver.reader.queue

        @read_queue(receiver)
        def take(self, delivery: Any) -> Any:
            return receiver.receive(delivery)

    return SingleService


def _timer(database: Database, wakes: Wakes) -> type:
    measures_at = time.monotonic()

    class TimerService:
        name = f"{database.service}.timer"

        @every_second()
        def fire(self) -> None:
            if not database.replay:
                fire_due(database, wakes, count=lambda kind: _FIRED.labels(database.service, kind).inc())
            nonlocal measures_at
            if time.monotonic() >= measures_at:
                database.run(lambda tx: _measure(tx, database.service))
                measures_at = time.monotonic() + MEASURES_EVERY

    return TimerService


_FIRED = metrics.WAKE_UPS_FIRED


def _measure(tx: Transaction, service: str) -> None:
    count, oldest = tx.statements.read(waiting.MEASURE).one()
    metrics.WAITING_FACTS.labels(service).set(count)
    metrics.WAITING_OLDEST_SECONDS.labels(service).set(float(oldest))
    overdue = tx.statements.read(MEASURE).scalar_one()
    metrics.WAKE_UPS_OVERDUE_SECONDS.labels(service).set(float(overdue))


class EverySecond(Entrypoint):
    """Calls the method again and again, a second after it has returned; never twice at a time."""

    def start(self) -> None:
        """Begin, in a green thread of its own."""
        self._stopping = Event()
        self._thread = self.container.spawn_managed_thread(self._run, identifier="every second")

    def stop(self) -> None:
        """Finish the call that runs."""
        if not self._stopping.ready():
            self._stopping.send(None)
        self._thread.wait()

    def _run(self) -> None:
        while not self._stopping.ready():
            done = Event()
            self.container.spawn_worker(self, (), {}, handle_result=_tell(done))
            done.wait()
            with eventlet.Timeout(1, False):
                self._stopping.wait()


def _tell(done: Event) -> Any:
    def handle_result(_worker: Any, result: Any = None, exc_info: Any = None) -> tuple[Any, Any]:
        if exc_info is not None and isinstance(exc_info[1], DatabaseAway):
            log.warning("database away, no wake-ups now", error=str(exc_info[1]))
        done.send(None)
        return result, exc_info

    return handle_result


every_second = EverySecond.decorator
