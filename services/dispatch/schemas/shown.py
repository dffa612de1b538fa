"""What dispatch's doors give: one schema an answer."""

from typing import Any

from marshmallow import Schema, fields

from case_contracts.codes import SupervisionKind
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.supervision_order import OrderState
from services.dispatch.domain.supervision_order import SupervisionOrder as Order
from services.dispatch.stages.work_lists import Seen


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


class Suggestion(Schema):
    """派遣建议: whom the rules name, and why; ``rule`` is decided, owner, duty or territorial."""

    case_number = fields.String()
    responsible_unit = fields.String()
    name = fields.String()
    reason = fields.String()
    rule = fields.String()
    assisting = fields.List(fields.String())


class ExtensionRequest(Schema):
    """申请延期, not decided yet."""

    reason = fields.String()
    count = fields.Integer()
    asked_at = fields.AwareDateTime()


class SuspensionRequest(Schema):
    """申请挂账, not decided yet."""

    reason = fields.String()
    until_at = fields.AwareDateTime()
    asked_at = fields.AwareDateTime()
    photos = fields.List(fields.String(), metadata={"description": "说明理由的照片，可以没有"})


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
    used_share = fields.Float(allow_none=True)
    remaining_seconds = fields.Float(allow_none=True)
    return_until_at = fields.AwareDateTime(allow_none=True)
    suggestion = fields.Nested(Suggestion, allow_none=True)
    subcategory = fields.String()
    filing_standard = fields.String()
    urgency = fields.String()
    urgency_text = fields.String()
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
    returned_by = fields.List(fields.String())
    in_coordination = fields.Boolean()
    is_difficult = fields.Boolean()
    decided_unit = fields.String(allow_none=True)
    decision = fields.String()
    intake_reason = fields.String()
    extension_request = fields.Nested(ExtensionRequest, allow_none=True)
    extensions_granted = fields.Integer()
    suspension_request = fields.Nested(SuspensionRequest, allow_none=True)
    suspensions = fields.Integer()
    suspended_at = fields.AwareDateTime(allow_none=True)
    suspended_until_at = fields.AwareDateTime(allow_none=True)
    suspension_reason = fields.String()
    suspension_photos = fields.List(fields.String(), metadata={"description": "同意挂账时所附的照片"})
    escalated_to = fields.String(
        allow_none=True, metadata={"description": "逾时无人办理或审批，已上报的最高岗位"}
    )
    supervision_orders = fields.Integer()
    reworks = fields.Integer()
    rework_reason = fields.String(metadata={"description": "返工或重新处置的原因"})
    reopened = fields.Boolean(metadata={"description": "最近一轮是重新处置，不是返工"})
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


class SupervisionOrder(Schema):
    """督办, as its list shows it."""

    order_number = fields.String()
    case_number = fields.String()
    round = fields.Integer()
    dispatch_number = fields.Integer()
    responsible_unit = fields.String()
    kind = fields.Enum(SupervisionKind, by_value=True)
    kind_text = fields.String()
    words = fields.String()
    ordered_by = fields.String()
    ordered_at = fields.AwareDateTime()
    reply_by_at = fields.AwareDateTime()
    state = fields.Enum(OrderState, by_value=True)
    state_text = fields.String()
    overdue = fields.Boolean()
    reply_text = fields.String()
    replied_by = fields.String()
    replied_at = fields.AwareDateTime(allow_none=True)
    in_time = fields.Boolean(allow_none=True)
    lapse_reason = fields.String()


class SupervisionOrders(Schema):
    """One page of the list of supervision orders."""

    orders = fields.List(fields.Nested(SupervisionOrder))
    after = fields.String(allow_none=True)


class DecidedDuty(Schema):
    """确权规则."""

    subcategory = fields.String()
    area = fields.String()
    responsible_unit = fields.String()
    decision = fields.String()
    case_number = fields.String()
    decided_by = fields.String()
    decided_at = fields.AwareDateTime()
    removed_by = fields.String()
    removed_at = fields.AwareDateTime(allow_none=True)


class DecidedDuties(Schema):
    """One page of the rules in force."""

    rules = fields.List(fields.Nested(DecidedDuty))
    after = fields.String(allow_none=True)


class Outage(Schema):
    """补时, and how many tasks have a later due time by it."""

    id = fields.String()
    outage_from = fields.AwareDateTime()
    outage_until = fields.AwareDateTime()
    reason = fields.String()
    credited_by = fields.String()
    credited_at = fields.AwareDateTime()
    credited = fields.Integer()


class Outages(Schema):
    """One page of the log, the latest first."""

    outages = fields.List(fields.Nested(Outage))
    after = fields.String(allow_none=True)


class UploadToken(Schema):
    """上传凭证, and where photos are put with it: ``PUT <upload_url>/<sha256>``."""

    upload_token = fields.String()
    upload_url = fields.String()


def assignment(seen: Seen) -> dict[str, Any]:
    """An assignment with what a person sees beside it."""
    one = seen.assignment
    return {
        **vars(one),
        "state_text": one.state.chinese,
        "urgency_text": one.urgency.chinese,
        "owner": one.owner,
        "escalated_to": one.called,
        "act_by_at": one.act_by_at,
        "light": seen.light,
        "used_share": seen.used_share,
        "remaining_seconds": seen.remaining_seconds,
        "return_until_at": seen.return_until_at,
        "photo_links": seen.photo_links,
        "suggestion": seen.suggestion,
        "flow": seen.flow,
    }


def order(one: Order, *, overdue: bool) -> dict[str, Any]:
    """A supervision order with its words."""
    return {
        **vars(one),
        "kind_text": one.kind.chinese,
        "state_text": one.state.chinese,
        "overdue": overdue,
    }
