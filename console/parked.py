"""Parked messages (滞留消息): what could not be read or done, for a person to look at, replay or discard."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from case_contracts import wire
from case_contracts.roles import Action, Actor
from chassis.reading import Delivery

OWN_PACKAGES = ("services/", "console/", "chassis/", "case_contracts/", "handbook/")
BY_THE_BROKER = "parking"
"""The exchange by which what the broker itself gave up comes to the parking."""
FROM_UNITS = "dispatch.feedback"
LONGEST_PROPERTY = 255
"""Bytes in an AMQP property; ids, types and sources travel as properties as well."""

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

    @property
    def user_id(self) -> str:
        """Whom the broker vouched for as its sender; empty when nobody did."""
        return _text(self.headers.get("x-user-id"))


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
        headers: Mapping[str, str],
    ) -> None: ...


def read(delivery: Delivery, *, now: datetime) -> ParkedMessage:
    """A parked message as it lay there, whoever parked it: our consumers or the broker itself.

    Headers tell the truth only when our consumers wrote them. What the broker gave up still has its sender's
    headers, which may say anything; of these only the broker's own latest entry counts.
    """
    told = {name: _plain(value) for name, value in delivery.headers.items() if name != "x-user-id"}
    if delivery.user_id:
        told["x-user-id"] = _text(delivery.user_id)
    message_id = _text(delivery.properties.get("message_id"))
    story = _brokers_story(told) if delivery.exchange == BY_THE_BROKER else _consumers_story(told)
    identity = json.dumps([story.parked_at, story.queue, message_id]).encode()
    return ParkedMessage(
        id=hashlib.sha256(identity + b"\n" + delivery.body).hexdigest()[:32],
        queue=story.queue,
        exchange=story.exchange,
        routing_key=_text(delivery.routing_key),
        message_id=message_id,
        content_type=_text(delivery.content_type),
        error_type=story.error_type or "unknown",
        error=story.error,
        traceback=story.traceback,
        frame=own_frame(story.traceback),
        headers={name: value for name, value in told.items() if name != "x-traceback"},
        body=delivery.body,
        parked_at=_moment(story.parked_at, now),
    )


@dataclass(frozen=True, kw_only=True)
class _Story:
    """Where a message failed, and how."""

    queue: str
    exchange: str
    error_type: str
    error: str = ""
    traceback: str = ""
    parked_at: str


def _consumers_story(told: Mapping[str, Any]) -> _Story:
    error_type, _, error = _text(told.get("x-error")).partition(": ")
    return _Story(
        queue=_text(told.get("x-queue")),
        exchange=_text(told.get("x-exchange")),
        error_type=error_type,
        error=error,
        traceback=_text(told.get("x-traceback")),
        parked_at=_text(told.get("x-parked-at")),
    )


def _brokers_story(told: Mapping[str, Any]) -> _Story:
    deaths = told.get("x-death")
    latest = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    return _Story(
        queue=_text(latest.get("queue")),
        exchange=_text(latest.get("exchange")),
        error_type=_text(latest.get("reason")),
        parked_at=_text(latest.get("time")),
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
    envelope = _readable(message)
    tx.post(
        exchange="",
        routing_key=message.queue,
        message=envelope,
        message_id=envelope.id,
        subject=envelope.subject,
        at=at,
        ordering_key=envelope.subject,
        headers=_as_it_came(message),
    )
    tx.parked.settle(parked_id, Status.REPLAYED)
    tx.parked.record(parked_id, "replay", by.person_id, "", at=at)
    return message


def _readable(message: ParkedMessage) -> wire.Envelope:
    """The envelope, when the message can be published and its queue's reader may believe it."""
    if not message.queue:
        raise NotReplayable("不知道来自哪个队列 / the queue it came from is unknown")
    if message.queue == FROM_UNITS and not message.user_id:
        raise NotReplayable("发送单位未经消息服务器证实 / the broker did not vouch for the unit that sent it")
    try:
        envelope = wire.decode(message.body)
    except wire.Unreadable as error:
        raise NotReplayable(f"消息内容无法解码 / the body cannot be read ({error})") from error
    said = (envelope.id, envelope.type, envelope.source, envelope.subject, envelope.traceparent)
    if not all(_fits(text) for text in said):
        raise NotReplayable(
            "消息编号、类型、来源或主题无法传送 / its id, type, source or subject cannot be sent"
        )
    return envelope


def _as_it_came(message: ParkedMessage) -> dict[str, str]:
    """How it first came, for its reader; our own account may say so, and nobody else."""
    came = {"x-exchange": message.exchange, "x-routing-key": message.routing_key}
    return {**came, "x-user-id": message.user_id} if message.user_id else came


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
        return _text(value.decode("utf-8", "replace"))
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(value)


def _text(value: Any) -> str:
    """The value as text that PostgreSQL can hold: no zero character, no half surrogate pair."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode().replace("\x00", "�")


def _fits(text: str) -> bool:
    """Whether the text can travel as an AMQP property."""
    return text == _text(text) and len(text.encode()) <= LONGEST_PROPERTY


def _moment(text: Any, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return moment.astimezone(UTC) if moment.tzinfo else otherwise
