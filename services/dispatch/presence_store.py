"""The store of presence on PostgreSQL: a row for each responsible unit whose system was ever seen."""

from collections.abc import Sequence
from datetime import datetime

from chassis.transactions import Transaction
from services.dispatch.domain.presence import Presence

_ALL = "select responsible_unit, read_at, spoke_at from unit_presence order by responsible_unit"
_NOTE_READ = """
    insert into unit_presence (responsible_unit, read_at) select unnest(cast(:codes as text[])), :at
    on conflict (responsible_unit) do update set read_at = excluded.read_at"""
# Every message of a unit leaves its id, `<code>/<the unit's own id>`, in the inbox when it takes effect:
# what has come since the last look is found there, so that no message pays for being noted.
_NOTE_SPOKEN = """
    insert into unit_presence (responsible_unit, spoke_at)
    select split_part(message_id, '/', 1), max(received_at) from inbox
    where consumer = 'dispatch.feedback'
      and received_at > (select coalesce(max(spoke_at), now() - interval '14 days') from unit_presence)
    group by 1 order by 1
    on conflict (responsible_unit) do update set spoke_at = excluded.spoke_at"""
_UNSIGNED = """
    select responsible_unit, count(*) as tasks from assignments
    where state = 'awaiting_signature' group by responsible_unit"""
_SEEN = """
    select responsible_unit, extract(epoch from greatest(read_at, spoke_at)) as seen
    from unit_presence order by responsible_unit"""


class PostgresPresences:
    """When each unit's system was last seen."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def all(self) -> list[Presence]:
        """Every unit whose system was ever seen."""
        return [Presence(**row) for row in self._tx.read(_ALL).mappings()]

    def note_read(self, codes: Sequence[str], at: datetime) -> None:
        """Somebody reads these units' queues."""
        if codes:
            self._tx.execute(_NOTE_READ, {"codes": list(codes), "at": at})

    def note_spoken(self) -> None:
        """Whoever has spoken since the last look."""
        self._tx.execute(_NOTE_SPOKEN)

    def unsigned_tasks(self) -> dict[str, int]:
        """How many tasks await each unit's signature."""
        return {row.responsible_unit: row.tasks for row in self._tx.read(_UNSIGNED)}

    def seen(self) -> list[tuple[str, float]]:
        """Each unit with when its system was last seen, in seconds since 1970."""
        return [(row.responsible_unit, float(row.seen)) for row in self._tx.read(_SEEN)]
