"""What hotline's doors take and give: one schema a body, a query string or an answer."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from case_contracts.codes import Satisfaction
from case_contracts.roles import Role
from handbook.datum import Datum, to_wgs84
from services.hotline import answers, numbers, stages
from services.hotline.domain import Call, CallState
from services.hotline.domain import CallBack as CallBackAsked
from services.hotline.stages import Caller

WITHHELD_NOTICE = "来电未显示号码，无法回访；请告知来电人凭受理号自行查询办理结果"
_NOT_BLANK = validate.Regexp(r"[\s\S]*\S", error="不能为空白")
_SUBCATEGORY = validate.Regexp(r"^[CI]\d{4}$", error="应为小类代码，如 I0101")


def _text(longest: int) -> fields.String:
    return fields.String(required=True, validate=[validate.Length(max=longest), _NOT_BLANK])


def _remark(longest: int) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=longest))


class Position(Schema):
    """Where the agent found the place on the map."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.Enum(Datum, by_value=True, load_default=Datum.WGS84)

    @post_load
    def converted(self, position: dict[str, Any], **_: Any) -> dict[str, float]:
        """WGS-84, whatever the map used."""
        lon, lat = to_wgs84(position["lon"], position["lat"], position["datum"])
        return {"lon": round(lon, 7), "lat": round(lat, 7)}


class TakeCall(Schema):
    """A call as the agent types it."""

    caller_number = fields.String(required=True, validate=validate.Length(max=40))
    caller_name = _remark(40)
    words = _text(500)
    address = _text(200)
    position = fields.Nested(Position, load_default=None, allow_none=True)
    subcategory = fields.String(load_default=None, allow_none=True, validate=_SUBCATEGORY)

    @post_load
    def normalised(self, call: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The number in the form in which it is kept."""
        try:
            return {**call, "caller_number": numbers.normalised(call["caller_number"])}
        except numbers.NotANumber as error:
            raise ValidationError(str(error), "caller_number") from error


class Registered(Schema):
    """The number to read out, and whether the caller can be rung back."""

    call_id = fields.String()
    report_number = fields.String()
    call_back_possible = fields.Boolean()
    notice = fields.String()
    subject = fields.String()
    sequence = fields.Integer()


class CallsQuery(Schema):
    """Which calls to list, the newest first."""

    caller_number = fields.String(validate=validate.Length(max=40))
    report_number = fields.String(validate=validate.Length(min=1, max=40))
    after = fields.String(
        validate=validate.Length(max=40), metadata={"description": "上一页答复中的 after，缺省为第一页"}
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "每页条数"}
    )

    @post_load
    def normalised(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The number in the form in which it is kept."""
        if not query.get("caller_number", "").strip():
            return {**query, "caller_number": None}
        try:
            return {**query, "caller_number": numbers.normalised(query["caller_number"])}
        except numbers.NotANumber as error:
            raise ValidationError(str(error), "caller_number") from error


class RevealQuery(Schema):
    """Why the caller's number is wanted."""

    reason = fields.String(
        required=True,
        validate=[validate.Length(max=200), validate.Regexp(r"[\s\S]*\S", error="请填写查看原因")],
    )


class CallBacksQuery(Schema):
    """Which call-backs to list, the longest waiting first."""

    state = fields.String(load_default="due", validate=validate.OneOf(["due", "all"]))
    post = fields.Enum(
        Role,
        by_value=True,
        load_default=None,
        metadata={"description": "只列逾时未回访、已上报该岗位的待回访"},
    )
    after = fields.String(
        validate=validate.Length(max=40), metadata={"description": "上一页答复中的 after，缺省为第一页"}
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "每页条数"}
    )


class AttemptMade(Schema):
    """What came of ringing the caller."""

    outcome = fields.String(required=True, validate=validate.OneOf(["reached", "no_answer"]))
    satisfaction = fields.Enum(Satisfaction, by_value=True, load_default=None, allow_none=True)
    words = _remark(500)
    handle_again = fields.Boolean(
        load_default=False, metadata={"description": "来电人不满意，要求重新处置（填写具体诉求）"}
    )

    @validates_schema
    def only_the_reached_are_satisfied(self, attempt: dict[str, Any], **_: Any) -> None:
        """Nobody who did not answer said how satisfied they are."""
        if attempt.get("outcome") == "no_answer" and attempt.get("satisfaction") is not None:
            raise ValidationError("无人接听时不能填写满意度", "satisfaction")

    @validates_schema
    def only_the_dissatisfied_want_it_again(self, attempt: dict[str, Any], **_: Any) -> None:
        """Handling again is asked by who is dissatisfied, and in words that the supervisor can decide on."""
        if not attempt.get("handle_again"):
            return
        if attempt.get("satisfaction") is not Satisfaction.DISSATISFIED:
            raise ValidationError("不满意时才能要求重新处置", "handle_again")
        if not attempt.get("words", "").strip():
            raise ValidationError("要求重新处置时请填写具体诉求", "words")


class Dissatisfied(Schema):
    """What the caller says is still wrong."""

    words = _text(500)


class Attempt(Schema):
    """One ring."""

    at = fields.AwareDateTime(format="iso")
    agent = fields.String()
    reached = fields.Boolean()
    satisfaction = fields.Enum(Satisfaction, by_value=True, allow_none=True)
    words = fields.String()


class EarlierAnswer(Schema):
    """What the caller was told before."""

    kind = fields.String()
    kind_text = fields.String()
    text = fields.String()
    due_since = fields.AwareDateTime(format="iso")
    attempts = fields.List(fields.Nested(Attempt))


class CallBack(Schema):
    """A call-back on the agents' list."""

    id = fields.String()
    call_id = fields.String()
    report_number = fields.String()
    caller = fields.String(metadata={"description": "已隐去部分数字"})
    caller_name = fields.String()
    state = fields.String()
    state_text = fields.String()
    kind = fields.String()
    kind_text = fields.String()
    text = fields.String()
    script = fields.String(metadata={"description": "回访用语，可照读"})
    may_ask_again_until = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "在此之前可要求重新处置，空为不可"}
    )
    asked_again_at = fields.AwareDateTime(format="iso", allow_none=True)
    earlier = fields.List(fields.Nested(EarlierAnswer))
    due_since = fields.AwareDateTime(format="iso")
    attempts = fields.List(fields.Nested(Attempt))
    next_attempt_at = fields.AwareDateTime(format="iso", allow_none=True)
    called = fields.Enum(
        Role, by_value=True, allow_none=True, metadata={"description": "逾时未回访，已上报的岗位"}
    )


class AttemptKept(Schema):
    """The call-back after an attempt, and where its fact can be looked up."""

    call_id = fields.String()
    state = fields.String()
    state_text = fields.String()
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(format="iso", allow_none=True)
    subject = fields.String()
    sequence = fields.Integer()


class TakenCall(Schema):
    """A call with its caller masked."""

    call_id = fields.String()
    report_number = fields.String()
    state = fields.String()
    state_text = fields.String()
    caller = fields.String()
    caller_name = fields.String()
    call_back_possible = fields.Boolean()
    words = fields.String()
    address = fields.String()
    lon = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)
    subcategory = fields.String(allow_none=True)
    agent = fields.String()
    taken_at = fields.AwareDateTime(format="iso")
    call_back = fields.Nested(CallBack, allow_none=True)


class TakenCalls(Schema):
    """A page of calls; ``after`` continues it."""

    calls = fields.List(fields.Nested(TakenCall))
    after = fields.String(allow_none=True)


class CallBacks(Schema):
    """A page of call-backs; ``after`` continues it."""

    call_backs = fields.List(fields.Nested(CallBack))
    after = fields.String(allow_none=True)


class Revealed(Schema):
    """Who called, in full."""

    call_id = fields.String()
    caller_number = fields.String()
    dial = fields.String()
    caller_name = fields.String()
    call_back_possible = fields.Boolean()


class RevealsQuery(Schema):
    """Who looked at whose number: of a person, at a call, in a time; ``before`` continues a page."""

    person_id = fields.String(load_default=None, validate=validate.Length(1, 64))
    call_id = fields.String(load_default=None, validate=validate.Length(1, 40))
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)
    before = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1),
        metadata={"description": "上一页答复中的 before，缺省为最新一页"},
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "每页条数"}
    )


class Reveal(Schema):
    """查看记录: who looked, when, at the caller of which call, and why."""

    id = fields.Integer()
    call_id = fields.String()
    report_number = fields.String(allow_none=True)
    at = fields.AwareDateTime(format="iso")
    person_id = fields.String()
    reason = fields.String()


class Reveals(Schema):
    """A page of them, the newest first; ``before`` continues it."""

    reveals = fields.List(fields.Nested(Reveal))
    before = fields.Integer(allow_none=True)


def registered(registered: stages.Registered) -> dict[str, Any]:
    """What the agent reads out."""
    call = registered.call
    return {
        "call_id": call.call_id,
        "report_number": call.report_number,
        "call_back_possible": not call.withheld,
        "notice": WITHHELD_NOTICE if call.withheld else "",
        "subject": registered.announced.subject,
        "sequence": registered.announced.sequence,
    }


def revealed(call_id: str, caller: Caller) -> dict[str, Any]:
    """Who called, in full."""
    return {
        "call_id": call_id,
        "caller_number": caller.number,
        "dial": numbers.as_dialled(caller.number),
        "caller_name": caller.name,
        "call_back_possible": caller.number != numbers.WITHHELD,
    }


def taken_call(call: Call, caller: Caller, *, window: timedelta) -> dict[str, Any]:
    """A call as lists show it."""
    return {
        "call_id": call.call_id,
        "report_number": call.report_number,
        "state": call.state.value,
        "state_text": call.state.chinese,
        **_masked(caller),
        "call_back_possible": not call.withheld,
        "words": call.words,
        "address": call.address,
        "lon": call.lon,
        "lat": call.lat,
        "subcategory": call.subcategory,
        "agent": call.agent,
        "taken_at": call.taken_at,
        "call_back": call_back(call, caller, window=window) if call.call_back else None,
    }


def call_back(call: Call, caller: Caller, *, window: timedelta) -> dict[str, Any]:
    """A call's call-back as lists show it; ``window``: how long handling again can be asked for."""
    asked = call.call_back
    if asked is None:
        return {}
    return {
        "id": call.call_id,
        "call_id": call.call_id,
        "report_number": call.report_number,
        **_masked(caller),
        "state": call.state.value,
        "state_text": call.state.chinese,
        "kind": asked.kind.value,
        "kind_text": answers.chinese(asked.kind),
        "text": asked.text,
        "script": answers.script(call, asked, window=window),
        "may_ask_again_until": call.may_ask_again_until(window),
        "asked_again_at": call.dissatisfied_at,
        "earlier": [_earlier(one) for one in (*call.told, *call.superseded)],
        "due_since": asked.due_since,
        "attempts": asked.attempts,
        "next_attempt_at": asked.next_attempt_at() if call.state is CallState.CALL_BACK_DUE else None,
        "called": call.ringing.called if call.ringing else None,
    }


def _earlier(one: CallBackAsked) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "kind_text": answers.chinese(one.kind),
        "text": one.text,
        "due_since": one.due_since,
        "attempts": one.attempts,
    }


def attempt_kept(call: Call, announced: stages.Announced) -> dict[str, Any]:
    """What an agent sees after an attempt."""
    asked = call.call_back
    due = call.state is CallState.CALL_BACK_DUE
    return {
        "call_id": call.call_id,
        "state": call.state.value,
        "state_text": call.state.chinese,
        "next_attempt_at": asked.next_attempt_at() if asked and due else None,
        "attempts": len(asked.attempts) if asked else 0,
        "subject": announced.subject,
        "sequence": announced.sequence,
    }


def _masked(caller: Caller) -> dict[str, str]:
    name = caller.name
    return {"caller": numbers.masked(caller.number), "caller_name": name[:1] + "*" * (len(name) - 1)}
