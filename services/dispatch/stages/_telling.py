"""Telling a responsible unit (告知): its task, the task's withdrawal, and decisions on what it asked."""

import uuid
from datetime import datetime, timedelta

from case_contracts import units
from handbook import Handbook
from services.dispatch.domain.assignment import Assignment
from services.dispatch.ports import DispatchTransaction

RESEND = "task_resend"
RESEND_AFTER = timedelta(days=1)
"""An unsigned task is sent again once a day: the unit may have purged its queue."""

UPLOAD_URL = "/api/intake/attachments"
"""Where a unit puts its photos, below the centre's address."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:qianliyan:units")


def tell_task(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime) -> None:
    """派遣: the current task; a repeat bears the same message id, made from the task's identity."""
    code = assignment.responsible_unit
    assert code is not None, "a task has its unit"
    message = _task(tx, handbook, assignment, code)
    tx.tell(code, message, message_id=_id("task", assignment), urgent=assignment.is_urgent, at=at)


def tell_withdrawn(
    tx: DispatchTransaction, assignment: Assignment, responsible_unit: str, *, reason: str, at: datetime
) -> None:
    """撤回: nothing more is to be done."""
    message = units.TaskWithdrawn(
        case_number=assignment.case_number,
        round=assignment.round,
        dispatch_number=assignment.dispatch_number,
        responsible_unit=responsible_unit,
        reason=reason,
    )
    message_id = _id("task_withdrawn", assignment)
    tx.tell(responsible_unit, message, message_id=message_id, urgent=assignment.is_urgent, at=at)


def tell_return_decided(
    tx: DispatchTransaction,
    assignment: Assignment,
    responsible_unit: str,
    *,
    accepted: bool,
    reason: str,
    at: datetime,
) -> None:
    """回退审批: the dispatcher's word on what the unit sent back."""
    message = units.ReturnDecided(
        case_number=assignment.case_number,
        round=assignment.round,
        dispatch_number=assignment.dispatch_number,
        responsible_unit=responsible_unit,
        accepted=accepted,
        reason=reason,
        due_at=assignment.due_at,
    )
    message_id = _id("return_decided", assignment, assignment.returns)
    tx.tell(responsible_unit, message, message_id=message_id, urgent=assignment.is_urgent, at=at)


def tell_accepted(
    tx: DispatchTransaction, responsible_unit: str, message: units.RequestAccepted, *, at: datetime
) -> None:
    """已接收: the unit's message took effect."""
    message_id = _answer_id("request_accepted", responsible_unit, message.request_id)
    tx.tell(responsible_unit, message, message_id=message_id, urgent=False, at=at)


def tell_refused(
    tx: DispatchTransaction, responsible_unit: str, message: units.RequestRefused, *, at: datetime
) -> None:
    """未接收: the unit's message broke a rule or came too late."""
    message_id = _answer_id("request_refused", responsible_unit, message.request_id)
    tx.tell(responsible_unit, message, message_id=message_id, urgent=False, at=at)


def resend_later(tx: DispatchTransaction, assignment: Assignment, *, at: datetime) -> None:
    """Unless it is signed by then, the task is sent again."""
    payload = {"round": assignment.round, "dispatch_number": assignment.dispatch_number}
    tx.wake(RESEND, assignment.case_number, at + RESEND_AFTER, payload)


def _task(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, code: str) -> units.Task:
    assert assignment.due_at is not None, "a dispatched task has its due time"
    assert assignment.dispatched_at is not None, "a dispatched task knows since when"
    handbook = handbook.as_of(assignment.handbook_version)
    subcategory = handbook.subcategories.get(assignment.subcategory)
    standard = handbook.standards.get(assignment.filing_standard)
    return units.Task(
        case_number=assignment.case_number,
        round=assignment.round,
        dispatch_number=assignment.dispatch_number,
        responsible_unit=code,
        subcategory=assignment.subcategory,
        subcategory_name=subcategory.name if subcategory else assignment.subcategory,
        filing_condition=standard.condition if standard else "",
        closing_condition=assignment.closing_condition,
        urgency=assignment.urgency,
        description=assignment.description,
        address=assignment.address,
        lon=assignment.lon,
        lat=assignment.lat,
        limit=assignment.limit,
        limit_unit=assignment.limit_unit,
        due_at=assignment.due_at,
        dispatched_at=assignment.dispatched_at,
        photos=tuple(tx.evidence.photo_link(sha256) for sha256 in assignment.photos),
        upload_url=UPLOAD_URL,
        upload_token=tx.evidence.upload_token(assignment),
        rework_reason=assignment.rework_reason,
    )


def _id(kind: str, assignment: Assignment, *more: int) -> str:
    parts = (kind, assignment.case_number, assignment.round, assignment.dispatch_number, *more)
    return str(uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))


def _answer_id(kind: str, responsible_unit: str, request_id: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{responsible_unit}/{request_id}"))
