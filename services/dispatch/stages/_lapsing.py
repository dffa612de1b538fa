"""Lapsing (失效): what a unit asked for ends undecided when the task leaves its hands, or is overdue."""

from datetime import datetime

from case_contracts import units
from services.dispatch.domain import extension, suspension
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.suspension import CLOCK
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import tell_notice

REPLY_DUE = "supervision_reply_due"
"""The wake-up of a supervision order: its reply was due."""


def lapse_requests(tx: DispatchTransaction, assignment: Assignment, *, reason: str, at: datetime) -> None:
    """Refuse, in nobody's name, whatever is still asked for; the unit is told."""
    lapse_extension(tx, assignment, reason=reason, at=at)
    if assignment.suspension_request is not None:
        refused = suspension.refuse(assignment, reason=reason, decided_by=CLOCK, at=at)
        state = assignment.state
        keep(
            tx, assignment, refused,
            action="suspension_lapsed", from_state=state, actor=CLOCK, at=at, reason=reason,
        )  # fmt: skip
        notice = units.SuspensionDecided(**assignment.named, accepted=False, reason=reason)
        tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)


def lapse_extension(tx: DispatchTransaction, assignment: Assignment, *, reason: str, at: datetime) -> None:
    """The same for an extension only."""
    if assignment.extension_request is None:
        return
    refused = extension.refuse(assignment, reason=reason, decided_by=CLOCK, at=at)
    state = assignment.state
    keep(
        tx, assignment, refused,
        action="extension_lapsed", from_state=state, actor=CLOCK, at=at, reason=reason,
    )  # fmt: skip
    notice = units.ExtensionDecided(**assignment.named, accepted=False, reason=reason, due_at=assignment.due)
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)


def lapse_orders(tx: DispatchTransaction, assignment: Assignment, *, reason: str) -> None:
    """督办失效: the unit has nothing to answer for any more."""
    if not assignment.supervision_orders:
        return
    for order in tx.orders.open_of(assignment.case_number):
        order.lapse(reason=reason)
        tx.orders.save(order)
        tx.cancel_wake(REPLY_DUE, order.order_number)
