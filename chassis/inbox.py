"""The inbox: the ids of messages that have taken effect, written in the same transaction as the effect."""

from collections.abc import Sequence

from chassis.statements import Statements

_REMEMBER = """
insert into inbox (consumer, message_id) values (%s, %s) on conflict do nothing
"""

# Sorted, so that two processes with overlapping batches cannot wait for one another in a circle.
_REMEMBER_ALL = """
insert into inbox (consumer, message_id)
select %(consumer)s, id from unnest(%(ids)s::text[]) as id order by id
on conflict do nothing
returning message_id
"""

_FORGET = """
delete from inbox where consumer = %s and message_id = %s
"""


def remember(statements: Statements, consumer: str, message_id: str) -> bool:
    """True when the message is new here; waits for another transaction that holds the same one."""
    return bool(statements.execute(_REMEMBER, (consumer, message_id)).rowcount)


def remember_all(statements: Statements, consumer: str, ids: Sequence[str]) -> set[str]:
    """The ids of a batch that are new here."""
    rows = statements.execute(_REMEMBER_ALL, {"consumer": consumer, "ids": list(ids)})
    return set(rows.scalars())


def forget(statements: Statements, consumer: str, message_id: str) -> None:
    """Let a message be received once more: its effect did not come about."""
    statements.write(_FORGET, (consumer, message_id))
