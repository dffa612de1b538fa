"""Watching (到时处理): what happens by itself when one of an assignment's clocks runs out."""

from datetime import datetime

from case_contracts.codes import SupervisionKind
from handbook import Handbook
from services.dispatch.domain import escalation, undecided
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.suspension import CLOCK
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import supervision_order, suspension, urging
from services.dispatch.stages._keeping import keep, save
from services.dispatch.stages._lapsing import lapse_extension


def look(tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime) -> None:
    """Do whatever is due, and be woken for what comes next. What is not due yet is left alone."""
    assignment = tx.assignments.find(case_number)
    if assignment is None:
        return
    assignment.watched_at = None  # the wake-up that led here is used up
    if assignment.escalate_at is not None and assignment.escalate_at <= at:
        _escalate(tx, handbook, assignment, at=at)
    _requests(tx, handbook, assignment, at=at)
    if assignment.state is AssignmentState.SUSPENDED and (assignment.suspended_until_at or at) <= at:
        suspension.go_on(tx, handbook, assignment, at=at)
    if (
        assignment.with_unit
        and assignment.due < at
        and assignment.overdue_ordered_in_round < assignment.round
    ):
        _overdue(tx, handbook, assignment, at=at)
    save(tx, assignment)


def _escalate(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime) -> None:
    """逐级上报; an unsigned task is urged too."""
    escalated = escalation.escalate(assignment, at=at, settings=handbook.settings, calendar=handbook.calendar)
    state = assignment.state
    keep(
        tx,
        assignment,
        escalated,
        action="escalate",
        from_state=state,
        actor=CLOCK,
        at=at,
        reason=escalated.reason,
    )
    if state is AssignmentState.AWAITING_SIGNATURE:
        urging.urge(tx, assignment, words="任务超时未签收，请尽快签收", at=at)


def _requests(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime) -> None:
    """逐级上报 of what a unit asked for and nobody has decided."""
    settings, calendar = handbook.settings, handbook.calendar
    undecided.start_missing_clocks(assignment, at=at, settings=settings, calendar=calendar)
    if (escalated := undecided.escalate_next(assignment, at=at, calendar=calendar)) is None:
        return
    state, reason = assignment.state, escalated.reason
    keep(
        tx, assignment, escalated,
        action="escalate", from_state=state, actor=CLOCK, at=at, reason=reason,
    )  # fmt: skip


def _overdue(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime) -> None:
    """超期: what was asked for is not granted any more, and the unit is pressed formally, once a round."""
    lapse_extension(tx, assignment, reason="已超过处置时限，延期申请失效", at=at)
    assignment.overdue_ordered_in_round = assignment.round
    supervision_order.order(
        tx,
        handbook,
        assignment,
        kind=SupervisionKind.OVERDUE,
        words="处置已超期，请立即处置并说明情况",
        at=at,
    )
