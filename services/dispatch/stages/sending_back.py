"""Sending back (回退): the unit says that a task is not its own, and the dispatcher decides."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.responsibility import decide_by_at, require_return_window
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import RESEND, tell_return_decided


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
    if assignment.with_unit:
        require_return_window(assignment, at=at, settings=handbook.settings, calendar=handbook.calendar)
    before = assignment.state
    sent_back = assignment.send_back(
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
    """同意回退: the dispatch was wrong; the case awaits a new one."""
    by.require(Action.DECIDE_RETURN)
    assignment = tx.assignments.get(case_number)
    before = assignment.state
    accepted = assignment.accept_return(
        dispatcher=by.person_id, at=at, decide_by_at=decide_by_at(at, handbook.settings)
    )
    tx.cancel_wake(RESEND, case_number)
    announced = keep(
        tx,
        assignment,
        accepted,
        action="accept_return",
        from_state=before,
        actor=by.person_id,
        at=at,
    )
    tell_return_decided(tx, assignment, accepted.responsible_unit, accepted=True, reason="", at=at)
    return announced


def refuse_return(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """不同意回退: the task stays with the unit, with a reason; the handling clock goes on."""
    by.require(Action.DECIDE_RETURN)
    assignment = tx.assignments.get(case_number)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    before = assignment.state
    refused = assignment.refuse_return(
        reason=reason, dispatcher=by.person_id, at=at, calendar=handbook.calendar
    )
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
    tell_return_decided(tx, assignment, refused.responsible_unit, accepted=False, reason=reason, at=at)
    return announced
