"""What a statement brought: its rows, as tuples with names, as values or as dictionaries."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class NotOneRow(Exception):
    """One row was expected, and there are none or several."""


class Rows(Generic[T]):
    """The rows of a statement; for one that changes rows, how many it changed."""

    def __init__(self, rows: Iterable[T], rowcount: int = 0) -> None:
        self._rows = list(rows)
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows)

    def all(self) -> list[T]:
        """Every row."""
        return self._rows

    def first(self) -> T | None:
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    def one(self) -> T:
        """The only row."""
        if len(self._rows) != 1:
            raise NotOneRow(f"{len(self._rows)} rows instead of one")
        return self._rows[0]

    def one_or_none(self) -> T | None:
        """The only row, or None."""
        return self.one() if self._rows else None

    def scalars(self: Rows[Any]) -> Rows[Any]:
        """The first value of every row."""
        return Rows([row[0] for row in self._rows])

    def scalar(self: Rows[Any]) -> Any:
        """The first value of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self: Rows[Any]) -> Any:
        """The first value of the only row."""
        return self.one()[0]

    def scalar_one_or_none(self: Rows[Any]) -> Any:
        """The first value of the only row, or None."""
        return self.scalar_one() if self._rows else None

    def mappings(self: Rows[Any]) -> Rows[dict[str, Any]]:
        """Every row as a dictionary."""
        return Rows([row._asdict() for row in self._rows])


def fetched(cursor: Any) -> Rows[Any]:
    """What the cursor's last statement brought."""
    if cursor.description is None:
        return Rows((), cursor.rowcount)
    row = _row_of(tuple(column.name for column in cursor.description))
    return Rows(map(row._make, cursor.fetchall()), cursor.rowcount)


@lru_cache(1000)
def _row_of(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)
