"""The stores that the stages of dispatch are tested on: one in memory, and the real one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from case_contracts import facts, units, wire
from chassis.migrating import migrate
from chassis.transactions import Database
from services.dispatch.domain.refusals import NotYet
from services.dispatch.evidence import SignedEvidence
from services.dispatch.service import CODEC, app
from services.dispatch.store import PostgresStore
from tests.services.dispatch.city import City
from tests.services.dispatch.dispatch_kit import TABLES, Dispatch
from tests.services.dispatch.fakes import KEY, InMemoryStore, Told


class StoreOnPostgres:
    """The real store with the looks of the fake; what waits is kept here, as the chassis is tested apart."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, codec=CODEC, service="dispatch")
        self.waiting: dict[str, list[Callable]] = {}

    @contextmanager
    def transaction(self) -> Iterator[PostgresStore]:
        with self.database.transaction() as tx:
            bound = PostgresStore(tx, SignedEvidence(KEY, lambda: datetime.now(UTC)))
            bound.released = lambda key: self._release(bound, key)
            yield bound

    def receive(self, apply: Callable) -> bool:
        try:
            with self.transaction() as tx:
                apply(tx)
        except NotYet as early:
            self.waiting.setdefault(early.key, []).append(apply)
            return False
        return True

    def published(self) -> list:
        return [facts.unseal(one) for one in self._outbox("dispatch.events")]

    def told(self) -> list[Told]:
        rows = []
        for row in self._rows("units.tasks"):
            envelope = wire.decode(bytes(row.body))
            message = wire.unpack(units.TO_UNIT[envelope.type], envelope.data)
            code, urgency = row.routing_key.split(".")
            assert row.ordering_key == f"unit/{code}"
            rows.append(Told(code, message, envelope.id, urgency == "urgent", envelope.time))
        return rows

    def wakes(self) -> dict:
        with self.database.transaction() as tx:
            rows = tx.execute("select kind, subject, due_at, payload from wake_ups").all()
        return {
            (row.kind, row.subject): (
                row.due_at,
                row.payload if isinstance(row.payload, dict) else json.loads(row.payload),
            )
            for row in rows
        }

    def _release(self, tx: PostgresStore, key: str) -> None:
        for apply in self.waiting.pop(key, []):
            try:
                apply(tx)
            except NotYet as early:
                self.waiting.setdefault(early.key, []).append(apply)

    def _rows(self, exchange: str) -> list:
        with self.database.transaction() as tx:
            return list(
                tx.execute(
                    "select routing_key, ordering_key, body from outbox where exchange = :exchange"
                    " order by position",
                    {"exchange": exchange},
                )
            )

    def _outbox(self, exchange: str) -> list[wire.Envelope]:
        return [wire.decode(bytes(row.body)) for row in self._rows(exchange)]


@pytest.fixture(scope="module")
def dispatch_database(postgres_url: str) -> Iterator[str]:
    """A migrated database that the tests of a module share."""
    from tests.infrastructure_fixtures import _administer, _fresh_name

    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    url = f"{postgres_url}/{name}"
    migrate(url, app.migrations_folder())
    yield url
    _administer(postgres_url, f'drop database "{name}" with (force)')


@pytest.fixture
def postgres_store(dispatch_database: str) -> Iterator[StoreOnPostgres]:
    """The real store, empty."""
    store = StoreOnPostgres(dispatch_database)
    with store.database.transaction() as tx:
        tx.execute(f"truncate {TABLES}")
    yield store
    store.database.close()


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.infra)])
def store(request: pytest.FixtureRequest):
    """Each test runs on both."""
    return InMemoryStore() if request.param == "memory" else request.getfixturevalue("postgres_store")


@pytest.fixture
def city(store) -> City:
    """What happens to one case, on both stores."""
    return City(store)


@pytest.fixture
def dispatch(dispatch_database: str) -> Iterator[Dispatch]:
    """dispatch on its database, empty."""
    running = Dispatch(dispatch_database)
    running.empty()
    yield running
    running.database.close()
