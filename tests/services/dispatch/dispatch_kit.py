"""What the tests of dispatch's channels share: a database, and deliveries as the broker makes them."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from case_contracts import facts, units, wire
from case_contracts.roles import Actor
from chassis.migrating import migrate
from chassis.reading import Delivery
from chassis.receiving import Receiver, Verdict
from chassis.transactions import Database
from chassis.wakes import fire_until
from services.dispatch.channels.facts import facts_reader
from services.dispatch.channels.units import units_reader
from services.dispatch.channels.wake_ups import wake_ups
from services.dispatch.domain.assignment import Assignment
from services.dispatch.evidence import SignedEvidence
from services.dispatch.service import CODEC, app
from services.dispatch.stages import dispatching, supervision_order, suspension
from services.dispatch.store import PostgresStore
from tests.services.dispatch.fakes import CASE, DISPATCHER, KEY, SmallHandbook, a_filed_case, at

BOOK = SmallHandbook()
TABLES = (
    "assignments, supervision_orders, decided_duties, outages, flow_records, unit_presence, outbox, inbox,"
    " waiting_facts, wake_ups, subject_sequences, idempotency"
)
_ids = itertools.count(1)


class Dispatch:
    """dispatch with its database, without its broker: deliveries go in, the outbox is looked at."""

    def __init__(self, url: str) -> None:
        migrate(url, app.migrations_folder())
        self.now = at("06-15 08:37")
        facts_in = facts_reader(CODEC, lambda: BOOK, lambda: False)
        units_in = units_reader(CODEC, lambda: BOOK)
        self.wakes = wake_ups(lambda: BOOK)
        evidence = SignedEvidence(KEY, lambda: datetime.now(UTC))
        self.database = Database(
            url,
            codec=CODEC,
            service="dispatch",
            bind=lambda tx: PostgresStore(tx, evidence),
            readers=[facts_in, units_in],
            now=lambda: self.now,
        )
        self.facts = Receiver(self.database, facts_in)
        self.units = Receiver(self.database, units_in)

    def empty(self) -> None:
        """Forget everything."""
        with self.database.transaction() as tx:
            tx.execute(f"truncate {TABLES}")

    def read(self, fact: facts.Fact, *, id: str | None = None) -> str:
        """A fact of intake is delivered; what became of it."""
        envelope = facts.seal(fact, id=id or f"fact-{next(_ids)}", time=self.now, sequence=1)
        delivery = Delivery(
            queue="dispatch.facts",
            body=wire.encode(envelope),
            content_type=wire.CONTENT_TYPE,
            exchange="intake.events",
            routing_key=fact.name,
        )
        return self.facts.receive(delivery).outcome

    def say(
        self,
        message: Any,
        *,
        id: str | None = None,
        user_id: str = "u04",
        source: str | None = None,
        routing_key: str | None = None,
        type: str | None = None,
        data: dict[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Verdict:
        """A unit's message is delivered; what became of it."""
        kinds = {kind: name for name, kind in units.FROM_UNIT.items()}
        envelope = {
            "specversion": "1.0",
            "id": id or f"message-{next(_ids)}",
            "source": source or f"units/{user_id}",
            "type": type or kinds[message.__class__],
            "time": wire.time_text(self.now),
            "data": data if data is not None else wire.pack(message),
        }
        delivery = Delivery(
            queue="dispatch.feedback",
            body=json.dumps(envelope).encode() if body is None else body,
            content_type=wire.CONTENT_TYPE,
            exchange="units.feedback",
            routing_key=routing_key or f"{user_id}.{envelope['type']}.{CASE}",
            user_id=user_id,
        )
        return self.units.receive(delivery)

    def file_and_dispatch(self) -> None:
        """A case is with u04."""
        self.read(a_filed_case())
        self.dispatch("u04")

    def dispatch(self, unit: str) -> None:
        """The dispatcher gives the case to a unit."""
        with self.database.transaction() as tx:
            dispatching.dispatch_case(tx.bound, BOOK, CASE, responsible_unit=unit, at=self.now, by=DISPATCHER)

    def act(self, what: str, by: Actor, **words: Any) -> None:
        """Somebody of the centre does something with the case."""
        stages = {
            "grant_suspension": suspension.grant_suspension,
            "order_supervision": supervision_order.order_supervision,
        }
        with self.database.transaction() as tx:
            stages[what](tx.bound, BOOK, CASE, **words, at=self.now, by=by)

    def wake(self, until: datetime) -> int:
        """Everything due by then fires at its own time; how many there were."""
        return fire_until(self.database, self.wakes, until)

    @property
    def assignment(self) -> Assignment:
        """The case's assignment."""
        with self.database.transaction() as tx:
            return tx.bound.assignments.get(CASE)

    def outbox(self, exchange: str) -> list[tuple[str, wire.Envelope]]:
        """Routing key and envelope of everything sent to an exchange, in order."""
        with self.database.transaction() as tx:
            rows = tx.execute(
                "select routing_key, body from outbox where exchange = :exchange order by position",
                {"exchange": exchange},
            )
            return [(row.routing_key, wire.decode(bytes(row.body))) for row in rows]

    @property
    def published(self) -> list[str]:
        """The names of the facts, in order."""
        return [name for name, _ in self.outbox("dispatch.events")]

    @property
    def told(self) -> list[Any]:
        """Every message to a unit."""
        return [
            wire.unpack(units.TO_UNIT[envelope.type], envelope.data)
            for _, envelope in self.outbox("units.tasks")
        ]
