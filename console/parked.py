"""Parked messages (滞留消息): what could not be read or done, for a person to look at, replay or discard."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from case_contracts import wire
from case_contracts.roles import Action, Actor

OWN_PACKAGES = ("services/", "console/", "chassis/", "case_contracts/", "handbook/")
NOT_REPLAYABLE = "dispatch.feedback"

# Facts carry none of these; a message that broke the rules may carry anything.
PERSONAL_KEYS = frozenset(
    {"name", "caller_name", "reporter_name", "reporter", "telephone", "phone", "mobile", "caller_number"}
    | {"openid", "id_number", "email"}
)
_MOBILE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")
_FRAME = re.compile(r'File "([^"]+)", line \d+, in (\S+)')
MASKED = "***"


class Status(StrEnum):
    """处理状态 of a parked message."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class NotOpen(ValueError):
    """The message has been replayed or discarded already."""


class NotReplayable(ValueError):
    """The message cannot be sent again."""


@dataclass(frozen=True, kw_only=True)
class ParkedMessage:
    """One message as it lay in the queue ``parking``."""

    id: str
    queue: str
    exchange: str
    routing_key: str
    message_id: str
    content_type: str
    error_type: str
    error: str
    traceback: str
    frame: str
    """The innermost frame of our own code: file and function."""
    headers: dict[str, Any]
    body: bytes
    parked_at: datetime
    status: Status = Status.OPEN

    @property
    def fingerprint(self) -> str:
        """The same for messages that failed in the same way."""
        return hashlib.sha256(f"{self.queue}\n{self.error_type}\n{self.frame}".encode()).hexdigest()[:16]


class ParkedMessages(Protocol):
    """Where parked messages are kept."""

    def get(self, parked_id: str) -> ParkedMessage:
        """The message, locked."""

    def settle(self, parked_id: str, status: Status) -> None: ...

    def record(self, parked_id: str, action: str, person_id: str, reason: str, *, at: datetime) -> None: ...

    def open_of_group(self, fingerprint: str) -> Sequence[str]: ...


class ParkedTransaction(Protocol):
    """What dealing with parked messages needs of a transaction."""

    @property
    def parked(self) -> ParkedMessages: ...

    def post(
        self,
        *,
        exchange: str,
        routing_key: str,
        message: wire.Envelope,
        message_id: str,
        subject: str,
        at: datetime,
        ordering_key: str,
    ) -> None: ...


def read(
    body: bytes, headers: dict[str, Any], *, content_type: str, message_id: str, now: datetime
) -> ParkedMessage:
    """A parked message from its bytes and headers, whoever parked it: our consumers or the broker itself."""
    told = {name: _plain(value) for name, value in headers.items()}
    error_type, _, error = _text(told.get("x-error")).partition(": ")
    queue = _text(told.get("x-queue")) or _text(told.get("x-first-death-queue"))
    story = _text(told.get("x-traceback"))
    identity = json.dumps([told.get("x-parked-at"), queue, message_id]).encode() + b"\n" + body
    return ParkedMessage(
        id=hashlib.sha256(identity).hexdigest()[:32],
        queue=queue,
        exchange=_text(told.get("x-exchange")) or _text(told.get("x-first-death-exchange")),
        routing_key=_text(told.get("x-routing-key")),
        message_id=_text(message_id),
        content_type=_text(content_type),
        error_type=error_type or _text(told.get("x-first-death-reason")) or "unknown",
        error=error,
        traceback=story,
        frame=own_frame(story),
        headers={name: value for name, value in told.items() if name != "x-traceback"},
        body=body,
        parked_at=_moment(told.get("x-parked-at"), now),
    )


def own_frame(story: str) -> str:
    """The innermost frame of our own code in a traceback, without its line, which changes with every edit."""
    frames = [
        f"{path[path.rindex(package) :]} {function}"
        for path, function in _FRAME.findall(story)
        for package in OWN_PACKAGES
        if f"/{package}" in path and "site-packages" not in path
    ]
    return frames[-1] if frames else ""


def replay(tx: ParkedTransaction, parked_id: str, *, at: datetime, by: Actor) -> ParkedMessage:
    """重发: back to the queue it came from under its old id, so that what took effect takes none again."""
    by.require(Action.MANAGE_PARKED)
    message = _open(tx, parked_id)
    if message.queue == NOT_REPLAYABLE:
        raise NotReplayable("责任单位的消息须由单位自己重新发送 / a unit must send its message again itself")
    try:
        envelope = wire.decode(message.body)
    except wire.Unreadable as error:
        raise NotReplayable(f"消息内容无法解码 / the body cannot be read ({error})") from error
    if not message.queue:
        raise NotReplayable("不知道来自哪个队列 / the queue it came from is unknown")
    tx.post(
        exchange="",
        routing_key=message.queue,
        message=envelope,
        message_id=envelope.id,
        subject=envelope.subject,
        at=at,
        ordering_key=envelope.subject,
    )
    tx.parked.settle(parked_id, Status.REPLAYED)
    tx.parked.record(parked_id, "replay", by.person_id, "", at=at)
    return message


def replay_group(tx: ParkedTransaction, fingerprint: str, *, at: datetime, by: Actor) -> int:
    """重发一组: every open message that failed in this way; how many."""
    by.require(Action.MANAGE_PARKED)
    found = tx.parked.open_of_group(fingerprint)
    for parked_id in found:
        replay(tx, parked_id, at=at, by=by)
    return len(found)


def discard(tx: ParkedTransaction, parked_id: str, reason: str, *, at: datetime, by: Actor) -> ParkedMessage:
    """丢弃: nothing will come of this message; the reason stays on record, and so does the message."""
    by.require(Action.MANAGE_PARKED)
    message = _open(tx, parked_id)
    tx.parked.settle(parked_id, Status.DISCARDED)
    tx.parked.record(parked_id, "discard", by.person_id, reason, at=at)
    return message


def masked_body(body: bytes) -> Any:
    """The body for a person's eyes: as JSON where it is, else its text; personal data are masked."""
    try:
        return masked(json.loads(body))
    except (ValueError, RecursionError):
        return _MOBILE.sub(r"\1****\2", body[:4000].decode("utf-8", "replace").replace("\x00", "�"))


def masked(value: Any, key: str = "") -> Any:
    """The value without what would name or reach a person."""
    if key in PERSONAL_KEYS and value not in (None, ""):
        return MASKED
    if isinstance(value, dict):
        return {name: masked(inner, str(name).lower()) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return _MOBILE.sub(r"\1****\2", value) if isinstance(value, str) else value


def _open(tx: ParkedTransaction, parked_id: str) -> ParkedMessage:
    message = tx.parked.get(parked_id)
    if message.status is not Status.OPEN:
        raise NotOpen(f"{parked_id}: {message.status}")
    return message


def _plain(value: Any) -> Any:
    """A header as JSON; the broker's own headers hold times and tables."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").replace("\x00", "�")
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value).replace("\x00", "�")


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\x00", "�")


def _moment(text: Any, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return moment.astimezone(UTC) if moment.tzinfo else otherwise
