"""Sending back (回退): the unit says that a task is not its own, and the dispatcher decides."""

from datetime import datetime

from case_contracts import units
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain import returning
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.escalation import sign_by_at, unit_clock
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.responsibility import decide_by_at, require_return_window
from services.dispatch.domain.states import AssignmentState
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._lapsing import lapse_orders, lapse_requests
from services.dispatch.stages._telling import RESEND, tell_notice


def send_back(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    reason: str,
    turn: Turn | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """回退: with a reason and within the return window; the handling clock pauses."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    before = assignment.state
    if assignment.with_unit:
        require_return_window(assignment, at=at, settings=handbook.settings, calendar=handbook.calendar)
        lapse_requests(tx, assignment, reason="任务已回退，申请失效", at=at)
    sent_back = returning.send_back(
        assignment,
        reason=reason,
        at=at,
        decide_by_at=decide_by_at(at, handbook.settings),
        calendar=handbook.calendar,
    )
    return keep(
        tx,
        assignment,
        sent_back,
        action="send_back",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=reason,
    )


def accept_return(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """同意回退: the dispatch was wrong; the case awaits another, or coordination if that was too often."""
    by.require(Action.DECIDE_RETURN)
    assignment = tx.assignments.get(case_number)
    before = assignment.state
    accepted = returning.accept_return(
        assignment, dispatcher=by.person_id, at=at, decide_by_at=decide_by_at(at, handbook.settings)
    )
    tx.cancel_wake(RESEND, case_number)
    lapse_orders(tx, assignment, reason="任务已回退")
    announced = keep(
        tx,
        assignment,
        accepted,
        action="accept_return",
        from_state=before,
        actor=by.person_id,
        at=at,
    )
    notice = units.ReturnDecided(
        case_number=case_number,
        round=accepted.round,
        dispatch_number=accepted.dispatch_number,
        responsible_unit=accepted.responsible_unit,
        accepted=True,
        reason="",
    )
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    _call_coordination(tx, handbook, assignment, at=at)
    return announced


def _call_coordination(
    tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime
) -> None:
    most = handbook.settings.forced_coordination_after_returns
    called = returning.call_coordination(assignment, after_returns=most, at=at)
    if called is not None:
        state = assignment.state
        keep(tx, assignment, called, action="call_coordination", from_state=state, actor="system", at=at)


def refuse_return(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """不同意回退: the task stays with the unit, with a reason; the handling clock goes on."""
    by.require(Action.DECIDE_RETURN)
    assignment = tx.assignments.get(case_number)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    before = assignment.state
    refused = returning.refuse_return(
        assignment,
        reason=reason,
        dispatcher=by.person_id,
        at=at,
        sign_by_at=sign_by_at(assignment, at=at, settings=handbook.settings, calendar=handbook.calendar),
        calendar=handbook.calendar,
    )
    if assignment.state is AssignmentState.AWAITING_SIGNATURE:
        assignment.sign_clock = unit_clock(assignment, at=at)
    announced = keep(
        tx,
        assignment,
        refused,
        action="refuse_return",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=reason,
    )
    notice = units.ReturnDecided(**assignment.named, accepted=False, reason=reason, due_at=assignment.due)
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    return announced
