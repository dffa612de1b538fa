"""The outbox: messages are rows of the business transaction until the relay has published them."""

import itertools
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.statements import Statements

Subject = tuple[str, str]
"""Who tells, and of what."""

# Sorted, so that two transactions with the same subjects cannot wait for one another in a circle.
_COUNT_ON = """
insert into subject_sequences as s (source, subject, last)
select * from unnest(%(sources)s::text[], %(subjects)s::text[], %(counts)s::bigint[])
    as more (source, subject, count)
order by source, subject
on conflict (source, subject) do update set last = s.last + excluded.last
returning source, subject, last
"""

_BEGIN_COUNT = """
insert into subject_sequences (source, subject, last)
select * from unnest(%(sources)s::text[], %(subjects)s::text[], %(counts)s::bigint[])
"""

# Most transactions tell one fact: without arrays that takes about a quarter less (docs/performance.md).
_COUNT_ON_ONE = """
insert into subject_sequences as s (source, subject, last) values (%(source)s, %(subject)s, %(count)s)
on conflict (source, subject) do update set last = s.last + excluded.last
returning source, subject, last
"""

_BEGIN_ONE = """
insert into subject_sequences (source, subject, last) values (%(source)s, %(subject)s, %(count)s)
"""

_WRITE_ONE = """
insert into outbox (message_id, exchange, routing_key, ordering_key, source, type, subject, at,
                    traceparent, content_type, body, headers)
select %(message_id)s::text, %(exchange)s::text, %(routing_key)s::text, %(ordering_key)s::text,
       %(source)s::text, %(type)s::text, %(subject)s::text, %(at)s::timestamptz,
       %(traceparent)s::text, %(content_type)s::text, %(body)s::bytea, %(headers)s::jsonb
from pg_notify('outbox', '')
"""

# One statement for all rows of a transaction; the relay is woken by the same statement, when it commits.
_WRITE = """
insert into outbox (message_id, exchange, routing_key, ordering_key, source, type, subject, at,
                    traceparent, content_type, body, headers)
select message_id, exchange, routing_key, ordering_key, source, type, subject, at,
       traceparent, content_type, body, headers::jsonb
from unnest(
    %(message_id)s::text[], %(exchange)s::text[], %(routing_key)s::text[], %(ordering_key)s::text[],
    %(source)s::text[], %(type)s::text[], %(subject)s::text[], %(at)s::timestamptz[],
    %(traceparent)s::text[], %(content_type)s::text[], %(body)s::bytea[], %(headers)s::text[])
    as row (message_id, exchange, routing_key, ordering_key, source, type, subject, at,
            traceparent, content_type, body, headers)
cross join pg_notify('outbox', '')
"""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message on its way to the outbox.

    Messages of one ``ordering_key`` leave in the order they were written; other keys do not wait for them.
    ``headers`` are JSON, for the few messages that have any beside ``traceparent``.
    """

    message_id: str
    exchange: str
    routing_key: str
    ordering_key: str
    source: str
    type: str
    subject: str
    at: datetime
    traceparent: str
    content_type: str
    body: bytes
    headers: str | None = None


def new_id() -> str:
    """A UUID version 7 (RFC 9562): ordered by time, so that the indexes stay compact."""
    milliseconds = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    number = (
        (milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (chance >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | chance & (1 << 62) - 1
    )
    return str(uuid.UUID(int=number))


def as_json(headers: Mapping[str, str] | None) -> str | None:
    """Headers in the form that the outbox keeps."""
    return json.dumps(headers) if headers else None


def count_on(statements: Statements, subjects: Sequence[Subject], new: Collection[Subject] = ()) -> list[int]:
    """The next number of each subject, in the order given.

    The counters stay locked to the end of the transaction, so counting order is commit order. Those of
    ``new`` subjects begin at 1, for which nobody need be asked; one that was counted before fails.
    """
    counts = Counter(subjects)
    known = {subject: count for subject, count in counts.items() if subject not in new}
    following = dict.fromkeys(counts, 1)
    if begun := {subject: count for subject, count in counts.items() if subject in new}:
        statements.write(*_for(begun, _BEGIN_ONE, _BEGIN_COUNT))
    if known:
        found = statements.execute(*_for(known, _COUNT_ON_ONE, _COUNT_ON)).all()
        lasts = {(row.source, row.subject): row.last for row in found}
        following |= {subject: lasts[subject] - count + 1 for subject, count in known.items()}
    numbers = {subject: itertools.count(first) for subject, first in following.items()}
    return [next(numbers[subject]) for subject in subjects]


def _for(counts: Mapping[Subject, int], one: str, several: str) -> tuple[str, dict[str, Any]]:
    """The statement for so many subjects, and its parameters."""
    sources, subjects = zip(*counts, strict=True)
    if len(counts) == 1:
        return one, {"source": sources[0], "subject": subjects[0], "count": counts[sources[0], subjects[0]]}
    return several, {"sources": list(sources), "subjects": list(subjects), "counts": list(counts.values())}


def write(statements: Statements, messages: Sequence[Outgoing]) -> None:
    """Write all messages of a transaction."""
    if len(messages) == 1:
        statements.write(_WRITE_ONE, vars(messages[0]))
        return
    names = Outgoing.__dataclass_fields__
    statements.write(_WRITE, {name: [getattr(message, name) for message in messages] for name in names})
