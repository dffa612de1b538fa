"""One call, one transaction: what is kept, what is announced and what was received commit together."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson
import psycopg2
from psycopg2 import extras

from chassis import clock, outbox, waiting
from chassis.codec import Codec, Envelope, Fact
from chassis.connections import Connections
from chassis.faults import DatabaseAway, must_try_again, plain_faults
from chassis.inbox import remember
from chassis.outbox import Outgoing
from chassis.reading import Reader
from chassis.rows import Rows
from chassis.statements import Statements, statements, with_names

R = TypeVar("R")

TRIES = 3
"""How often a call is made when PostgreSQL breaks a deadlock or a serialisation failure at its cost."""

# A connection whose other end has vanished must not hang: the operating system gives up after half a minute.
# Each statement is planned once, and not anew the first five times on each connection; searching a million
# rows took as long with such plans (docs/performance.md).
_CONNECT: Mapping[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=300000"
    " -c plan_cache_mode=force_generic_plan",
}

_WAKE = """
insert into wake_ups (kind, subject, due_at, fire_at, payload) values (%s, %s, %s, %s, %s)
on conflict (kind, subject) do update
set due_at = excluded.due_at, fire_at = excluded.fire_at, payload = excluded.payload,
    attempts = 0, last_error = null
"""
_CANCEL_WAKE = """
delete from wake_ups where kind = %s and subject = %s
"""
_LOCK = """
select pg_advisory_xact_lock(hashtextextended(%s, 0))
"""


def _opened(url: str) -> Any:
    connection = psycopg2.connect(url, **_CONNECT)  # libpq reads the address, as everywhere
    connection.autocommit = True  # psycopg2 would else send a BEGIN of its own and wait for the answer
    for register in (extras.register_default_json, extras.register_default_jsonb):
        register(connection, loads=orjson.loads)
    return connection


class Duplicate(Exception):
    """This message has taken effect already."""


class Announced:
    """What a fact counts as: the deciding aggregate and the number of its facts so far."""

    def __init__(self, transaction: "Transaction", fact: Fact, at: datetime, *, first: bool) -> None:
        self.subject = fact.subject
        self.fact = fact
        self.at = at
        self.first = first
        self.traceparent = transaction.traceparent
        self.counted: int | None = None
        self._transaction = transaction

    @property
    def sequence(self) -> int:
        """The number; asking for it counts on, for all facts of the transaction that have none yet."""
        if self.counted is None:
            self._transaction.count_announced()
        assert self.counted is not None
        return self.counted


class Transaction:
    """One PostgreSQL transaction; messages are gathered and written at its end."""

    def __init__(self, database: "Database", statements: Statements, traceparent: str) -> None:
        self.database = database
        self.statements = statements
        self.traceparent = traceparent
        self.undone = 0
        """How many parts of it have left nothing behind."""
        self._outgoing: list[Outgoing | Announced] = []
        self._bound: Any = None

    @property
    def bound(self) -> Any:
        """The same transaction in the form that the service's stages know."""
        if self._bound is None:
            self._bound = self.database.bind(self)
        return self._bound

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows[Any]:
        """Run a statement; it is SQL with ``:named`` parameters."""
        return self.statements.execute(with_names(statement) if parameters else statement, parameters)

    def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows[Any]:
        """The same for a statement that neither changes nor locks anything, which is cheaper."""
        return self.statements.read(with_names(statement) if parameters else statement, parameters)

    def write(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """The same for a change of which nothing is to be known: it is made before the next statement, or at
        the end.
        """
        self.statements.write(with_names(statement) if parameters else statement, parameters)

    def announce(self, fact: Fact, *, at: datetime, first: bool = False) -> Announced:
        """Publish a fact to all who listen, when this transaction commits.

        ``first`` says that nothing was ever told of its subject, which saves asking for the number.
        """
        announced = Announced(self, fact, at, first=first)
        self._outgoing.append(announced)
        return announced

    def count_announced(self) -> None:
        """Give each announced fact its number, all in one round trip, and put it in its envelope."""
        announced = [one for one in self._outgoing if isinstance(one, Announced)]
        if not announced:
            return
        subjects = [(one.fact.sender, one.subject) for one in announced]
        new = {subject for one, subject in zip(announced, subjects, strict=True) if one.first}
        for one, number in zip(announced, outbox.count_on(self.statements, subjects, new), strict=True):
            one.counted = number
        self._outgoing = [
            self._sealed(one, one.sequence) if isinstance(one, Announced) else one for one in self._outgoing
        ]

    def _sealed(self, announced: Announced, number: int) -> Outgoing:
        fact, at = announced.fact, announced.at
        envelope = self.database.codec.seal(
            fact, id=outbox.new_id(), time=at, sequence=number, traceparent=announced.traceparent
        )
        return self._addressed(
            exchange=f"{fact.sender}.events",
            routing_key=fact.name,
            message=envelope,
            message_id=envelope.id,
            subject=fact.subject,
            at=at,
            ordering_key=fact.subject,
        )

    def post(
        self,
        *,
        exchange: str,
        routing_key: str,
        message: Envelope,
        message_id: str,
        subject: str,
        at: datetime,
        ordering_key: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send any other message through the outbox, in the order of its ``ordering_key``."""
        self._outgoing.append(
            self._addressed(
                exchange=exchange,
                routing_key=routing_key,
                message=message,
                message_id=message_id,
                subject=subject,
                at=at,
                ordering_key=ordering_key,
                headers=headers,
            )
        )

    def _addressed(
        self, *, message: Envelope, headers: Mapping[str, str] | None = None, **where: Any
    ) -> Outgoing:
        codec = self.database.codec
        return Outgoing(
            **where,
            source=message.source,
            type=message.type,
            traceparent=message.traceparent or self.traceparent,
            content_type=codec.content_type,
            body=codec.encode(message),
            headers=outbox.as_json(headers),
        )

    def lock(self, key: str) -> None:
        """Hold everyone else who locks the same key until this transaction ends."""
        self.statements.write(_LOCK, (key,))

    def released(self, key: str) -> None:
        """What facts wait for under ``key`` is here: they take effect in this transaction."""
        waiting.release(self, key)

    def wake(self, kind: str, subject: str, at: datetime, payload: dict[str, Any] | None = None) -> None:
        """Be woken at a moment; a later call for the same kind and subject replaces this one."""
        self.statements.write(_WAKE, (kind, subject, at, at, json.dumps(payload or {})))

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
        self.statements.write(_CANCEL_WAKE, (kind, subject))

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that leaves nothing behind when it raises: neither rows nor messages."""
        self.count_announced()  # what comes undone with the part must not have been counted in it
        kept = len(self._outgoing)
        try:
            with self.statements.savepoint():
                yield
        except BaseException:
            del self._outgoing[kept:]
            self.undone += 1
            self._bound = None  # it may remember rows that are not there
            raise

    def write_outgoing(self) -> None:
        """Write the gathered messages; the database calls this before it commits."""
        self.count_announced()
        outgoing = [one for one in self._outgoing if isinstance(one, Outgoing)]
        if outgoing:
            outbox.write(self.statements, outgoing)
            self._outgoing.clear()


class Database:
    """A service's PostgreSQL database: opens transactions and says plainly when it is away."""

    def __init__(
        self,
        url: str,
        *,
        codec: Codec,
        service: str = "",
        bind: Callable[[Transaction], Any] = lambda tx: tx,
        readers: Sequence[Reader] = (),
        now: clock.Clock = clock.now,
        replay: bool = False,
        pool_size: int = 20,
    ) -> None:
        self.codec = codec
        self.service = service
        self.bind = bind
        self.readers = {reader.queue: reader for reader in readers}
        self.now = now
        self.replay = replay
        self.connections = Connections(lambda: _opened(url), most=pool_size)

    def moment_of(self, envelope: Envelope) -> datetime:
        """When a message counts as received: now, or in a replay the moment it tells of."""
        return (envelope.time if self.replay else None) or self.now()

    @contextlib.contextmanager
    def transaction(
        self, *, inbox: tuple[str, str] | None = None, traceparent: str = ""
    ) -> Iterator[Transaction]:
        """One transaction, committed at the end of the block and rolled back when it raises.

        With ``inbox`` (consumer, message id) a message that has taken effect raises ``Duplicate``.
        """
        with plain_faults(), statements(self.connections) as sent:
            if inbox is not None and not remember(sent, *inbox):
                raise Duplicate(inbox[1])
            tx = Transaction(self, sent, traceparent)
            yield tx
            tx.write_outgoing()

    def run(
        self,
        function: Callable[[Transaction], R],
        *,
        inbox: tuple[str, str] | None = None,
        traceparent: str = "",
    ) -> R:
        """Call ``function(tx)`` in one transaction, and once more when PostgreSQL asks for that."""
        for tries_left in reversed(range(TRIES)):
            try:
                with self.transaction(inbox=inbox, traceparent=traceparent) as tx:
                    return function(tx)
            except Exception as error:
                if not tries_left or not must_try_again(error):
                    raise
        raise AssertionError("unreachable: the last try answers or raises")

    def reachable(self) -> bool:
        """Whether the database answers now."""
        try:
            with plain_faults(), statements(self.connections) as sent:
                sent.read("select 1")
        except DatabaseAway:
            return False
        return True

    def close(self) -> None:
        """Close every idle connection."""
        self.connections.close()
