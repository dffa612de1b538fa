"""What a unit's client remembers of messages (消息记忆): which are done, and how often one was tried."""

import sqlite3
import threading
from pathlib import Path

REMEMBERED = 100_000
"""So many messages are remembered; the oldest are forgotten first."""
LOCKED_TIMEOUT = 30.0
"""Seconds for which another process may hold the file."""

_TABLES = """
create table if not exists done (place integer primary key, message_id text not null unique);
create table if not exists tries (message_id text primary key, count integer not null);
"""


class Memory:
    """In a file it outlives the program; without one it ends with it. May be used from every thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._closed = False
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._books = sqlite3.connect(
            ":memory:" if file is None else file,
            timeout=LOCKED_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        # After a power cut the last notes may be missing: then a message comes once more, which is allowed.
        self._books.executescript("pragma journal_mode = wal; pragma synchronous = normal;" + _TABLES)

    def is_done(self, message_id: str) -> bool:
        """Whether this message was handled to its end."""
        with self._lock:
            found = self._books.execute("select 1 from done where message_id = ?", (message_id,))
            return found.fetchone() is not None

    def begin(self, message_id: str) -> int:
        """Note that the message is tried now, before it is: a program that dies of it has tried, too.

        Answers how often it was tried by now.
        """
        with self._lock:
            (count,) = self._books.execute(
                "insert into tries values (?, 1) on conflict (message_id) do update set count = count + 1"
                " returning count",
                (message_id,),
            ).fetchone()
            return int(count)

    def finish(self, message_id: str) -> None:
        """The message is done."""
        with self._lock:
            self._books.execute("begin immediate")
            self._books.execute("insert or ignore into done (message_id) values (?)", (message_id,))
            self._books.execute("delete from tries where message_id = ?", (message_id,))
            self._books.execute(
                "delete from done where place <= (select max(place) from done) - ?", (REMEMBERED,)
            )
            self._books.execute("commit")

    def give_up(self, message_id: str) -> None:
        """The message lies aside; if it comes again it is tried as if for the first time."""
        with self._lock:
            self._books.execute("delete from tries where message_id = ?", (message_id,))

    def forget(self) -> None:
        """Remember no message at all."""
        with self._lock:
            if not self._closed:
                self._books.executescript("delete from done; delete from tries;")

    def close(self) -> None:
        """Leave the file."""
        with self._lock:
            self._closed = True
            self._books.close()
