"""Wake-ups: what a service asked to be reminded of, kept in its database and fired when due."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chassis import logs
from chassis.faults import is_away
from chassis.transactions import Database, Transaction

F = TypeVar("F", bound=Callable[..., Any])

log = logs.get_logger()

# A wake-up that fails is never given up: what it is for stays owed.
_PAUSES = (5, 30, 300, 1800)

_TAKE = """
delete from wake_ups where (kind, subject) = (
    select kind, subject from wake_ups where fire_at <= %(until)s and kind = any(%(kinds)s)
    order by fire_at, due_at, kind, subject limit 1 for update skip locked)
returning kind, subject, due_at, payload
"""
_PUT_OFF = """
update wake_ups set attempts = attempts + 1, last_error = %s, fire_at = %s where kind = %s and subject = %s
"""
_ATTEMPTS = """
select attempts from wake_ups where kind = %s and subject = %s
"""
MEASURE = """
select coalesce(extract(epoch from now() - min(due_at)), 0) from wake_ups where due_at <= now()
"""
"""For how many seconds the oldest due wake-up has been due."""


class Wakes:
    """Which function is called for which kind of wake-up: ``(tx, subject, payload, *, at)``."""

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = {}

    def on(self, kind: str) -> Callable[[F], F]:
        """Register the function of a kind."""

        def register(function: F) -> F:
            if kind in self._functions:
                raise ValueError(f"two functions for the wake-up {kind}")
            self._functions[kind] = function
            return function

        return register

    @property
    def kinds(self) -> list[str]:
        """Every kind that has a function."""
        return list(self._functions)

    def call(
        self, tx: Transaction, kind: str, subject: str, payload: dict[str, Any], *, at: datetime
    ) -> None:
        """Call the function of a kind."""
        self._functions[kind](tx.bound, subject, payload, at=at)


class WakeFailed(Exception):
    """The function of a wake-up raised; the wake-up is still there."""

    def __init__(self, kind: str, subject: str) -> None:
        super().__init__(f"{kind} {subject}")
        self.kind = kind
        self.subject = subject


def fire_due(database: Database, wakes: Wakes, count: Callable[[str], None] = lambda _: None) -> int:
    """Fire everything that is due now, each in its own transaction; how many there were.

    One that fails is put off and the others go on.
    """
    fired = 0
    while True:
        try:
            kind = _fire_next(database, wakes, until=database.now(), at_due_time=False)
        except WakeFailed as failed:
            _put_off(database, failed)
            continue
        if kind is None:
            return fired
        count(kind)
        fired += 1


def fire_until(database: Database, wakes: Wakes, until: datetime) -> int:
    """For a replay: fire everything due up to a moment, in order and each as if at its due time."""
    fired = 0
    while _fire_next(database, wakes, until=until, at_due_time=True) is not None:
        fired += 1
    return fired


def _fire_next(database: Database, wakes: Wakes, *, until: datetime, at_due_time: bool) -> str | None:
    def fire(tx: Transaction) -> str | None:
        found = tx.statements.execute(_TAKE, {"until": until, "kinds": wakes.kinds}).one_or_none()
        if found is None:
            return None
        taken.append(found)
        wakes.call(tx, found.kind, found.subject, found.payload, at=found.due_at if at_due_time else until)
        return str(found.kind)

    taken: list[Any] = []
    try:
        return database.run(fire)
    except Exception as error:
        if not taken or is_away(error):
            raise
        raise WakeFailed(taken[-1].kind, taken[-1].subject) from error


def _put_off(database: Database, failed: WakeFailed) -> None:
    error = failed.__cause__
    log.error("wake-up failed", kind=failed.kind, subject=failed.subject, exc_info=error)

    def put_off(tx: Transaction) -> None:
        attempts = tx.statements.execute(_ATTEMPTS, (failed.kind, failed.subject)).scalar()
        if attempts is not None:
            pause = timedelta(seconds=_PAUSES[min(attempts, len(_PAUSES) - 1)])
            values = (repr(error)[:1000], database.now() + pause, failed.kind, failed.subject)
            tx.statements.write(_PUT_OFF, values)

    database.run(put_off)
