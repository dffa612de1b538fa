"""What dispatch's doors take: one schema a body or a query string."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from case_contracts.codes import SupervisionKind
from case_contracts.roles import Role
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.supervision_order import OrderState
from services.dispatch.ports import WorkListFilter

_UNIT = validate.Length(min=1, max=40)
_REASON = validate.Length(max=500)
_LONG = validate.Length(max=2000)
_MOST = validate.Range(1, 200)
_RECEIPT = fields.String(validate=validate.Length(max=2000))
_RECEIPTS = validate.Length(max=20)


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


class Reason(Schema):
    """A refusal, or a return to intake: never without its reason."""

    reason = fields.String(required=True, validate=_REASON)


class DecideResponsibility(Schema):
    """确权: whose the case is, in writing; with ``fallback`` the township of the place."""

    responsible_unit = fields.String(load_default=None, validate=_UNIT)
    decision = fields.String(required=True, validate=_LONG)
    becomes_rule = fields.Boolean(load_default=False)
    fallback = fields.Boolean(load_default=False)


class Urge(Schema):
    """催办."""

    words = fields.String(required=True, validate=_REASON)


class OrderSupervision(Schema):
    """督办; without a kind, a leader's own is the leader's and anybody else's is for an important case."""

    words = fields.String(required=True, validate=_REASON)
    kind = fields.Enum(SupervisionKind, by_value=True, load_default=None)


class Reply(Schema):
    """督办回复."""

    text = fields.String(required=True, validate=_LONG)


class CreditOutage(Schema):
    """补时: from when until when the centre's own system was down, and why."""

    outage_from = fields.AwareDateTime(required=True)
    outage_until = fields.AwareDateTime(required=True)
    reason = fields.String(required=True, validate=_REASON)


class Sign(AboutTask):
    """签收."""


class SendBack(AboutTask):
    """回退."""

    reason = fields.String(required=True, validate=_REASON)


class AskExtension(AboutTask):
    """申请延期."""

    reason = fields.String(required=True, validate=_REASON)


class AskSuspension(AboutTask):
    """申请挂账."""

    reason = fields.String(required=True, validate=_REASON)
    until_at = fields.AwareDateTime(required=True)
    receipts = fields.List(
        _RECEIPT,
        load_default=list,
        validate=_RECEIPTS,
        metadata={"description": "说明理由的照片的上传回执，可以没有"},
    )


class Resume(AboutTask):
    """恢复处置."""


class Feedback(AboutTask):
    """反馈: words, and the receipts that the upload door gave for the photos."""

    text = fields.String(required=True, validate=_LONG)
    receipts = fields.List(_RECEIPT, required=True, validate=_RECEIPTS)


class PageQuery(Schema):
    """Which page of a list."""

    after = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "上一页答复中的 after，缺省为第一页"},
    )
    limit = fields.Integer(load_default=50, validate=_MOST, metadata={"description": "每页条数"})


class AssignmentsQuery(PageQuery):
    """Which part of the work list."""

    state = fields.List(fields.Enum(AssignmentState, by_value=True), load_default=list)
    responsible_unit = fields.String(load_default=None, validate=_UNIT)
    escalated_to = fields.Enum(Role, by_value=True, load_default=None)
    extension_asked = fields.Integer(load_default=None, validate=validate.Range(1, 100))
    suspension_asked = fields.Boolean(load_default=None)
    difficult = fields.Boolean(load_default=None, metadata={"description": "疑难案件"})
    assisting = fields.Boolean(
        load_default=False, metadata={"description": "协办：该单位协助办理的任务，只读；不含已结束的"}
    )


class OrdersQuery(PageQuery):
    """Which supervision orders."""

    state = fields.List(fields.Enum(OrderState, by_value=True), load_default=list)
    case_number = fields.String(load_default=None, validate=validate.Length(max=40))
    responsible_unit = fields.String(load_default=None, validate=_UNIT)


def turn(command: dict[str, Any]) -> Turn | None:
    """Which task the command means."""
    if "round" not in command:
        return None
    return Turn(round=command["round"], dispatch_number=command["dispatch_number"])


def work_list(query: dict[str, Any]) -> WorkListFilter:
    """Which assignments a work list is of."""
    return WorkListFilter(
        states=query["state"],
        responsible_unit=query["responsible_unit"],
        escalated_to=query["escalated_to"],
        extension_asked=query["extension_asked"],
        suspension_asked=query["suspension_asked"],
        difficult=query["difficult"],
    )
