"""The counter's messages: an envelope, one fact, and the codec between them and bytes."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from chassis.codec import Codec


class Unreadable(ValueError):
    """The bytes are no envelope."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The envelope."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    sequence: int = 0
    traceparent: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A counter has a new value."""

    sender: ClassVar[str] = "counter"
    name: ClassVar[str] = "counted"
    counter: str
    value: int

    @property
    def subject(self) -> str:
        return f"counter/{self.counter}"


def encode(envelope: Envelope) -> bytes:
    return json.dumps({**asdict(envelope), "time": envelope.time.isoformat()}).encode()


def decode(body: bytes) -> Envelope:
    try:
        values = json.loads(body)
        return Envelope(**{**values, "time": datetime.fromisoformat(values["time"]).astimezone(UTC)})
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(str(error)) from error


def seal(fact: Counted, *, id: str, time: datetime, sequence: int, traceparent: str = "") -> Envelope:
    return Envelope(
        id=id,
        source=fact.sender,
        type=fact.name,
        time=time,
        subject=fact.subject,
        sequence=sequence,
        traceparent=traceparent,
        data={"counter": fact.counter, "value": fact.value},
    )


def unseal(envelope: Envelope) -> Counted | None:
    return Counted(**envelope.data) if envelope.type == "counted" else None


CODEC = Codec(
    content_type="application/cloudevents+json",
    encode=encode,
    decode=decode,
    seal=seal,
    unseal=unseal,
    unreadable=(Unreadable,),
)
