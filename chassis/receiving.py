"""Receiving: what becomes of one message, or a batch, between delivery and acknowledgement."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from chassis import logs, waiting
from chassis.codec import Envelope
from chassis.faults import DatabaseAway
from chassis.inbox import remember_all
from chassis.reading import Delivery, Permanent, Reader, Wait
from chassis.transactions import Database, Duplicate, Transaction

R = TypeVar("R")

log = logs.get_logger()

_LONGEST_PAUSE = 5.0


class Outcome(StrEnum):
    """What became of a message."""

    OK = "ok"
    DUPLICATE = "duplicate"
    WAITING = "waiting"
    IGNORED = "ignored"
    RETRY = "retry"
    PARKED = "parked"
    LEFT = "left"
    """Not begun, since the process stops: it stays in its queue."""


SETTLED = frozenset({Outcome.OK, Outcome.DUPLICATE, Outcome.WAITING, Outcome.IGNORED})
"""Nothing more to do than to acknowledge."""


@dataclass(frozen=True)
class Verdict:
    """What became of a message, why, and how it is counted."""

    outcome: Outcome
    error: BaseException | None = None
    type: str = "unreadable"
    time: datetime | None = None


class Receiver:
    """Gives deliveries to a reader, each effect in one transaction with its inbox row.

    While the database is away a delivery is held and tried again, which counts as no failure of the message;
    once ``stopping`` is set it is left to the queue.
    """

    def __init__(self, database: Database, reader: Reader, stopping: threading.Event | None = None) -> None:
        self.database = database
        self.reader = reader
        self.stopping = stopping or threading.Event()

    def receive(self, delivery: Delivery) -> Verdict:
        """Let one message take effect."""
        opened = self._open(delivery)
        return opened if isinstance(opened, Verdict) else self._take(opened)

    def receive_batch(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        """Let a batch take effect in one transaction; when that fails, one by one."""
        opened = [self._open(delivery) for delivery in deliveries]
        envelopes = {one.id: one for one in opened if not isinstance(one, Verdict)}
        try:
            fresh = self._patiently(lambda: self._take_all(envelopes))
        except _Stopping:
            return [Verdict(Outcome.LEFT) for _ in deliveries]
        except Exception as error:
            # One that is early, or that cannot be taken: it must not hold up the others.
            log.info("batch failed, one by one now", queue=self.reader.queue, error=repr(error))
            return [one if isinstance(one, Verdict) else self._take(one) for one in opened]
        return [one if isinstance(one, Verdict) else self._in_batch(one, fresh) for one in opened]

    def _open(self, delivery: Delivery) -> Envelope | Verdict:
        try:
            envelope: Envelope = self.reader.open(delivery)
        except Permanent as error:
            return Verdict(Outcome.PARKED, error)
        except Exception as error:
            return Verdict(Outcome.RETRY, error)
        return envelope if self.reader.reads(envelope) else self._verdict(Outcome.IGNORED, envelope)

    def _take(self, envelope: Envelope) -> Verdict:
        try:
            outcome = self._patiently(lambda: self._apply(envelope))
        except _Stopping:
            return Verdict(Outcome.LEFT)
        except Duplicate:
            outcome = Outcome.DUPLICATE
        except Permanent as error:
            return self._verdict(Outcome.PARKED, envelope, error)
        except Exception as error:
            return self._verdict(Outcome.RETRY, envelope, error)
        return self._verdict(outcome, envelope)

    def _apply(self, envelope: Envelope) -> Outcome:
        try:
            self._run(lambda tx: self.reader.apply(tx.bound, envelope, at=self._now(envelope)), envelope)
        except Wait as early:
            key = early.key
            applied = self._run(lambda tx: waiting.apply_or_keep(tx, self.reader, envelope, key), envelope)
            return Outcome.OK if applied else Outcome.WAITING
        return Outcome.OK

    def _run(self, function: Callable[[Transaction], R], envelope: Envelope) -> R:
        inbox = (self.reader.queue, envelope.id)
        return self.database.run(function, inbox=inbox, traceparent=envelope.traceparent)

    def _take_all(self, envelopes: dict[str, Envelope]) -> set[str]:
        def take(tx: Transaction) -> set[str]:
            if self.reader.remembers:
                return set(self.reader.apply_batch(tx.bound, list(envelopes.values())))
            fresh = remember_all(tx.statements, self.reader.queue, list(envelopes))
            new = [envelope for one, envelope in envelopes.items() if one in fresh]
            if self.reader.reads_batches:
                self.reader.apply_batch(tx.bound, new)
            else:
                for envelope in new:
                    tx.traceparent = envelope.traceparent
                    self.reader.apply(tx.bound, envelope, at=self._now(envelope))
            return fresh

        return self.database.run(take) if envelopes else set()

    def _in_batch(self, envelope: Envelope, fresh: set[str]) -> Verdict:
        # The same id may have come twice in one batch: only the first one counts as taken.
        outcome = Outcome.OK if envelope.id in fresh else Outcome.DUPLICATE
        fresh.discard(envelope.id)
        return self._verdict(outcome, envelope)

    def _patiently(self, function: Callable[[], R]) -> R:
        pause = 0.1
        while True:
            try:
                return function()
            except DatabaseAway as error:
                log.warning("database away, waiting", queue=self.reader.queue, error=str(error))
            if self.stopping.wait(pause):
                raise _Stopping
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _now(self, envelope: Envelope) -> datetime:
        return self.database.moment_of(envelope)

    def _verdict(self, outcome: Outcome, envelope: Envelope, error: BaseException | None = None) -> Verdict:
        return Verdict(outcome, error, type=self.reader.label(envelope), time=envelope.time)


class _Stopping(Exception):
    """The process stops while it waits for the database."""
