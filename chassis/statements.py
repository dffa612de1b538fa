"""Statements (语句) on their way to PostgreSQL: as few round trips as their answers ask for.

A round trip costs more than most statements do. So BEGIN, and every change whose outcome nobody asks about,
wait for the next statement that has an answer, or for COMMIT, and travel with it. They are executed in the
order they were given, each with its own snapshot, as if they had been sent one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE, TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_UNKNOWN
from sqlalchemy.dialects.postgresql import psycopg2 as dialects

from chassis.faults import DatabaseAway
from chassis.rows import Rows, fetched

_BEGIN = b"begin"
_NAMED = re.compile(r"(?<![:\w]):(\w+)(?!:)")
_UNSETTLED = (TRANSACTION_STATUS_ACTIVE, TRANSACTION_STATUS_UNKNOWN)
_DIALECT = dialects.dialect()


class NotCommitted(Exception):
    """PostgreSQL rolled back what should have been committed: an error had been passed over."""


class Statements:
    """The statements of one transaction on one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._pending = [_BEGIN]
        self._begun = False

    def execute(self, statement: str, parameters: Any = None) -> Rows[Any]:
        """Run a statement, and what waits before it, and answer with what it brought."""
        self._pending.append(self._whole(statement, parameters))
        self._send()
        return fetched(self._cursor)

    def read(self, statement: str, parameters: Any = None) -> Rows[Any]:
        """Run a statement that changes and locks nothing: before any other it needs no transaction."""
        if self._begun or len(self._pending) > 1:
            return self.execute(statement, parameters)
        self._cursor.execute(self._whole(statement, parameters))
        return fetched(self._cursor)

    def write(self, statement: str, parameters: Any = None) -> None:
        """A change whose outcome nobody asks about: it goes with the next statement, or with COMMIT."""
        self._pending.append(self._whole(statement, parameters))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that leaves nothing behind when it raises; what it failed at, it raises itself."""
        self.execute("savepoint part")
        try:
            yield
            self.execute("release savepoint part")
        except BaseException:
            self._pending.clear()
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

    def give_up(self) -> bool:
        """Roll back; False when nobody knows any more what the connection is doing."""
        status = self._connection.info.transaction_status
        if self._connection.closed or status in _UNSETTLED:
            return False
        if status != TRANSACTION_STATUS_IDLE:
            try:
                self._cursor.execute("rollback")
            except psycopg2.Error:
                return False
        return True

    def _send(self) -> None:
        whole, self._pending = b";\n".join(self._pending), []
        self._begun = True
        self._cursor.execute(whole)

    def _whole(self, statement: str, parameters: Any) -> bytes:
        if parameters:
            return bytes(self._cursor.mogrify(statement, parameters))
        return statement.encode()


@contextmanager
def statements(engine: sa.Engine) -> Iterator[Statements]:
    """A connection of the engine's for one transaction: committed at the end, or rolled back."""
    pooled = engine.raw_connection()
    connection: Any = pooled.dbapi_connection
    try:
        connection.autocommit = True  # for psycopg2, which else begins by itself and waits for the answer
        sent = Statements(connection)
        try:
            yield sent
            sent.commit()
        except BaseException as error:
            usable = sent.give_up()
            if not usable:
                pooled.invalidate()
            if connection.closed and isinstance(error, psycopg2.Error):
                raise DatabaseAway(str(error).strip()) from error
            raise
        finally:
            if not connection.closed:
                connection.autocommit = False
    finally:
        pooled.close()  # type: ignore[no-untyped-call]


@lru_cache(4000)
def with_names(statement: str) -> str:
    """SQL with ``:named`` parameters in the form psycopg2 takes."""
    return _NAMED.sub(r"%(\1)s", statement.replace("%", "%%"))


def compiled(expression: sa.ClauseElement) -> tuple[str, dict[str, Any]]:
    """A SQLAlchemy expression in the form psycopg2 takes, and its parameters."""
    made = expression.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(made), dict(made.params)
