"""What intake's doors take: the bodies of commands, and query strings."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from case_contracts.codes import Source, Urgency
from case_contracts.roles import Role
from handbook.datum import Datum
from services.intake.domain.answer import AnswerState
from services.intake.domain.case import CaseState
from services.intake.domain.position import Reading
from services.intake.domain.report import ReportState
from services.intake.domain.roster import Shift
from services.intake.domain.task import Outcome
from services.intake.ports import RevealsWanted
from services.intake.stages.filing import Proposal
from services.intake.stages.surveying import Finding

MOST_PHOTOS = 20


def _form(pattern: str, length: int, rule: str) -> validate.And:
    # The length as well: to Python's "$" a line end may follow.
    return validate.And(validate.Length(equal=length, error=rule), validate.Regexp(pattern, error=rule))


NOT_BLANK = validate.Regexp(r"^[\s\S]*\S", error="不能为空白")
_SHA256 = _form(r"^[0-9a-f]{64}$", 64, "应为小写十六进制的 SHA-256（64 位）")
SUBCATEGORY = _form(r"^[CI][0-9]{4}$", 5, "应为小类代码，如 I0101")
_COMPONENT = _form(r"^[0-9]{16}$", 16, "应为 16 位部件编码")
_NUMBER = validate.Length(min=1, max=30)


def _text(longest: int) -> fields.String:
    return fields.String(required=True, validate=[validate.Length(max=longest), NOT_BLANK])


def _perhaps(*rules: Any) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=list(rules))


def _photos() -> "fields.List[str]":
    return fields.List(
        fields.String(validate=_SHA256), load_default=list, validate=validate.Length(max=MOST_PHOTOS)
    )


class GivenPosition(Schema):
    """A position as a phone, a camera or a clerk gives it."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.Enum(Datum, by_value=True, load_default=Datum.WGS84)
    accuracy = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 100_000))

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> Reading:
        """The reading that stages take."""
        return Reading(**given)


class GivenReporter(Schema):
    """Who tells of it; sealed before anything else sees it."""

    name = fields.String(validate=validate.Length(max=40))
    telephone = fields.String(validate=validate.Length(max=40))
    openid = fields.String(validate=validate.Length(max=128))


class TellReport(Schema):
    """上报: what a reporter tells of a problem."""

    source = fields.Enum(Source, by_value=True, load_default=None, allow_none=True)
    description = _text(500)
    address = _text(200)
    position = fields.Nested(GivenPosition, load_default=None, allow_none=True)
    photos = _photos()
    subcategory = _perhaps(SUBCATEGORY)
    component_code = _perhaps(_COMPONENT)
    claimed_at = fields.AwareDateTime(load_default=None, allow_none=True)
    self_handled = fields.Boolean(load_default=False)
    after_photos = _photos()
    reporter = fields.Nested(GivenReporter, load_default=None, allow_none=True)

    @post_load
    def with_each_photo_once(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A tuple of photos, none twice."""
        return {
            **given,
            "photos": tuple(dict.fromkeys(given["photos"])),
            "after_photos": tuple(dict.fromkeys(given["after_photos"])),
        }


class AskCollector(Schema):
    """派核实, 派核查: by a certain collector, or whoever is next."""

    collector = _perhaps(validate.Length(min=1, max=64))


class GiveReason(Schema):
    """Why something is refused."""

    reason = _text(500)


class LinkReport(Schema):
    """重复案件: the case that the report tells of."""

    case_number = fields.String(required=True, validate=_NUMBER)


class FileAgain(Schema):
    """重新立案: what the supervisor corrects; the case's urgency is raised by a door of its own."""

    subcategory = fields.String(required=True, validate=SUBCATEGORY)
    filing_standard = fields.String(required=True, validate=validate.Length(min=1, max=64))
    component_code = _perhaps(_COMPONENT)
    position = fields.Nested(GivenPosition, load_default=None, allow_none=True)
    address = _perhaps(validate.Length(max=200), NOT_BLANK)

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> Proposal:
        """The proposal that the stage takes."""
        return Proposal(**given)


class ProposeFiling(FileAgain):
    """受理: what the operator has found out."""

    urgency = fields.Enum(Urgency, by_value=True, load_default=None, allow_none=True)
    urgency_reason = fields.String(load_default="", validate=validate.Length(max=500))


class AnswerTask(Schema):
    """What a collector found."""

    outcome = fields.Enum(Outcome, by_value=True, required=True)
    words = fields.String(load_default="", validate=validate.Length(max=500))
    photos = _photos()
    position = fields.Nested(GivenPosition, load_default=None, allow_none=True)
    claimed_at = fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        metadata={"description": "离线填写时的本机时间；时限仍以收到时刻为准"},
    )

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> Finding:
        """The finding that the stage takes."""
        return Finding(**{**given, "photos": tuple(dict.fromkeys(given["photos"]))})


class RaiseUrgency(Schema):
    """提高轻重缓急: to what, and why."""

    urgency = fields.Enum(Urgency, by_value=True, required=True)
    reason = _text(500)


class JudgeSelfHandling(Schema):
    """自处置审核: valid or not; invalid needs a reason."""

    valid = fields.Boolean(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=500))


class AskReopening(Schema):
    """不满意: what the reporter says."""

    words = _text(500)


class DeclineReopening(Schema):
    """不予重新处置: why, and whose wish; without a report the oldest one's."""

    reason = _text(500)
    report_number = _perhaps(_NUMBER)


class ForceClose(Schema):
    """强制结案: why, and who approved it."""

    reason = _text(500)
    approved_by = _text(100)


class MergeCase(Schema):
    """并案: the case that goes on."""

    into_case_number = fields.String(required=True, validate=_NUMBER)


class GivenShift(Schema):
    """One person at one post."""

    post = fields.Enum(Role, by_value=True, required=True)
    person_id = fields.String(required=True, validate=[validate.Length(min=1, max=64), NOT_BLANK])
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> Shift:
        """The shift that the stage takes; post, person and start name it."""
        starts = given["starts_at"].astimezone(UTC)
        shift_id = f"{given['post'].value}-{given['person_id']}-{starts:%Y%m%dT%H%M%S}"
        return Shift(shift_id=shift_id, **given)


class EnterShifts(Schema):
    """排班: up to a month of a post's shifts at a time."""

    shifts = fields.List(fields.Nested(GivenShift), required=True, validate=validate.Length(min=1, max=200))

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> list[Shift]:
        """The shifts alone."""
        shifts: list[Shift] = given["shifts"]
        return shifts


class HandOver(Schema):
    """交接班: which post, to whom, and what is to be said."""

    post = fields.Enum(Role, by_value=True, required=True)
    taken_over_by = fields.String(required=True, validate=[validate.Length(min=1, max=64), NOT_BLANK])
    words = fields.String(load_default="", validate=validate.Length(max=1000))


class CloseCase(Schema):
    """结案: with the ids of the flags on its photos that the supervisor was shown."""

    flags_seen = fields.List(
        fields.String(validate=validate.Length(min=1, max=40)),
        load_default=list,
        validate=validate.Length(max=500),
    )


class Nothing(Schema):
    """An empty body."""


class _Page(Schema):
    after = fields.String(
        load_default=None,
        allow_none=True,
        validate=_NUMBER,
        metadata={"description": "上一页答复中的 after，缺省为第一页"},
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "每页条数"}
    )


class ReportsQuery(_Page):
    """A page of reports."""

    state = fields.Enum(ReportState, by_value=True, load_default=None)
    post = fields.Enum(Role, by_value=True, load_default=None)
    source = fields.Enum(Source, by_value=True, load_default=None)
    urgency = fields.Enum(Urgency, by_value=True, load_default=None)


class ComponentQuery(Schema):
    """Of which kind; without it, of the kind that was reported."""

    subcategory = fields.String(load_default=None, validate=SUBCATEGORY)


class NearQuery(Schema):
    """Around which place, of which kind, in which words; a radius of its own if so wanted."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.Enum(Datum, by_value=True, load_default=Datum.WGS84)
    subcategory = fields.String(load_default=None, validate=SUBCATEGORY)
    words = fields.String(load_default="", validate=validate.Length(max=500))
    within = fields.Integer(load_default=None, validate=validate.Range(1, 500))

    @post_load
    def placed(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The place as a reading."""
        reading = Reading(lon=query.pop("lon"), lat=query.pop("lat"), datum=query.pop("datum"))
        return {"place": reading, **query}


class OwnReportsQuery(_Page):
    """A page of one's own reports, perhaps of one state."""

    state = fields.Enum(ReportState, by_value=True, load_default=None)


class CasesQuery(_Page):
    """A page of cases."""

    state = fields.Enum(CaseState, by_value=True, load_default=None)
    post = fields.Enum(Role, by_value=True, load_default=None)


class AnswersQuery(_Page):
    """A page of answers."""

    channel = fields.Enum(Source, by_value=True, load_default=None)
    state = fields.Enum(AnswerState, by_value=True, load_default=None)


class ShiftsQuery(Schema):
    """A time; without it the week that begins now."""

    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class RevealQuery(Schema):
    """Why a reporter is looked at."""

    reason = _text(200)


class RevealsQuery(Schema):
    """Who looked at whom: of a person, at a report, in a time; ``before`` continues a page."""

    person_id = _perhaps(validate.Length(min=1, max=64))
    report_number = _perhaps(_NUMBER)
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

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> RevealsWanted:
        """What the store is asked."""
        return RevealsWanted(**given)


class PhotoQuery(Schema):
    """A signed link, instead of a person's token."""

    link = fields.String(load_default=None, validate=validate.Length(max=2000))
