"""Telling a responsible unit (告知): its task, the task's withdrawal, and every word about it."""

import uuid
from datetime import datetime, timedelta

from case_contracts import units
from handbook import Handbook
from services.dispatch.domain.assignment import Assignment
from services.dispatch.ports import DispatchTransaction, Notice

RESEND = "task_resend"
RESEND_AFTER = timedelta(days=1)
"""An unsigned task is sent again once a day: the unit may have purged its queue."""

UPLOAD_URL = "/api/intake/attachments"
"""Where a unit puts its photos, below the centre's address."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:qianliyan:units")


def tell_task(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime) -> None:
    """派遣: the current task; a repeat bears the same message id, made from the task's identity."""
    message = _task(tx, handbook, assignment)
    tx.tell(assignment.unit, message, message_id=_id("task", assignment), urgent=assignment.is_urgent, at=at)


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


def tell_notice(
    tx: DispatchTransaction, notice: Notice, *, at: datetime, urgent: bool, number: str = ""
) -> None:
    """告知: a word about a task; two of one kind about one task differ by their moment or their number."""
    kind = type(notice).__name__
    which = number or at.isoformat()
    parts = (kind, notice.case_number, notice.round, notice.dispatch_number, which)
    tx.tell(
        notice.responsible_unit, notice, message_id=_named("/".join(map(str, parts))), urgent=urgent, at=at
    )


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


def _task(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment) -> units.Task:
    assert assignment.dispatched_at is not None, "a dispatched task knows since when"
    handbook = handbook.as_of(assignment.handbook_version)
    subcategory = handbook.subcategories.get(assignment.subcategory)
    standard = handbook.standards.get(assignment.filing_standard)
    return units.Task(
        **assignment.named,
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
        due_at=assignment.due,
        dispatched_at=assignment.dispatched_at,
        photos=tuple(tx.evidence.photo_link(sha256) for sha256 in assignment.photos),
        upload_url=UPLOAD_URL,
        upload_token=tx.evidence.upload_token(assignment),
        rework_reason=assignment.rework_reason,
    )


def _id(kind: str, assignment: Assignment) -> str:
    return _named(f"{kind}/{assignment.case_number}/{assignment.round}/{assignment.dispatch_number}")


def _answer_id(kind: str, responsible_unit: str, request_id: str) -> str:
    return _named(f"{kind}/{responsible_unit}/{request_id}")


def _named(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))
