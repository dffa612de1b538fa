"""Waiting for PostgreSQL among green threads (等待数据库): a moment in place, then letting the others work.

Most statements take PostgreSQL a fraction of a millisecond. To hand over to another green thread and be woken
costs the processor more than to stay (docs/performance.md), and whoever holds a lock would hold it until the
others have had their turn.
"""

from typing import Any

import psycopg2
from eventlet import hubs, patcher
from psycopg2 import extensions

A_MOMENT = 1
"""Milliseconds for which the whole process waits for an answer. A lock or a long query takes longer."""

_select = patcher.original("select")


def wait(connection: Any) -> None:
    """Wait until the connection has done what it was asked: psycopg2's wait callback."""
    while (state := connection.poll()) != extensions.POLL_OK:
        if state == extensions.POLL_READ:
            if not _answers_soon(connection.fileno()):
                hubs.trampoline(connection.fileno(), read=True)
        elif state == extensions.POLL_WRITE:
            hubs.trampoline(connection.fileno(), write=True)
        else:
            raise psycopg2.OperationalError(f"psycopg2 says {state!r}, which nobody knows")


def _answers_soon(descriptor: int) -> bool:
    waiting = _select.poll()
    waiting.register(descriptor, _select.POLLIN)
    return bool(waiting.poll(A_MOMENT))


def wait_like_this() -> None:
    """From now on every connection of this process waits so."""
    extensions.set_wait_callback(wait)
