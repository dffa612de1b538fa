"""What dispatch's doors take and give: one schema a body, a query string or an answer."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.dispatch.domain.assignment import AssignmentState, Turn
from services.dispatch.stages.work_lists import Seen

_UNIT = validate.Length(min=1, max=40)
_REASON = validate.Length(max=500)


class Nothing(Schema):
    """A command that needs no words."""


class AboutTask(Schema):
    """Which task of the case is meant; without it, whichever is current."""

    round = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    dispatch_number = fields.Integer(strict=True, validate=validate.Range(1, 10_000))

    @validates_schema
    def both_or_none(self, given: dict[str, Any], **_: Any) -> None:
        """A round alone names no task."""
        if ("round" in given) != ("dispatch_number" in given):
            missing = "round" if "dispatch_number" in given else "dispatch_number"
            raise ValidationError("Missing data for required field.", missing)


class DispatchCase(Schema):
    """派遣."""

    responsible_unit = fields.String(required=True, validate=_UNIT)
    assisting = fields.List(fields.String(validate=_UNIT), validate=validate.Length(max=10))
    reason = fields.String(load_default="", validate=_REASON)


class RefuseReturn(Schema):
    """不同意回退."""

    reason = fields.String(required=True, validate=_REASON)


class Sign(AboutTask):
    """签收."""


class SendBack(AboutTask):
    """回退."""

    reason = fields.String(required=True, validate=_REASON)


class Feedback(AboutTask):
    """反馈: words, and the receipts that the upload door gave for the photos."""

    text = fields.String(required=True, validate=validate.Length(max=2000))
    receipts = fields.List(
        fields.String(validate=validate.Length(max=2000)), required=True, validate=validate.Length(max=20)
    )


class AssignmentsQuery(Schema):
    """Which part of the work list."""

    state = fields.List(fields.Enum(AssignmentState, by_value=True), load_default=list)
    responsible_unit = fields.String(load_default=None, validate=_UNIT)
    after = fields.String(load_default=None, validate=validate.Length(max=40))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Announced(Schema):
    """What the command's fact counts as, to wait for in the case file."""

    subject = fields.String()
    sequence = fields.Integer()


class FlowLine(Schema):
    """流转记录."""

    at = fields.AwareDateTime()
    actor = fields.String()
    action = fields.String()
    from_state = fields.String()
    to_state = fields.String()
    round = fields.Integer()
    dispatch_number = fields.Integer()
    reason = fields.String()
    fact_type = fields.String()


class Assignment(Schema):
    """任务, as a work list shows it."""

    case_number = fields.String()
    state = fields.Enum(AssignmentState, by_value=True)
    state_text = fields.String()
    round = fields.Integer()
    dispatch_number = fields.Integer()
    responsible_unit = fields.String(allow_none=True)
    assisting_units = fields.List(fields.String())
    owner = fields.String(allow_none=True)
    act_by_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    light = fields.String(allow_none=True)
    remaining_seconds = fields.Float(allow_none=True)
    return_until_at = fields.AwareDateTime(allow_none=True)
    subcategory = fields.String()
    filing_standard = fields.String()
    urgency = fields.String()
    limit = fields.Integer()
    limit_unit = fields.String()
    closing_condition = fields.String()
    description = fields.String()
    address = fields.String()
    lon = fields.Float()
    lat = fields.Float()
    unit_grid_code = fields.String()
    responsibility_grid = fields.String()
    component_code = fields.String(allow_none=True)
    photos = fields.List(fields.String())
    photo_links = fields.List(fields.String())
    filed_at = fields.AwareDateTime()
    dispatched_at = fields.AwareDateTime(allow_none=True)
    signed_at = fields.AwareDateTime(allow_none=True)
    sent_back_at = fields.AwareDateTime(allow_none=True)
    send_back_reason = fields.String()
    returns = fields.Integer()
    rework_reason = fields.String()
    feedback_text = fields.String()
    feedback_photos = fields.List(fields.String())
    fed_back_at = fields.AwareDateTime(allow_none=True)
    withdrawal_reason = fields.String()


class AssignmentWithFlow(Assignment):
    """任务 with its story."""

    flow = fields.List(fields.Nested(FlowLine))


class Assignments(Schema):
    """One page of a work list; ``after`` asks for the next. ``silent_units`` are those whose systems have not
    been seen for twelve hours while tasks await their signature."""

    assignments = fields.List(fields.Nested(Assignment))
    after = fields.String(allow_none=True)
    silent_units = fields.List(fields.String())


class Suggestion(Schema):
    """派遣建议."""

    case_number = fields.String()
    responsible_unit = fields.String()
    name = fields.String()
    reason = fields.String()
    rule = fields.String()
    assisting = fields.List(fields.String())


class UploadToken(Schema):
    """上传凭证, and where photos are put with it: ``PUT <upload_url>/<sha256>``."""

    upload_token = fields.String()
    upload_url = fields.String()


def turn(command: dict[str, Any]) -> Turn | None:
    """Which task the command means."""
    if "round" not in command:
        return None
    return Turn(round=command["round"], dispatch_number=command["dispatch_number"])


def assignment(seen: Seen) -> dict[str, Any]:
    """An assignment with what a person sees beside it."""
    one = seen.assignment
    return {
        **vars(one),
        "state_text": one.state.chinese,
        "owner": one.owner,
        "act_by_at": one.act_by_at,
        "light": seen.light,
        "remaining_seconds": seen.remaining_seconds,
        "return_until_at": seen.return_until_at,
        "photo_links": seen.photo_links,
        "flow": seen.flow,
    }
