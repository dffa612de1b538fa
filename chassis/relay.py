"""The relay: publishes what stands in the outbox, in order, and marks it when the broker has confirmed it."""

import select
import threading
import time
from dataclasses import dataclass, field

import psycopg2

from chassis import metrics
from chassis.logs import get_logger
from chassis.outbox_table import OutboxRow, OutboxTable
from chassis.publishing import BrokerAway, Published, Publisher

BATCH = 200
IDLE = 1.0
"""Seconds between two looks without being woken: a notice is not durable, the row is."""

GATHERS = 0.1
"""Seconds from the beginning of one batch to that of the next, unless it is full: what is committed meanwhile
goes together. What comes after a lull goes at once.
"""

_LONGEST_PAUSE = 60.0
_CLEANING_EVERY = 60.0

log = get_logger()


@dataclass
class Holding:
    """The ordering keys whose first message the broker refused: each is tried again ever more rarely."""

    _until: dict[str, tuple[float, float]] = field(default_factory=dict)

    def hold(self, key: str) -> None:
        """Hold a key, twice as long as the time before."""
        pause = min(self._until.get(key, (0.0, 0.5))[1] * 2, _LONGEST_PAUSE)
        self._until[key] = (time.monotonic() + pause, pause)

    def let_go(self, key: str) -> None:
        """The key goes on."""
        self._until.pop(key, None)

    def held(self) -> list[str]:
        """The keys that must wait now."""
        now = time.monotonic()
        return [key for key, (until, _) in self._until.items() if until > now]


class Relay:
    """Carries one service's outbox to the broker; of several relays one is active, the others stand by.

    It may be killed at any point: a message that was confirmed but not yet marked is published once more,
    with the same id, and its readers' inbox knows it.
    """

    def __init__(self, service: str, database_url: str, amqp_uri: str) -> None:
        self.service = service
        self._database_url = database_url
        self._amqp_uri = amqp_uri
        self.stopping = threading.Event()
        self.turned_at = time.monotonic()
        self.database_reached = False
        self.active = False
        self._publisher: Publisher | None = None
        self._proven = False
        self._holding = Holding()
        self._next_cleaning = time.monotonic() + _CLEANING_EVERY
        self._next_measuring = time.monotonic()
        self._begun_at = float("-inf")

    @property
    def broker_reached(self) -> bool:
        """Whether the broker is connected; a relay that stands by needs none."""
        return self._publisher is not None

    def run(self) -> None:
        """Work until ``stopping`` is set, through every loss of the database or the broker."""
        while not self.stopping.is_set():
            try:
                table = OutboxTable(self._database_url, self.service)
                try:
                    self._work(table)
                finally:
                    table.close()
            except psycopg2.Error as error:
                log.warning("database away", error=str(error).strip())
                self._note_state(database=False)
                self._drop_publisher()
                self.stopping.wait(IDLE)
        if self._publisher is not None:
            self._publisher.close()

    def _work(self, table: OutboxTable) -> None:
        self._note_state(database=True)
        while not self.stopping.is_set() and not table.become_active():
            self.turned_at = time.monotonic()
            self.stopping.wait(IDLE)
        self.active = not self.stopping.is_set()
        if self.active:
            log.info("relaying")
        try:
            while not self.stopping.is_set():
                self._turn(table)
        finally:
            self.active = False

    def _turn(self, table: OutboxTable) -> None:
        self.turned_at = time.monotonic()
        try:
            worked = self._relay_batch(table)
        except BrokerAway as error:
            log.warning("broker away", error=str(error))
            self._drop_publisher()
            worked = False
        if not worked:
            self._measure_now_and_then(table)
            self._clean_now_and_then(table)
            self._wait(table)

    def _relay_batch(self, table: OutboxTable) -> bool:
        """Publish a batch; True when there may be more."""
        publisher = self._connected()
        publisher.tend()
        self._begun_at = time.monotonic()
        # A broker that blocks publishers still accepts connections: put one message at risk, not a batch.
        limit = BATCH if self._proven else 1
        rows = table.take(limit, self._holding.held())
        published = Published()
        try:
            publisher.publish(rows, published)
        except BrokerAway:
            self._count("timeout", len(rows) - len(published.confirmed) - len(published.refused))
            raise
        finally:
            self._keep(table, published)
        self._proven = self._proven or bool(published.confirmed)
        return len(rows) == limit

    def _keep(self, table: OutboxTable, published: Published) -> None:
        table.mark([row.position for row in published.confirmed])
        self._count("ok", len(published.confirmed))
        for row in published.confirmed:
            self._holding.let_go(row.ordering_key)
        for row, why in published.refused:
            self._refuse(table, row, why)

    def _refuse(self, table: OutboxTable, row: OutboxRow, why: str) -> None:
        log.error("not taken", why=why, message_id=row.message_id, type=row.type, key=row.ordering_key)
        table.note(row.position, why)
        self._holding.hold(row.ordering_key)
        self._count("returned" if why.startswith("no queue") else "nacked", 1)

    def _connected(self) -> Publisher:
        if self._publisher is None:
            self._publisher = Publisher(self._amqp_uri, f"{self.service} relay")
            self._proven = False
            metrics.BROKER_CONNECTED.labels(self.service).set(1)
        return self._publisher

    def _drop_publisher(self) -> None:
        if self._publisher is not None:
            self._publisher.discard()
            self._publisher = None
        metrics.BROKER_CONNECTED.labels(self.service).set(0)

    def _wait(self, table: OutboxTable) -> None:
        """Sleep until messages are committed, the broker says something, or a second has passed."""
        self.stopping.wait(max(self._begun_at + GATHERS - time.monotonic(), 0))
        if table.noticed:
            return
        sources: list[OutboxTable | Publisher] = [table]
        if self._publisher is not None:
            sources.append(self._publisher)
        else:
            self.stopping.wait(IDLE)
        select.select(sources, [], [], IDLE if self._publisher is not None else 0)
        table.hear()

    def _measure_now_and_then(self, table: OutboxTable) -> None:
        if time.monotonic() < self._next_measuring:
            return
        self._next_measuring = time.monotonic() + IDLE
        count, oldest = table.measure()
        metrics.OUTBOX_UNPUBLISHED.labels(self.service).set(count)
        metrics.OUTBOX_OLDEST_UNPUBLISHED_SECONDS.labels(self.service).set(oldest)

    def _clean_now_and_then(self, table: OutboxTable) -> None:
        if time.monotonic() >= self._next_cleaning:
            table.clean()
            self._next_cleaning = time.monotonic() + _CLEANING_EVERY

    def _note_state(self, *, database: bool) -> None:
        self.turned_at = time.monotonic()
        self.database_reached = database
        metrics.DATABASE_REACHABLE.labels(self.service).set(int(database))

    def _count(self, outcome: str, number: int) -> None:
        if number:
            metrics.OUTBOX_PUBLISHED.labels(self.service, outcome).inc(number)
