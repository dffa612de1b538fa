"""Aggregates kept as JSONB documents, each beside the few columns it is looked up by."""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from chassis.transactions import Transaction

T = TypeVar("T")


class NotFound(LookupError):
    """There is no such document."""

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"{table}: {key}")
        self.table = table
        self.key = key


class AlreadyExists(ValueError):
    """A document with this key is there already."""

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"{table}: {key}")
        self.table = table
        self.key = key


class Documents(Generic[T]):
    """A collection of aggregates in one table: ``key text primary key, body jsonb, <index columns>``.

    ``columns`` gives the values of the index columns of an aggregate; it names the same ones every time.
    """

    def __init__(
        self,
        tx: Transaction,
        table: str,
        kind: type[T],
        key: Callable[[T], str],
        columns: Callable[[T], dict[str, Any]] = lambda _: {},
    ) -> None:
        self._tx = tx
        self._table = table
        self._key = key
        self._columns = columns
        self._decode = _decoder(kind)

    def get(self, key: str) -> T:
        """The aggregate, locked until the transaction ends."""
        found = self.find(key)
        if found is None:
            raise NotFound(self._table, key)
        return found

    def find(self, key: str) -> T | None:
        """The same, or None."""
        return self._one(_statements(self._table).locked, key)

    def peek(self, key: str) -> T | None:
        """The aggregate without a lock, only to be looked at; or None."""
        return self._one(_statements(self._table).looked_at, key)

    def add(self, aggregate: T) -> None:
        """Keep a new aggregate."""
        values = self._values(aggregate)
        if not self._tx.connection.execute(_insert(self._table, tuple(values)), values).rowcount:
            raise AlreadyExists(self._table, values["key"])

    def save(self, aggregate: T) -> None:
        """Keep the changes of an aggregate that was got."""
        values = self._values(aggregate)
        statement = _update(self._table, tuple(values))
        if not self._tx.connection.execute(statement, {**values, "its_key": values["key"]}).rowcount:
            raise NotFound(self._table, values["key"])

    def column(self, name: str) -> sa.ColumnClause[Any]:
        """An index column, for conditions: ``documents.list(documents.column("due_at") < at)``."""
        return sa.column(name)

    def list(
        self,
        *conditions: sa.ColumnElement[bool],
        order_by: str = "key",
        descending: bool = False,
        limit: int | None = None,
        after: str | None = None,
        lock: bool = False,
        **equals: Any,
    ) -> list[T]:
        """Aggregates that meet all conditions, ordered by a column and then the key.

        ``equals`` compares columns: with a value, with None, or with a list of allowed values.
        ``after`` is the key of the last aggregate of the page before.
        """
        ordering = (sa.column(order_by), sa.column("key"))
        query = (
            sa.select(_BODY)
            .select_from(sa.table(self._table))
            .where(*conditions, *(_equal(name, value) for name, value in equals.items()))
            .order_by(*(part.desc() if descending else part for part in ordering))
            .limit(limit)
        )
        if after is not None:
            query = query.where(_beyond(self._table, ordering, after, descending=descending))
        if lock:
            query = query.with_for_update()
        return [self._decode(body) for body in self._tx.connection.execute(query).scalars()]

    def count(self, *conditions: sa.ColumnElement[bool], **equals: Any) -> int:
        """How many meet the conditions."""
        query = (
            sa.select(sa.func.count())
            .select_from(sa.table(self._table))
            .where(*conditions, *(_equal(name, value) for name, value in equals.items()))
        )
        return int(self._tx.connection.execute(query).scalar_one())

    def _one(self, query: sa.Select[Any], key: str) -> T | None:
        body = self._tx.connection.execute(query, {"its_key": key}).scalar_one_or_none()
        return None if body is None else self._decode(body)

    def _values(self, aggregate: T) -> dict[str, Any]:
        columns = {name: _plain(value) for name, value in self._columns(aggregate).items()}
        return {"key": self._key(aggregate), "body": msgspec.json.encode(aggregate).decode(), **columns}


_BODY = sa.cast(sa.column("body", JSONB), sa.Text)


class _Queries(msgspec.Struct, frozen=True):
    locked: Any
    looked_at: Any


@cache
def _decoder(kind: type[T]) -> Callable[[str], T]:
    return msgspec.json.Decoder(kind).decode


@cache
def _statements(table: str) -> _Queries:
    looked_at = (
        sa.select(_BODY).select_from(sa.table(table)).where(sa.column("key") == sa.bindparam("its_key"))
    )
    return _Queries(locked=looked_at.with_for_update(), looked_at=looked_at)


@cache
def _insert(table: str, columns: tuple[str, ...]) -> Any:
    target = sa.table(table, *(sa.column(name) for name in columns))
    values = {name: sa.bindparam(name) for name in columns}
    return insert(target).values(values).on_conflict_do_nothing(index_elements=["key"])


@cache
def _update(table: str, columns: tuple[str, ...]) -> Any:
    target = sa.table(table, *(sa.column(name) for name in columns))
    values = {name: sa.bindparam(name) for name in columns}
    return sa.update(target).where(target.c.key == sa.bindparam("its_key")).values(values)


def _equal(name: str, value: Any) -> sa.ColumnElement[bool]:
    column: sa.ColumnClause[Any] = sa.column(name)
    if value is None:
        return column.is_(None)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return column.in_([_plain(one) for one in value])
    return column == _plain(value)


def _beyond(
    table: str, ordering: tuple[sa.ColumnClause[Any], ...], key: str, *, descending: bool
) -> sa.ColumnElement[bool]:
    last = sa.select(*ordering).select_from(sa.table(table)).where(sa.column("key") == key)
    place = sa.tuple_(*ordering)
    return place < last.scalar_subquery() if descending else place > last.scalar_subquery()


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
