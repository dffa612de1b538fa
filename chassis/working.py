"""The life of a work process: takes what waits in the service's database, one piece after another.

Without green threads, for work that needs a processor for a while: it neither holds up a door nor a queue.
Of several such processes one is active, the others stand by. All of them let other processes have the
processor first, and rest between two pieces of work while others wait for one.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from chassis import health, logs, metrics
from chassis.app import App, Running
from chassis.faults import DatabaseAway
from chassis.settings import Settings
from chassis.transactions import Database

IDLE = 0.5
"""Seconds between two looks while nothing waits."""

AWAY = 2.0
"""Seconds before the next try after a failure."""

PRESSED = 25.0
"""Work rests while somebody waited for a processor in more than so many parts of a hundred of the time."""

LONGEST_REST = 5.0
"""Seconds between two pieces of work, however long others wait."""

LONGEST_TURN = 300.0
"""Seconds for one piece of work, after which the process no longer counts as alive."""

NICEST = 19
"""The nice value of those who take what others leave of the processor."""

# Linux weighs processes of one session by their nice values, and sessions by one of their own (sched(7)).
_SESSION = Path("/proc/self/autogroup")

_PRESSURE = Path("/proc/pressure/cpu")
_SOME_WAITED = re.compile(r"some avg10=(\d+(?:\.\d+)?) ")

# Advisory locks are counted per database; the relay has (1903192, 2).
_TRY_LOCK = "select pg_try_advisory_lock(1903193, hashtext(%s))"

Turn = Callable[[], bool]
"""Does one piece of work; False when nothing waits."""

log = logs.get_logger()


@dataclass(frozen=True, kw_only=True)
class Work:
    """A service's work process: ``begin`` is called when it becomes active, and loads what the turns need."""

    name: str
    app: App
    begin: Callable[[Running], Turn]


class Worker:
    """Works until told to stop, through every loss of the database."""

    def __init__(self, work: Work, running: Running) -> None:
        self._work = work
        self._running = running
        self.stopping = threading.Event()
        self.turned_at = time.monotonic()
        self.database_reached = False

    def run(self) -> None:
        """Until ``stopping`` is set."""
        while not self.stopping.is_set():
            try:
                self._stand_by_and_work()
            except (DatabaseAway, psycopg2.Error) as error:
                log.warning("database away", error=str(error).strip())
                self._note(reached=False)
            except Exception:
                # One piece of work failed: it has counted its try, and the others go on.
                log.exception("work failed", work=self._work.name)
            self.stopping.wait(AWAY)

    def _stand_by_and_work(self) -> None:
        lock = psycopg2.connect(self._running.settings.database_url, connect_timeout=5)
        try:
            lock.autocommit = True
            self._note(reached=True)
            while not self.stopping.is_set() and not self._holds(lock):
                self.turned_at = time.monotonic()
                self.stopping.wait(AWAY)
            if not self.stopping.is_set():
                self._turn_for_ever(lock)
        finally:
            lock.close()

    def _turn_for_ever(self, lock: psycopg2.extensions.connection) -> None:
        turn = self._work.begin(self._running)
        log.info("working", work=self._work.name)
        while not self.stopping.is_set():
            with lock.cursor() as cursor:
                cursor.execute("select 1")  # the lock is held only as long as its connection lives
            self._note(reached=True)
            if turn():
                self._rest()
            else:
                self.stopping.wait(IDLE)

    def _rest(self) -> None:
        """While others wait for a processor: even taking what is left costs them, by the caches all share."""
        longest = time.monotonic() + LONGEST_REST
        while pressure() > PRESSED and time.monotonic() < longest and not self.stopping.is_set():
            self.stopping.wait(IDLE)

    def _holds(self, lock: psycopg2.extensions.connection) -> bool:
        with lock.cursor() as cursor:
            cursor.execute(_TRY_LOCK, (self._work.name,))
            row = cursor.fetchone()
        return bool(row and row[0])

    def _note(self, *, reached: bool) -> None:
        self.turned_at = time.monotonic()
        self.database_reached = reached
        metrics.DATABASE_REACHABLE.labels(self._work.app.name).set(int(reached))


def pressure(path: Path = _PRESSURE) -> float:
    """For how much of the last ten seconds somebody waited for a processor, in parts of a hundred.

    As the kernel counts it (pressure stall information, ``some avg10``, anew every two seconds); 0 where it
    does not.
    """
    with suppress(OSError):
        if told := _SOME_WAITED.match(path.read_text()):
            return float(told[1])
    return 0.0


def give_way() -> None:
    """Take from now on only what other processes leave of the processor.

    Linux weighs sessions before it weighs the processes in them. One that others share, such as a terminal's,
    is left as it is: they have not asked to give way.
    """
    os.nice(NICEST)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel that does not weigh sessions
            _SESSION.write_text(str(NICEST))


def work(declared: Work, settings: Settings) -> int:
    """Work until asked to leave."""
    app = declared.app
    logs.configure(service=app.name, role=declared.name, level=settings.log_level)
    give_way()
    database = Database(
        settings.database_url,
        codec=app.codec,
        service=app.name,
        bind=app.bind_of(settings),
        replay=settings.replay,
        pool_size=2,
    )
    worker = Worker(declared, Running(settings=settings, database=database))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: worker.stopping.set())
    well = health.Health(
        {"database": lambda: worker.database_reached},
        alive=lambda: time.monotonic() - worker.turned_at < LONGEST_TURN,
    )
    server = health.serve(well, bind=settings.bind, port=settings.metrics_port, service=app.name)
    worker.run()
    server.shutdown()
    database.close()
    log.info("left in order")
    return 0
