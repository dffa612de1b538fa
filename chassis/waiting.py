"""Waiting facts: what came early is kept, and takes effect when what it waits for is brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chassis import inbox
from chassis.codec import Envelope
from chassis.faults import is_away, must_try_again
from chassis.reading import Reader, Wait

if TYPE_CHECKING:
    from chassis.transactions import Transaction

_KEEP = """
insert into waiting_facts (key, queue, message_id, time, sequence, envelope) values (%s, %s, %s, %s, %s, %s)
"""

_LIST = """
select id, queue, envelope from waiting_facts where key = %s order by time, sequence, id for update
"""
_MOVE = """
update waiting_facts set key = %s where id = %s
"""
_REMOVE = """
delete from waiting_facts where id = %s
"""
MEASURE = """
select count(*), coalesce(extract(epoch from now() - min(since)), 0) from waiting_facts
"""
"""How many facts wait, and for how many seconds the oldest."""


def apply_or_keep(tx: Transaction, reader: Reader, envelope: Envelope, key: str) -> bool:
    """Try a fact that came early once more, and keep it when it is still early; True when it took effect."""
    waits_for = _apply_under_lock(tx, reader, envelope, key)
    if waits_for is None:
        return True
    body = tx.database.codec.encode(envelope)
    tx.statements.write(_KEEP, (waits_for, reader.queue, envelope.id, envelope.time, envelope.sequence, body))
    return False


def release(tx: Transaction, key: str) -> None:
    """Let the facts that wait under ``key`` take effect, in the order of their times."""
    tx.lock(key)  # before the list is looked up: what has been kept by then is on it
    for row in tx.statements.execute(_LIST, (key,)).all():
        reader = tx.database.readers.get(row.queue)
        if reader is not None:
            _take_up(tx, reader, row.id, tx.database.codec.decode(bytes(row.envelope)), key)


def _apply_under_lock(tx: Transaction, reader: Reader, envelope: Envelope, key: str) -> str | None:
    """Apply a fact while holding the lock of what it waits for; None, or the key under which to keep it.

    Whoever brings what is waited for takes the same lock: either it is seen here, or the kept fact there.
    """
    while True:
        tx.lock(key)
        try:
            with tx.attempt():
                reader.apply(tx.bound, envelope, at=tx.database.moment_of(envelope))
        except Wait as early:
            if early.key == key:
                return key
            key = early.key
        else:
            return None


def _take_up(tx: Transaction, reader: Reader, row_id: int, envelope: Envelope, key: str) -> None:
    try:
        waits_for = _apply_under_lock(tx, reader, envelope, key)
    except Exception as error:
        if is_away(error) or must_try_again(error):
            raise
        _send_back(tx, reader, envelope)
        waits_for = None
    if waits_for is None:
        tx.statements.write(_REMOVE, (row_id,))
    elif waits_for != key:
        tx.statements.write(_MOVE, (waits_for, row_id))


def _send_back(tx: Transaction, reader: Reader, envelope: Envelope) -> None:
    """A waiting fact that fails must not fail its releaser: back to its queue, to be retried and parked."""
    inbox.forget(tx.statements, reader.queue, envelope.id)
    tx.post(
        exchange="",
        routing_key=reader.queue,
        message=envelope,
        message_id=envelope.id,
        subject=envelope.subject,
        at=envelope.time,
        ordering_key=f"{reader.queue}/{envelope.id}",
    )
