"""The responsible units' own systems speak (责任单位消息): each message is answered, accepted or refused.

The broker vouches for the property ``user-id``; all else in a message is only claimed, and compared with it.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts import units, wire
from case_contracts.codes import Request
from case_contracts.roles import Actor, Role
from chassis.codec import Codec
from chassis.reading import Delivery, Permanent, Reader
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import Refusal, RuleBroken
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import (
    _telling,
    extension,
    feedback,
    handling,
    sending_back,
    supervision_order,
    suspension,
)

LONGEST_ID = 200
LONGEST_CASE_NUMBER = 40


@dataclass(frozen=True, kw_only=True)
class UnitMessage(wire.Envelope):
    """An envelope whose sender the broker vouches for; its id is the unit's own, made unique among units."""

    responsible_unit: str
    request_id: str
    claimed_source: str


def units_reader(codec: Codec, handbook: Callable[[], Handbook]) -> Reader:
    """The reader of ``dispatch.feedback``."""

    def admit(delivery: Delivery, envelope: wire.Envelope) -> UnitMessage:
        return _vouched_for(delivery, envelope, handbook())

    reader = Reader("dispatch.feedback", codec=codec, admit=admit, batch=50, pause=0.2)

    @reader.otherwise
    def on_unit_message(tx: DispatchTransaction, message: UnitMessage, *, at: datetime) -> None:
        answer(tx, handbook(), message, at=at)

    return reader


def answer(tx: DispatchTransaction, handbook: Handbook, message: UnitMessage, *, at: datetime) -> None:
    """Let a unit's message take effect and say so, or say why not."""
    code, case_number = message.responsible_unit, _case_number(message)
    try:
        said = _read(message)
        _carry_out(tx, handbook, said, by=_actor(code), at=at)
    except Refusal as refusal:
        refused = units.RequestRefused(
            request_id=message.request_id,
            request=message.type,
            reason=str(refusal),
            case_number=case_number,
            field=refusal.field,
        )
        _telling.tell_refused(tx, code, refused, at=at)
        return
    accepted = units.RequestAccepted(
        request_id=message.request_id, request=message.type, case_number=case_number
    )
    _telling.tell_accepted(tx, code, accepted, at=at)


def _vouched_for(delivery: Delivery, envelope: wire.Envelope, handbook: Handbook) -> UnitMessage:
    """The message under the name that the broker vouches for; what nobody vouches for is parked."""
    code = delivery.user_id
    if not code:
        raise Permanent("no user-id: nobody vouches for the sender")
    if delivery.routing_key.split(".")[0] != code:
        raise Permanent(f"routing key {delivery.routing_key!r} is not {code}'s")
    if code not in handbook.units:
        raise Permanent(f"{code} is no responsible unit")
    if len(envelope.id) > LONGEST_ID or not _is_storable(envelope.id + envelope.type + envelope.source):
        raise Permanent("the envelope's id, type or source cannot be kept")
    own = {field.name: getattr(envelope, field.name) for field in dataclasses.fields(wire.Envelope)}
    return UnitMessage(
        **{**own, "id": f"{code}/{envelope.id}"},
        responsible_unit=code,
        request_id=envelope.id,
        claimed_source=envelope.source,
    )


def _read(message: UnitMessage) -> Any:
    """What the unit says, as one of the messages of case_contracts.units."""
    code = message.responsible_unit
    if message.claimed_source != f"units/{code}":
        raise RuleBroken("source", f"应为 units/{code}")
    kind = units.FROM_UNIT.get(message.type)
    if kind is None:
        raise RuleBroken("type", f"应为以下之一：{'、'.join(units.FROM_UNIT)}")
    try:
        said: Any = wire.unpack(kind, message.data)
    except wire.Malformed as malformed:
        raise RuleBroken(malformed.field, _in_chinese(malformed.rule)) from malformed
    for field in dataclasses.fields(kind):
        if not _is_storable(getattr(said, field.name)):
            raise RuleBroken(field.name, "不能含有不完整的 Unicode 代理项")
    if said.responsible_unit != code:
        raise RuleBroken("responsible_unit", f"应为 {code}")
    return said


def _carry_out(tx: DispatchTransaction, handbook: Handbook, said: Any, *, by: Actor, at: datetime) -> None:
    if isinstance(said, units.Resync):
        handling.resync(tx, handbook, at=at, by=by)
        return
    if len(said.case_number) > LONGEST_CASE_NUMBER:
        raise RuleBroken("case_number", f"不能超过 {LONGEST_CASE_NUMBER} 个字符")
    case = said.case_number
    if isinstance(said, units.SupervisionReply):
        # An order may be answered when the task it is about is already another round's.
        supervision_order.reply(tx, said.order_number, text=said.text, case_number=case, at=at, by=by)
        return
    turn = Turn(round=said.round, dispatch_number=said.dispatch_number)
    if isinstance(said, units.Sign):
        handling.sign(tx, case, turn=turn, at=at, by=by)
    elif isinstance(said, units.SendBack):
        sending_back.send_back(tx, handbook, case, reason=said.reason, turn=turn, at=at, by=by)
    elif isinstance(said, units.AskExtension):
        extension.ask_extension(tx, handbook, case, reason=said.reason, turn=turn, at=at, by=by)
    elif isinstance(said, units.AskSuspension):
        words = {"reason": said.reason, "until_at": said.until_at, "receipts": said.receipts}
        suspension.ask_suspension(tx, handbook, case, **words, turn=turn, at=at, by=by)
    elif isinstance(said, units.Resume):
        suspension.resume(tx, handbook, case, turn=turn, at=at, by=by)
    elif isinstance(said, units.Feedback):
        text, receipts = said.text, said.receipts
        feedback.submit_feedback(tx, handbook, case, text=text, receipts=receipts, turn=turn, at=at, by=by)


def _actor(code: str) -> Actor:
    return Actor(person_id=f"unit/{code}", roles=frozenset({Role.RESPONSIBLE_UNIT}), responsible_unit=code)


def _case_number(message: UnitMessage) -> str:
    """The case that the message claims to speak of, if the claim can be repeated in an answer."""
    claimed = message.data.get("case_number", "")
    if message.type == Request.RESYNC or not isinstance(claimed, str) or len(claimed) > LONGEST_CASE_NUMBER:
        return ""
    return claimed if _is_storable(claimed) and "\x00" not in claimed else ""


def _is_storable(value: Any) -> bool:
    """Whether text, or each of several, can be written as UTF-8: JSON may hide half a surrogate pair."""
    if isinstance(value, tuple):
        return all(_is_storable(item) for item in value)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
    return True


_RULES = {
    "is missing": "必填",
    "must be text": "应为文本",
    "must be a whole number": "应为整数",
    "must be a number": "应为数字",
    "must be a list": "应为列表",
    "must be an ISO 8601 time": "应为 ISO 8601 时间",
    "must be an ISO 8601 time with a zone": "应为带时区的 ISO 8601 时间",
    "must be a time between the years 1 and 9999": "应为公元 1 年至 9999 年之间的时间",
    "must not contain the zero character": "不能含有空字符（U+0000）",
}


def _in_chinese(rule: str) -> str:
    return _RULES.get(rule, rule)
