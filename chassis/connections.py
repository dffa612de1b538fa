"""Connections (连接) to a database: kept open, and lent to one transaction after another.

The one that came back last is lent first: it and its backend still have at hand what they need. Green
threads and real ones may share them.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg2

A_LOOK = 1.0
"""Seconds after which whoever waits looks again by itself, should nobody have told it."""


class NoneFree(Exception):
    """Every connection was lent for as long as one may wait for it."""


@dataclass
class Prepared:
    """The statements that one connection has prepared, by their text; no name is ever given twice."""

    names: dict[str, str] = field(default_factory=dict)
    given: int = 0
    doubtful: bool = False
    """Something went wrong: nobody knows which of the latest were prepared, or whether all still fit."""

    def name(self) -> str:
        """The next name."""
        self.given += 1
        return f"s{self.given}"


@dataclass(frozen=True, eq=False)
class Connection:
    """An open connection of psycopg2's, and what it has prepared."""

    raw: Any
    prepared: Prepared = field(default_factory=Prepared)


class Connections:
    """As many connections as may be open at once, each opened when it is first needed."""

    def __init__(self, open_one: Callable[[], Any], *, most: int, patience: float = 20.0) -> None:
        """``open_one`` opens a connection; ``patience`` is how many seconds one waits until one is free."""
        self._open_one = open_one
        self._patience = patience
        self._free = most
        """How many more may be opened."""
        self._idle: list[Connection] = []
        self._waiting = 0
        self._changed = threading.Condition()

    def take(self) -> Connection:
        """A connection, which has to be given back or dropped; raise :class:`NoneFree` when none comes."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._wait_or_open()

    def give_back(self, connection: Connection) -> None:
        """It has no transaction open: somebody else may have it."""
        self._idle.append(connection)
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def drop(self, connection: Connection) -> None:
        """Close it: nobody knows what it is doing."""
        try:
            with contextlib.suppress(psycopg2.Error):
                connection.raw.close()
        finally:
            self._may_open_one_more()

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self.drop(self._idle.pop())

    def _wait_or_open(self) -> Connection:
        until = time.monotonic() + self._patience
        with self._changed:
            self._waiting += 1
            try:
                while not self._free:
                    with contextlib.suppress(IndexError):
                        return self._idle.pop()
                    if (left := until - time.monotonic()) <= 0:
                        raise NoneFree(f"no connection was free for {self._patience:g} seconds")
                    self._changed.wait(min(left, A_LOOK))
                self._free -= 1
            finally:
                self._waiting -= 1
        try:
            return Connection(self._open_one())
        except BaseException:
            self._may_open_one_more()
            raise

    def _may_open_one_more(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()
