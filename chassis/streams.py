"""Streams: doors that answer with server-sent events, fed by one green thread that hears of changes.

A stream holds no worker, no transaction and no connection to the database: its generator waits for what the
:class:`Hub` of the process puts into its queue.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import eventlet
import psycopg2
from eventlet import hubs
from eventlet.event import Event
from eventlet.queue import Empty, Full, LightQueue
from werkzeug.wrappers import Request, Response

from chassis import logs
from chassis.faults import DatabaseAway, is_away
from chassis.problems import Problem

HEARTBEAT = 15.0
"""Seconds without an event after which a comment is sent, so that a dead connection is noticed."""
MOST_WAITING = 100
"""Batches that wait for a slow reader before its stream is ended."""
MOST_AT_ONCE = 500
"""Changes told one by one; more are no news but a new beginning."""
MOST_OF_A_PERSON = 20
MOST_STREAMS = 900
"""Each holds a file descriptor, of which a process has 1,024."""
GATHERS = 0.1
LOOKS_EVERY = 5.0
COMES_WITHIN = 5.0
PAUSE = 1.0

_TOO_MANY = (429, "too-many-streams", "打开的页面过多，请关闭一些", "Too many pages are open, close some")
_FULL = (503, "streams-full", "实时连接已满，请稍后重试", "Too many live connections, try again later")
_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

log = logs.get_logger()


@dataclass(frozen=True)
class Change:
    """Something that changed: its place in the order of changes, and what a service knows of it."""

    position: int
    body: Any


@dataclass
class Batch:
    """Changes that came together; ``frames`` remembers what was made of them for listeners of a kind."""

    changes: Sequence[Change]
    upto: int
    frames: dict[Any, bytes] = field(default_factory=dict)

    @property
    def is_new_beginning(self) -> bool:
        """Whether so much changed that it is not told one by one."""
        return not self.changes


class Listener:
    """One stream's end of the hub."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.overrun = False
        self.cut = False
        self._batches: LightQueue = LightQueue(MOST_WAITING)

    def put(self, batch: Batch | None) -> bool:
        """Hand it a batch, or None to wake it; False when it has too many waiting."""
        try:
            self._batches.put_nowait(batch)
        except Full:
            return False
        return True

    def next(self, within: float) -> Batch | None:
        """The next batch, or None when there is none within so many seconds."""
        try:
            batch: Batch | None = self._batches.get(timeout=max(within, 0))
        except Empty:
            return None
        return batch


class Hub:
    """Hears of changes on one channel of PostgreSQL and hands them to every stream of the process.

    ``newest`` answers the position of the newest change, ``after`` the changes that follow a position, in
    their order and one more than asked at most. The hub begins to listen with its first stream.
    """

    def __init__(
        self,
        database_url: str,
        channel: str,
        *,
        newest: Callable[[], int],
        after: Callable[[int, int], Sequence[Change]],
        gone: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._database_url = database_url
        self._channel = channel
        self._newest = newest
        self._after = after
        self._gone = gone
        self._listeners: set[Listener] = set()
        self._hears: Event | None = None
        self._running = False
        self.position = 0

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, person: str) -> Listener:
        """From now on every change is handed to this listener; raise when the hub cannot hear just now."""
        self._await_hearing()  # first: while one waits, many may come
        if len(self._listeners) >= MOST_STREAMS:
            raise Problem(_FULL, headers={"Retry-After": "10"})
        if sum(one.person == person for one in self._listeners) >= MOST_OF_A_PERSON:
            raise Problem(_TOO_MANY)
        listener = Listener(person)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Hand it nothing more."""
        self._listeners.discard(listener)

    def _await_hearing(self) -> None:
        if not self._running:
            self._running = True
            self._hears = Event()
            eventlet.spawn_n(self._for_ever)
        assert self._hears is not None
        with eventlet.Timeout(COMES_WITHIN, False):
            self._hears.wait()
            return
        raise DatabaseAway(f"nothing is heard of {self._channel}")

    def _for_ever(self) -> None:
        while True:
            try:
                self._hear()
            except Exception as error:
                if is_away(error):
                    log.warning("database away, no changes are heard", error=str(error).strip())
                else:
                    log.exception("hearing of changes failed", channel=self._channel)
            if self._hears is None or self._hears.ready():
                self._hears = Event()
            self._cut_all()
            eventlet.sleep(PAUSE)

    def _hear(self) -> None:
        with closing(psycopg2.connect(self._database_url, application_name="streams", **_CONNECT)) as ear:
            ear.autocommit = True
            ear.cursor().execute(f'listen "{self._channel}"')
            self.position = self._newest()
            assert self._hears is not None
            self._hears.send(True)
            while True:
                _wait_readable(ear, LOOKS_EVERY)
                ear.poll()
                ear.notifies.clear()
                self._tell()
                eventlet.sleep(GATHERS)

    def _tell(self) -> None:
        changes = self._after(self.position, MOST_AT_ONCE + 1)
        if not changes:
            return
        if len(changes) > MOST_AT_ONCE:
            batch = Batch((), self._newest())
        else:
            batch = Batch(changes, changes[-1].position)
        self.position = batch.upto
        for listener in list(self._listeners):
            if not listener.put(batch):
                listener.overrun = True
                self._listeners.discard(listener)
                self._gone("slow")

    def _cut_all(self) -> None:
        """Streams that hear nothing must not look alive: they end, and their readers ask again."""
        for listener in list(self._listeners):
            listener.cut = True
            listener.put(None)
            self._listeners.discard(listener)
            self._gone("cut")


def _wait_readable(connection: Any, within: float) -> None:
    if connection.notifies:
        return
    with suppress(_NothingHeard):
        hubs.trampoline(connection.fileno(), read=True, timeout=within, timeout_exc=_NothingHeard)


class _NothingHeard(Exception):
    """No change within the time; that the connection is alive is then seen by asking."""


def event(name: str, data: bytes, position: int | None = None) -> bytes:
    """One server-sent event; ``data`` is JSON in one line."""
    place = b"" if position is None else b"id: %d\n" % position
    return b"%sevent: %s\ndata: %s\n\n" % (place, name.encode(), data)


def heartbeat(position: int) -> bytes:
    """A comment; the id with it moves the reader's place on without telling anything."""
    return b": heartbeat\nid: %d\n\n" % position


def answer(request: Request, hub: Hub, listener: Listener, frames: Iterator[bytes]) -> Response:
    """The answer of a raw door that sends these frames, each at once; the listener leaves either way."""
    request.environ["eventlet.minimum_write_chunk_size"] = 0
    watching = eventlet.spawn(_watch, request.environ["eventlet.input"].get_socket(), listener)

    def ended() -> None:
        hub.leave(listener)
        watching.kill()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(frames, mimetype="text/event-stream", headers=headers)
    response.call_on_close(ended)
    return response


def _watch(connection: Any, listener: Listener) -> None:
    """End the stream as soon as its reader is gone, and not with the next word that cannot be sent."""
    while True:
        try:
            connection.recv(1, socket.MSG_PEEK)  # whatever it is, a reader has nothing to say
        except TimeoutError:
            continue
        except OSError as error:
            log.debug("a stream broke off", error=str(error))
        listener.cut = True
        listener.put(None)
        return


def frames(
    listener: Listener,
    first: Sequence[bytes],
    *,
    position: int,
    newest: Callable[[], int],
    shown: Callable[[Batch], bytes],
    ends_in: float,
) -> Iterator[bytes]:
    """What is sent on one stream: what was missed, then every change, heartbeats between, and ``bye``.

    ``position``: up to where ``first`` has told everything. ``ends_in``: seconds until the reader's token is
    over.
    """
    until = time.monotonic() + ends_in
    yield from first
    while (left := until - time.monotonic()) > 0:
        batch = listener.next(min(HEARTBEAT, left))
        if listener.overrun:
            yield reset(newest())
            return
        if listener.cut:
            return
        if batch is None:
            if until - time.monotonic() > 0:
                yield heartbeat(position)
            continue
        if batch.upto <= position:
            continue
        frame = reset(batch.upto) if batch.is_new_beginning else shown(_beyond(batch, position))
        position = batch.upto
        if frame:
            yield frame
    yield event("bye", b"{}")


def reset(position: int) -> bytes:
    """Too much has changed to tell it: the reader loads its lists anew and goes on from here."""
    return event("reset", b"{}", position)


def _beyond(batch: Batch, position: int) -> Batch:
    """What of a batch lies beyond a position; the batch itself when all of it does."""
    if batch.changes[0].position > position:
        return batch
    return Batch([one for one in batch.changes if one.position > position], batch.upto)


def last_event_id(request: Request) -> int | None:
    """The place from which a reader goes on; -1, which is nowhere, for what is no place of ours."""
    given = request.headers.get("Last-Event-ID", "").strip()
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else -1
