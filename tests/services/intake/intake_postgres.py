"""Intake on PostgreSQL, as the fake looks to a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

from case_contracts import facts, wire
from case_contracts.facts import Fact
from chassis import waiting
from chassis.migrating import migrate
from chassis.reading import Wait
from chassis.transactions import Database
from chassis.wakes import fire_until
from services.intake.service import app
from services.intake.store import PostgresStore

_ids = count(1)


class PostgresIntake:
    """A migrated database of intake's."""

    def __init__(self, url: str) -> None:
        migrate(url, app.migrations)
        self.database = Database(
            url,
            codec=app.codec,
            service="intake",
            bind=app.bind,
            readers=app.readers,
            replay=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[PostgresStore]:
        """One transaction."""
        with self.database.transaction() as tx:
            yield tx.bound

    def read(self, fact: Fact, *, at: datetime) -> None:
        """A fact of another service arrives."""
        (reader,) = app.readers
        sent = facts.seal(fact, id=f"m-{next(_ids)}", time=at, sequence=1)
        try:
            with self.database.transaction() as tx:
                reader.apply(tx.bound, sent, at=at)
        except Wait as early:
            with self.database.transaction() as tx:
                waiting.apply_or_keep(tx, reader, sent, early.key)

    def pass_time(self, until: datetime) -> int:
        """Every wake-up until then fires, in order and each as if at its own moment."""
        return fire_until(self.database, app.wakes, until)

    def announced(self) -> list[Any]:
        """Every fact so far, in order."""
        with self.database.transaction() as tx:
            rows = tx.execute("select body from outbox order by position").scalars().all()
        return [facts.unseal(wire.decode(bytes(body))) for body in rows]

    def waiting(self) -> list[str]:
        """The keys that facts wait under."""
        with self.database.transaction() as tx:
            return list(tx.execute("select key from waiting_facts order by id").scalars())

    def close(self) -> None:
        """Let go of the connections."""
        self.database.close()
