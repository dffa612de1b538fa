"""Readers: which function takes which message of a queue, told by plain decorators."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from chassis.codec import Codec, Envelope

F = TypeVar("F", bound=Callable[..., Any])

RETRY_DELAYS: tuple[float, ...] = (5, 30, 300, 1800)
"""Seconds before each further try of a message that failed."""
MOST_ATTEMPTS = 1_000


class Wait(Exception):
    """This fact is early: keep it under ``key`` until a transaction calls ``released(key)``."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Permanent(Exception):
    """Trying this message again can never help: it is parked at once."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message as it came from the broker.

    ``user_id``, ``exchange`` and ``routing_key`` are those of the first publishing, also after a retry.
    """

    queue: str
    body: bytes
    content_type: str
    exchange: str
    routing_key: str
    user_id: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def attempt(self) -> int:
        """How often this message has failed already; a stranger may have written anything there."""
        attempt = self.headers.get("x-attempt", 0)
        return attempt if isinstance(attempt, int) and 0 <= attempt < MOST_ATTEMPTS else 0

    @property
    def fingerprint(self) -> str:
        """The same for every delivery of this one message, and for no other."""
        told = sorted((name, str(self.headers[name])) for name in self.headers if name != "x-delivery-count")
        return hashlib.sha256(self.body + repr(told).encode()).hexdigest()


@dataclass(frozen=True)
class Unopened:
    """A delivery taken as it is, in the place of an envelope."""

    delivery: Delivery
    source: str = ""
    type: str = "delivery"
    time: datetime | None = None
    subject: str = ""
    sequence: int = 0
    traceparent: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.delivery.fingerprint


class Reader:
    """The readers' table of one queue.

    ``@reader.on("sender", "fact_name")`` takes ``(tx, fact, *, at)``; ``@reader.otherwise`` takes
    ``(tx, envelope, *, at)`` for whatever has no function of its own; with ``batch`` above 1,
    ``@reader.on_batch`` takes ``(tx, envelopes)`` for everything, many at a time; ``@reader.on_delivery``
    takes ``(tx, delivery, *, at)`` for everything as it came, readable or not. With ``batch`` above 1 and no
    ``on_batch``, the messages of a batch go to their functions in turn, in one transaction; when one fails,
    each in a transaction of its own.
    With ``remembers``, ``on_batch`` keeps the ids of messages in a table of its own, where one that is known
    changes nothing, and answers with those that were new; a second row in the inbox would tell nothing more.
    A batch that is not full begins at the earliest ``pause`` seconds after the one before it began: so
    batches are fuller under load, and without any nothing waits.
    ``admit(delivery, envelope)`` may refuse a message by raising ``Permanent``, before anything is opened; an
    envelope that it returns (with the sender that the broker vouches for, say) takes the read one's place.
    """

    def __init__(
        self,
        queue: str,
        *,
        codec: Codec,
        batch: int = 1,
        pause: float = 0.0,
        remembers: bool = False,
        delays: tuple[float, ...] = RETRY_DELAYS,
        admit: Callable[[Delivery, Envelope], Envelope | None] | None = None,
    ) -> None:
        self.queue = queue
        self.codec = codec
        self.batch = batch
        self.pause = pause
        self.remembers = remembers
        self.delays = delays
        self._admit = admit
        self._functions: dict[tuple[str, str], Callable[..., Any]] = {}
        self._otherwise: Callable[..., Any] | None = None
        self._on_batch: Callable[..., Any] | None = None
        self._on_delivery: Callable[..., Any] | None = None

    def on(self, sender: Any, name: str | None = None) -> Callable[[F], F]:
        """Read one kind of fact: ``on(TheFact)`` or ``on("sender", "fact_name")``."""
        key = (sender, name) if name is not None else (sender.sender, sender.name)

        def register(function: F) -> F:
            if key in self._functions:
                raise ValueError(f"{self.queue}: two functions read {key}")
            self._functions[key] = function
            return function

        return register

    def otherwise(self, function: F) -> F:
        """Read, as an envelope, everything that has no function of its own."""
        self._otherwise = function
        return function

    def on_batch(self, function: F) -> F:
        """Read everything, as lists of envelopes."""
        self._on_batch = function
        return function

    def on_delivery(self, function: F) -> F:
        """Read everything as it came, without opening it."""
        self._on_delivery = function
        return function

    def open(self, delivery: Delivery) -> Any:
        """The envelope of a delivery; ``Permanent`` when it cannot be read or is not admitted."""
        if self._on_delivery is not None:
            return Unopened(delivery)
        if delivery.content_type != self.codec.content_type:
            raise Permanent(f"content type {delivery.content_type!r} is not {self.codec.content_type}")
        try:
            envelope: Envelope = self.codec.decode(delivery.body)
        except self.codec.unreadable as error:
            raise Permanent(f"unreadable: {error}") from error
        admitted = None if self._admit is None else self._admit(delivery, envelope)
        return admitted or envelope

    def reads(self, envelope: Envelope) -> bool:
        """Whether any function takes this message."""
        key = (envelope.source, envelope.type)
        return bool(self._on_batch or self._otherwise or self._on_delivery or key in self._functions)

    def apply(self, tx: Any, envelope: Envelope, *, at: datetime) -> None:
        """Call the function that takes this message."""
        if isinstance(envelope, Unopened) and self._on_delivery is not None:
            self._on_delivery(tx, envelope.delivery, at=at)
            return
        if self._on_batch is not None:
            self._on_batch(tx, [envelope])
            return
        function = self._functions.get((envelope.source, envelope.type))
        fact = self._unseal(envelope) if function is not None else None
        if function is not None and fact is not None:
            function(tx, fact, at=at)
        elif self._otherwise is not None:
            self._otherwise(tx, envelope, at=at)

    @property
    def reads_batches(self) -> bool:
        """Whether one function takes whole batches."""
        return self._on_batch is not None

    def apply_batch(self, tx: Any, envelopes: list[Envelope]) -> Any:
        """Hand a whole batch to the function that takes batches; its answer."""
        return self._on_batch(tx, envelopes) if self._on_batch is not None and envelopes else None

    def label(self, envelope: Envelope) -> str:
        """The message's type as a label for metrics: few values, whatever strangers send."""
        known = (envelope.source, envelope.type) in self._functions or self._on_batch or self._on_delivery
        return envelope.type if known else "other"

    def _unseal(self, envelope: Envelope) -> Any:
        try:
            return self.codec.unseal(envelope)
        except self.codec.unreadable as error:
            raise Permanent(f"malformed: {error}") from error
