"""The outbox as the relay sees it: plain psycopg2, so that the relay starts quickly and stays small."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from chassis.logs import get_logger

PORTION = 5_000
"""Old rows deleted in one go."""

log = get_logger()

_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

# Advisory locks are counted per database, so each service has its own active relay.
_TRY_LOCK = "select pg_try_advisory_lock(1903192, 2)"

# Never "position above the last one": positions are given out before they commit, and a later one may be
# seen first.
_PREPARE = """
prepare take (text[], integer) as
select position, message_id, exchange, routing_key, ordering_key, source, type,
       extract(epoch from at)::bigint, traceparent, content_type, body, headers
from outbox
where published_at is null and not (ordering_key = any($1))
order by position limit $2
"""
_TAKE = "execute take (%s, %s)"
_MARK = "update outbox set published_at = now(), last_error = null where position = any(%s)"
_NOTE = "update outbox set attempts = attempts + 1, last_error = %s where position = %s"
_MEASURE = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)
from outbox where published_at is null
"""
_CLEAN = (
    """
    delete from outbox where position in (
        select position from (
            select position, published_at from outbox
            where published_at is not null order by position limit %(portion)s) as oldest
        where published_at < now() - interval '30 days')
    """,
    # Longer than any parked message may take to be replayed.
    """
    delete from inbox where ctid = any(array(
        select ctid from inbox where received_at < now() - interval '90 days' limit %(portion)s))
    """,
    """
    delete from idempotency where ctid = any(array(
        select ctid from idempotency where created_at < now() - interval '30 days' limit %(portion)s))
    """,
)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message that waits to be published."""

    position: int
    message_id: str
    exchange: str
    routing_key: str
    ordering_key: str
    source: str
    type: str
    timestamp: int
    traceparent: str
    content_type: str
    body: memoryview
    headers: dict[str, str] | None = None


class OutboxTable:
    """One connection to the outbox; the advisory lock it may get is lost with it."""

    def __init__(self, database_url: str, service: str) -> None:
        self._connection = psycopg2.connect(database_url, application_name=f"{service} relay", **_CONNECT)
        self._connection.autocommit = True
        self._cursor = self._connection.cursor()
        self._cursor.execute(_PREPARE)

    def fileno(self) -> int:
        """For ``select``: readable when a transaction with messages has committed."""
        return int(self._connection.fileno())

    def close(self) -> None:
        """Close, and let go of the lock."""
        self._connection.close()

    def become_active(self) -> bool:
        """Get the lock of the one active relay, and be woken from now on; False when another one has it."""
        self._cursor.execute(_TRY_LOCK)
        got = bool(self._first()[0])
        if got:
            self._cursor.execute("listen outbox")
        return got

    def hear(self) -> None:
        """Take in what woke us."""
        self._connection.poll()

    @property
    def noticed(self) -> bool:
        """Whether we have heard, since the last look, that there is more."""
        return bool(self._connection.notifies)

    def take(self, limit: int, held: Collection[str]) -> list[OutboxRow]:
        """The oldest unpublished messages, but for keys that are held."""
        self._connection.notifies.clear()  # before looking: what is noticed from now on may not be seen
        self._cursor.execute(_TAKE, (list(held), limit))
        return [OutboxRow(*row) for row in self._cursor.fetchall()]

    def mark(self, positions: Sequence[int]) -> None:
        """The broker has these."""
        if positions:
            self._cursor.execute(_MARK, (list(positions),))

    def note(self, position: int, error: str) -> None:
        """The broker did not take this one."""
        self._cursor.execute(_NOTE, (error[:1000], position))

    def measure(self) -> tuple[int, float]:
        """How many messages are unpublished, and the age of the oldest in seconds."""
        self._cursor.execute(_MEASURE)
        count, oldest = self._first()
        return int(count), float(oldest)

    def clean(self) -> None:
        """Delete a portion of what is too old to be needed again."""
        for statement in _CLEAN:
            self._cursor.execute(statement, {"portion": PORTION})
            if self._cursor.rowcount:
                log.info("old rows deleted", rows=self._cursor.rowcount, table=statement.split()[2])

    def _first(self) -> tuple[Any, ...]:
        row = self._cursor.fetchone()
        assert row is not None
        return row
