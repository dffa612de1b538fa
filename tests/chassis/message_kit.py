"""What the tests of messages share: a codec, facts of no city, and small ways to look and to wait."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from chassis.codec import Codec
from chassis.migrating import migrate
from chassis.transactions import Database

CONTENT_TYPE = "application/cloudevents+json"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Unreadable(ValueError):
    """The bytes are no envelope."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The envelope of the tests."""

    id: str
    source: str = "orchard"
    type: str = "apple_fell"
    time: datetime = NOON
    subject: str = "tree/1"
    sequence: int = 0
    traceparent: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AppleFell:
    """The fact of the tests."""

    sender: ClassVar[str] = "orchard"
    name: ClassVar[str] = "apple_fell"
    tree: str = "1"
    apple: int = 0

    @property
    def subject(self) -> str:
        return f"tree/{self.tree}"


def encode(envelope: Envelope) -> bytes:
    return json.dumps({**asdict(envelope), "time": envelope.time.isoformat()}).encode()


def decode(body: bytes) -> Envelope:
    try:
        values = json.loads(body)
        return Envelope(**{**values, "time": datetime.fromisoformat(values["time"])})
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(str(error)) from error


def seal(fact: AppleFell, *, id: str, time: datetime, sequence: int, traceparent: str = "") -> Envelope:
    return Envelope(
        id=id, time=time, subject=fact.subject, sequence=sequence, traceparent=traceparent, data=asdict(fact)
    )


def unseal(envelope: Envelope) -> AppleFell | None:
    if envelope.type != "apple_fell":
        return None
    try:
        return AppleFell(**envelope.data)
    except TypeError as error:
        raise Unreadable(str(error)) from error


CODEC = Codec(
    content_type=CONTENT_TYPE,
    encode=encode,
    decode=decode,
    seal=seal,
    unseal=unseal,
    unreadable=(Unreadable,),
)


def opened(url: str, **named: Any) -> Database:
    """A migrated database with one table of effects."""
    migrate(url)
    database = Database(url, codec=CODEC, service="orchard", **named)
    with database.transaction() as tx:
        tx.execute("create table if not exists effects (what text, at timestamptz default clock_timestamp())")
    return database


def effects(database: Database) -> list[str]:
    """What has taken effect, in its order."""
    with database.transaction() as tx:
        return list(tx.execute("select what from effects order by at").scalars())


def scalar(database: Database, query: str, **parameters: Any) -> Any:
    """One value."""
    with database.transaction() as tx:
        return tx.execute(query, parameters).scalar()


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.03)
    return value
