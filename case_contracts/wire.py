"""The wire format: CloudEvents 1.0 structured JSON, and the codec between flat dataclasses and JSON.

Only the standard library is used here, since this module travels in the responsible units' SDK.
The envelope is described in docs/messages.md.
"""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

CONTENT_TYPE = "application/cloudevents+json"

T = TypeVar("T")


class Unreadable(ValueError):
    """The bytes are no CloudEvents envelope at all: nothing can be answered, the message is parked."""


class Malformed(ValueError):
    """The envelope is readable, but a field of its data breaks a rule.

    ``field`` names the field, ``rule`` says what is expected of it.
    """

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One CloudEvents 1.0 envelope.

    ``source`` is the sender (``intake``, ``units/u07``), ``type`` the name of the fact or unit message,
    ``subject`` the deciding aggregate (``case/4105…``), ``sequence`` counts per (source, subject) from 1.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
    sequence: int = 0
    traceparent: str = ""


def encode(envelope: Envelope) -> bytes:
    """Write an envelope as UTF-8 JSON."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": time_text(envelope.time),
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "datacontenttype": "application/json",
        "dataschema": f"urn:qianliyan:{envelope.source.split('/')[0]}:{envelope.type}:1",
        "data": envelope.data,
    }
    if envelope.traceparent:
        document["traceparent"] = envelope.traceparent
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def decode(body: bytes) -> Envelope:
    """Read an envelope; raise :class:`Unreadable` when the bytes are none."""
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unreadable("not a JSON object")
    if document.get("specversion") != "1.0":
        raise Unreadable("specversion is not 1.0")
    for key in ("id", "source", "type"):
        if not isinstance(document.get(key), str) or not document[key] or "\x00" in document[key]:
            raise Unreadable(f"{key} is missing or no text")
    data = document.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data is no object")
    sequence = document.get("sequence", 0)
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 0:
        raise Unreadable("sequence is no count")
    try:
        time = _time(document.get("time"))
    except ValueError as error:
        raise Unreadable(f"time: {error}") from error
    return Envelope(
        id=document["id"],
        source=document["source"],
        type=document["type"],
        time=time,
        subject=str(document.get("subject") or ""),
        data=data,
        sequence=sequence,
        traceparent=str(document.get("traceparent") or ""),
    )


def time_text(moment: datetime) -> str:
    """An aware moment as ISO 8601 in UTC with ``Z``; a naive one is a mistake of ours."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def pack(thing: Any) -> dict[str, Any]:
    """A flat dataclass as plain JSON values."""
    return {field.name: _plain(getattr(thing, field.name)) for field in dataclasses.fields(thing)}


def unpack(kind: type[T], data: dict[str, Any]) -> T:
    """Read a flat dataclass from JSON values.

    Unknown fields are ignored and missing ones take their default, so that contracts can grow;
    anything else that does not fit raises :class:`Malformed` with the field and the rule.
    """
    values: dict[str, Any] = {}
    for name, (hint, required) in _shape(typing.cast(Any, kind)).items():
        if name in data:
            values[name] = _typed(name, hint, data[name])
        elif required:
            raise Malformed(name, "is missing")
    return kind(**values)


@cache
def _shape(kind: type) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(kind)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(kind)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _typed(name: str, hint: Any, value: Any) -> Any:
    if hint in _WORDS:  # most are, and asking what a type is made of takes longer than the rest
        return _simple(name, hint, value)
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [option for option in typing.get_args(hint) if option is not types.NoneType]
        return None if value is None else _typed(name, inner[0], value)
    if origin is tuple:
        if not isinstance(value, list):
            raise Malformed(name, "must be a list")
        return tuple(_typed(name, typing.get_args(hint)[0], item) for item in value)
    if hint is datetime:
        try:
            return _time(value)
        except ValueError as error:
            raise Malformed(name, str(error)) from error
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError as error:
            allowed = ", ".join(str(option.value) for option in hint)
            raise Malformed(name, f"must be one of {allowed}") from error
    return _simple(name, hint, value)


def _simple(name: str, hint: Any, value: Any) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) and hint is not bool:
        raise Malformed(name, f"must be {_WORDS[hint]}")
    if not isinstance(value, hint):
        raise Malformed(name, f"must be {_WORDS[hint]}")
    if hint is str and "\x00" in value:
        raise Malformed(name, "must not contain the zero character")
    return value


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 time")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("must be an ISO 8601 time with a zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a time between the years 1 and 9999") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
