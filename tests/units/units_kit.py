"""dispatch as it runs, with tasks at two units, for trying what a unit's account lets it do."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import psycopg2

from case_contracts import units, wire
from chassis import tokens
from chassis.migrating import migrate
from services.dispatch.service import app
from tests.service_process import eventually, process
from tests.services.dispatch.filing_kit import a_case_for, publish
from unit_sdk.identifiers import new_id

ROOT = Path(__file__).parents[2]
SERVICE = "services.dispatch.service"
MINE, OTHERS = "4105232020061500001", "4105232020061500002"
"""The cases of u01 and of u02."""


class City:
    """Broker, database and processes of dispatch; u01 has the case MINE, u02 the case OTHERS."""

    def __init__(self, uri: str, database: str, broker: Any) -> None:
        self.uri = uri
        self.database = database
        self.broker = broker
        self.metrics = ""

    @contextmanager
    def running(self, folder: Path) -> Iterator["City"]:
        """For as long as the tests of a module need it."""
        keys = folder / "keys"
        tokens.make_keys(keys)
        migrate(self.database, app.migrations_folder())
        environment = {
            "DATABASE_URL": self.database,
            "AMQP_URI": self.uri,
            "KEYS_DIR": str(keys),
            "HANDBOOK_URL": "http://127.0.0.1:9",
            "AUTOMATIC_DISPATCH": "1",
        }
        with ExitStack() as open_ones:
            open_ones.enter_context(process("relay", SERVICE, environment, folder / "relay.log"))
            # u03 reads one of its queues when dispatch looks for the first time, and no other unit does.
            reading = open_ones.enter_context(self.channel("u03"))
            reading.basic_consume("unit.u03.urgent", lambda *_: None)
            self.metrics = open_ones.enter_context(
                process("facts", SERVICE, environment, folder / "facts.log")
            )
            publish(self.uri, a_case_for("u01", case_number=MINE), id=f"filed-{MINE}")
            publish(self.uri, a_case_for("u02", case_number=OTHERS), id=f"filed-{OTHERS}")
            eventually(lambda: self.states() == dict.fromkeys((MINE, OTHERS), "awaiting_signature"))
            for code in ("u01", "u02"):
                self.broker.wait_for_count(self.uri, f"unit.{code}.tasks", 1, within=60)
            yield self

    def states(self) -> dict[str, str]:
        """Each case's state in the books."""
        rows = self.asked("select key, state from assignments")
        return dict(rows)

    def asked(self, statement: str) -> list[Any]:
        """What the database answers."""
        with closing(psycopg2.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def waiting(self, queue: str) -> int:
        """How many messages are ready in a queue."""
        return int(self.broker.count(self.uri, queue))

    @contextmanager
    def channel(self, code: str) -> Iterator[Any]:
        """A channel on a unit's own account, with confirms."""
        parts = urlsplit(self.uri)
        url = f"amqp://{code}:secret-{code}@127.0.0.1:{parts.port}{parts.path}"
        with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel

    def say(
        self,
        message: Any,
        *,
        code: str = "u01",
        id: str = "",
        key: str = "",
        source: str = "",
        user_id: str | None = "u01",
        body: bytes | None = None,
        **properties: Any,
    ) -> str:
        """A unit says something over its own account, with what it likes in the envelope."""
        names = {kind: name for name, kind in units.FROM_UNIT.items()}
        envelope = wire.Envelope(
            id=id or new_id(),
            source=source or f"units/{code}",
            type=names[type(message)],
            time=datetime.now(UTC),
            subject="",
            data=wire.pack(message),
        )
        routing_key = key or f"{code}.{envelope.type}.{getattr(message, 'case_number', 'x')}"
        with self.channel(code) as channel:
            channel.basic_publish(
                "units.feedback",
                routing_key,
                wire.encode(envelope) if body is None else body,
                pika.BasicProperties(
                    content_type=wire.CONTENT_TYPE, delivery_mode=2, user_id=user_id, **properties
                ),
                mandatory=True,
            )
        return envelope.id

    def told(self, code: str, count: int) -> list[Any]:
        """The next messages to a unit, taken from its queue over its own account."""
        found: list[Any] = []

        def take() -> bool:
            method, _, body = channel.basic_get(f"unit.{code}.tasks", auto_ack=True)
            if method is not None:
                envelope = json.loads(body)
                found.append(wire.unpack(units.TO_UNIT[envelope["type"]], envelope["data"]))
            return len(found) >= count

        with self.channel(code) as channel:
            eventually(take)
        return found


def about(kind: type, case_number: str = MINE, code: str = "u01", **more: Any) -> Any:
    """A message of a unit on a case's first task."""
    return kind(case_number=case_number, round=1, dispatch_number=1, responsible_unit=code, **more)
