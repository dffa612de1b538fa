"""Messages as chassis sees them: an envelope, a fact, and the codec that the application hands over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class Envelope(Protocol):
    """What surrounds every message: who says what about which subject, and when."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def subject(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def traceparent(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


class Fact(Protocol):
    """Something a service says has happened."""

    @property
    def sender(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def subject(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How envelopes become bytes and facts become envelopes, and back.

    ``seal`` takes ``(fact, *, id, time, sequence, traceparent)``; ``unseal`` answers None for a type it does
    not know. ``unreadable`` are the errors that will not go away when the message is tried again.
    """

    content_type: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    seal: Callable[..., Any]
    unseal: Callable[[Any], Any]
    unreadable: tuple[type[Exception], ...]
