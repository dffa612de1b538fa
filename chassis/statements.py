"""Statements (语句) on their way to PostgreSQL: as few round trips as their answers ask for.

A round trip costs more than most statements do. So BEGIN, and every change whose outcome nobody asks about,
wait for the next statement that has an answer, or for COMMIT, and travel with it. They are executed in the
order they were given, each with its own snapshot, as if they had been sent one by one.

Reading and planning a statement costs PostgreSQL more than executing it does. So each is prepared the first
time it is sent on a connection, and only executed from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE, TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_UNKNOWN
from sqlalchemy.dialects.postgresql import psycopg2 as dialects

from chassis.connections import Connections, Prepared
from chassis.faults import DatabaseAway
from chassis.rows import Rows, fetched

_BEGIN = b"begin"
# Classes of SQLSTATE (PostgreSQL, appendix A) of a prepared statement under which the tables have changed.
_STALE = ("0A", "22", "26", "42")
_NAMED = re.compile(r"(?<![:\w]):(\w+)(?!:)")
_PLANNED = re.compile(r"\s*(select|insert|update|delete|with)\b", re.IGNORECASE)
"""What PostgreSQL makes a plan for, and therefore gains by being prepared."""
_UNSETTLED = (TRANSACTION_STATUS_ACTIVE, TRANSACTION_STATUS_UNKNOWN)
_PLACE = re.compile(r"%(?:\((\w+)\))?s|%%")
_DIALECT = dialects.dialect()

MOST_PREPARED = 300
"""Statements prepared on one connection; what is asked beyond these is read anew each time."""


class NotCommitted(Exception):
    """PostgreSQL rolled back what should have been committed: an error had been passed over."""


class Statements:
    """The statements of one transaction on one connection."""

    def __init__(self, connection: Any, prepared: Prepared) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._pending = [_BEGIN]
        self._begun = False
        self._prepared = prepared
        self._fresh: dict[str, str] = {}

    def execute(self, statement: str, parameters: Any = None) -> Rows[Any]:
        """Run a statement, and what waits before it, and answer with what it brought."""
        self._add(statement, parameters)
        self._send()
        return fetched(self._cursor)

    def read(self, statement: str, parameters: Any = None) -> Rows[Any]:
        """Run a statement that changes and locks nothing: before any other it needs no transaction."""
        if self._begun or len(self._pending) > 1:
            return self.execute(statement, parameters)
        self._pending.clear()
        try:
            self._add(statement, parameters)
            self._run()
        finally:
            self._pending = [_BEGIN]
        return fetched(self._cursor)

    def write(self, statement: str, parameters: Any = None) -> None:
        """A change whose outcome nobody asks about: it goes with the next statement, or with COMMIT."""
        self._add(statement, parameters)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that leaves nothing behind when it raises; what it failed at, it raises itself."""
        self.execute("savepoint part")
        try:
            yield
            self.execute("release savepoint part")
        except BaseException:
            self._pending.clear()
            self._fresh.clear()
            self.execute("rollback to savepoint part; release savepoint part")
            raise

    def commit(self) -> None:
        """Send what waits, and commit."""
        if not self._begun and len(self._pending) == 1:
            return
        self._pending.append(b"commit")
        self._send()
        if self._cursor.statusmessage != "COMMIT":
            raise NotCommitted(self._cursor.statusmessage)

    def leave(self) -> bool:
        """Leave nothing open and nothing doubtful to the next transaction on the connection.

        False when nobody knows any more what the connection is doing.
        """
        status = self._connection.info.transaction_status
        if self._connection.closed or status in _UNSETTLED:
            return False
        try:
            if status != TRANSACTION_STATUS_IDLE:
                self._cursor.execute("rollback")
            if self._prepared.doubtful:
                self._cursor.execute("deallocate all")
        except psycopg2.Error:
            return False
        if self._prepared.doubtful:
            self._prepared.names.clear()
            self._prepared.doubtful = False
        return True

    def _send(self) -> None:
        self._begun = True
        self._run()

    def _run(self) -> None:
        whole, self._pending = b";\n".join(self._pending), []
        fresh, self._fresh = self._fresh, {}
        try:
            self._cursor.execute(whole)
        except psycopg2.Error as error:
            if fresh or (error.pgcode or "").startswith(_STALE):
                self._prepared.doubtful = True
            raise
        self._prepared.names.update(fresh)

    def _add(self, statement: str, parameters: Any) -> None:
        if not parameters and not _PLANNED.match(statement):
            self._pending.append(statement.encode())
            return
        known = self._prepared.names.get(statement) or self._fresh.get(statement)
        if known is None and len(self._prepared.names) >= MOST_PREPARED:
            self._pending.append(self._cursor.mogrify(statement, parameters))
            return
        numbered = _numbered(statement) if parameters else _Numbered(statement, "", ())
        values = parameters if numbered.names is None else [parameters[one] for one in numbered.names]
        name = known or self._prepared.name()
        executed = self._cursor.mogrify(f"execute {name} {numbered.places}", values)  # may refuse the values
        if known is None:
            self._fresh[statement] = name
            self._pending.append(f"prepare {name} as {numbered.text}".encode())
        self._pending.append(executed)


@contextmanager
def statements(connections: Connections) -> Iterator[Statements]:
    """A connection for one transaction: committed at the end, or rolled back."""
    lent = connections.take()
    ended = False
    try:
        sent = Statements(lent.raw, lent.prepared)
        try:
            yield sent
            sent.commit()
        finally:
            ended = sent.leave()
    except psycopg2.Error as error:
        if lent.raw.closed:
            raise DatabaseAway(str(error).strip()) from error
        raise
    finally:
        (connections.give_back if ended else connections.drop)(lent)


@dataclass(frozen=True)
class _Numbered:
    """A statement as PostgreSQL prepares it: its parameters are numbered."""

    text: str
    places: str
    """``(%s, %s)``: one for each; nothing when there are none."""
    names: tuple[str, ...] | None
    """Which parameter each is; None when they are given in their order."""


@lru_cache(4000)
def _numbered(statement: str) -> _Numbered:
    names: list[str] = []
    count = 0

    def number(place: re.Match[str]) -> str:
        nonlocal count
        if place[0] == "%%":
            return "%"
        if place[1] is None:
            count += 1
            return f"${count}"
        if place[1] not in names:
            names.append(place[1])
        return f"${names.index(place[1]) + 1}"

    text = _PLACE.sub(number, statement)
    places = ", ".join(["%s"] * (count or len(names)))
    return _Numbered(text, places and f"({places})", None if count else tuple(names))


@lru_cache(4000)
def with_names(statement: str) -> str:
    """SQL with ``:named`` parameters in the form psycopg2 takes."""
    return _NAMED.sub(r"%(\1)s", statement.replace("%", "%%"))


def compiled(expression: sa.ClauseElement) -> tuple[str, dict[str, Any]]:
    """A SQLAlchemy expression in the form psycopg2 takes, and its parameters."""
    made = expression.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(made), dict(made.params)
