"""Aggregates kept as JSONB documents, each beside the few columns it is looked up by."""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from chassis.statements import compiled
from chassis.transactions import Transaction

T = TypeVar("T")


class NotFound(LookupError):
    """There is no such document."""

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
        self._bodies: dict[str, str] = {}
        self._undone = 0

    @property
    def _held(self) -> dict[str, str]:
        """The bodies of those that nobody else can change until the transaction ends, as they are kept.

        A part of the transaction that was undone may have changed or locked them.
        """
        if self._undone != self._tx.undone:
            self._bodies.clear()
            self._undone = self._tx.undone
        return self._bodies

    def get(self, key: str) -> T:
        """The aggregate, locked until the transaction ends."""
        found = self.find(key)
        if found is None:
            raise NotFound(self._table, key)
        return found

    def find(self, key: str) -> T | None:
        """The same, or None."""
        if key in self._held:
            return self._decode(self._held[key])
        body = self._tx.statements.execute(_locked(self._table), (key,)).scalar_one_or_none()
        if body is None:
            return None
        self._held[key] = body
        return self._decode(body)

    def peek(self, key: str) -> T | None:
        """The aggregate without a lock, only to be looked at; or None."""
        if key in self._held:
            return self._decode(self._held[key])
        body = self._tx.statements.read(_looked_at(self._table), (key,)).scalar_one_or_none()
        return None if body is None else self._decode(body)

    def add(self, aggregate: T) -> None:
        """Keep a new aggregate; when its key is taken the transaction fails, at its end at the latest."""
        values = self._values(aggregate)
        self._tx.statements.write(_insert(self._table, tuple(values)), values)
        self._held[values["key"]] = values["body"]

    def save(self, aggregate: T) -> None:
        """Keep the changes of an aggregate that was got."""
        values = self._values(aggregate)
        statement = _update(self._table, tuple(values))
        if values["key"] in self._held:  # it is there, and nobody else can take it away
            self._tx.statements.write(statement, values)
        elif not self._tx.statements.execute(statement, values).rowcount:
            raise NotFound(self._table, values["key"])
        self._held[values["key"]] = values["body"]

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
        condition, values = _condition(conditions, equals)
        columns = order_by if order_by == "key" else f"{order_by}, key"
        if after is not None:
            last = "%(after)s" if order_by == "key" else _place(self._table, columns)
            condition += f" and ({columns}) {'<' if descending else '>'} {last}"
        direction = " desc" if descending else ""
        order = f"order by {columns.replace(',', f'{direction},')}{direction}"
        order += "" if limit is None else " limit %(limit)s"
        query = f"{_bodies(self._table)} where {condition} {order}{' for update' if lock else ''}"
        several = [name for name, value in values.items() if _is_texts(value)]
        if limit is not None and not lock and len(several) == 1 and several[0] in equals:
            query = _of_each(self._table, several[0], condition, order)
        run = self._tx.statements.execute if lock else self._tx.statements.read
        bodies = run(query, {**values, "after": after, "limit": limit}).scalars().all()
        aggregates = [self._decode(body) for body in bodies]
        if lock:
            self._held.update(zip(map(self._key, aggregates), bodies, strict=True))
        return aggregates

    def count(self, *conditions: sa.ColumnElement[bool], **equals: Any) -> int:
        """How many meet the conditions."""
        condition, values = _condition(conditions, equals)
        query = f"select count(*) from {self._table} where {condition}"  # noqa: S608
        return int(self._tx.statements.read(query, values).scalar_one())

    def _values(self, aggregate: T) -> dict[str, Any]:
        columns = {name: _plain(value) for name, value in self._columns(aggregate).items()}
        return {"key": self._key(aggregate), "body": msgspec.json.encode(aggregate).decode(), **columns}


@cache
def _decoder(kind: type[T]) -> Callable[[str], T]:
    return msgspec.json.Decoder(kind).decode


def _bodies(table: str) -> str:
    return f"select body::text from {table}"  # noqa: S608


@cache
def _looked_at(table: str) -> str:
    return f"{_bodies(table)} where key = %s"


@cache
def _locked(table: str) -> str:
    return f"{_looked_at(table)} for update"


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(f"%({name})s" for name in columns)
    return f"insert into {table} ({', '.join(columns)}) values ({values})"  # noqa: S608


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(f"{name} = %({name})s" for name in columns)
    return f"update {table} set {values} where key = %(key)s"  # noqa: S608


def _place(table: str, columns: str) -> str:
    """The place of the last aggregate of the page before."""
    return f"(select {columns} from {table} where key = %(after)s)"  # noqa: S608


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _of_each(table: str, column: str, condition: str, order: str) -> str:
    """The same page from the best of each allowed value: an index has those in order, nothing is sorted."""
    one = condition.replace(f"{column} = any(%({column})s)", f"{column} = allowed.value")
    return (
        f"select body::text from unnest(cast(%({column})s as text[])) as allowed (value) cross join lateral "  # noqa: S608
        f"(select * from {table} where {one} {order}) as best {order}"
    )


def _condition(
    conditions: tuple[sa.ColumnElement[bool], ...], equals: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """One condition of all, and its values."""
    whole, values = compiled(sa.and_(*conditions)) if conditions else ("true", {})
    for name, value in equals.items():
        plain = _plain(value)
        if plain is None:
            whole += f" and {name} is null"
        elif isinstance(plain, Iterable) and not isinstance(plain, str | bytes):
            allowed = list(dict.fromkeys(_plain(one) for one in plain))
            several = len(allowed) != 1
            # With one value an index gives the rows in order; with an array, whatever it holds, it does not.
            whole += f" and {name} = any(%({name})s)" if several else f" and {name} = %({name})s"
            values[name] = allowed if several else allowed[0]
        else:
            whole += f" and {name} = %({name})s"
            values[name] = plain
    return whole, values


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
