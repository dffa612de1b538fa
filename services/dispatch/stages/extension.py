"""Extension (延期): asked by the unit; the dispatcher decides, the second time the shift supervisor."""

from datetime import datetime

from case_contracts import units
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain import extension
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.refusals import require_text
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import tell_notice


def ask_extension(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    reason: str,
    turn: Turn | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """申请延期: a flag; the clock goes on until it is granted."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    asked = extension.ask(
        assignment, reason=reason, at=at, settings=handbook.settings, calendar=handbook.calendar
    )
    return keep(
        tx,
        assignment,
        asked,
        action="ask_extension",
        from_state=assignment.state,
        actor=by.person_id,
        at=at,
        reason=reason,
    )


def grant_extension(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """同意延期: the due time moves by one original limit, and the unit is told."""
    assignment = _to_decide(tx, case_number, by)
    granted = extension.grant(assignment, decided_by=by.person_id, at=at, calendar=handbook.calendar)
    state, actor = assignment.state, by.person_id
    announced = keep(tx, assignment, granted, action="grant_extension", from_state=state, actor=actor, at=at)
    _tell(tx, assignment, accepted=True, reason="", at=at)
    return announced


def refuse_extension(
    tx: DispatchTransaction, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """不同意延期: with a reason; it does not count towards how often a case may be extended."""
    assignment = _to_decide(tx, case_number, by)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    refused = extension.refuse(assignment, reason=reason, decided_by=by.person_id, at=at)
    announced = keep(
        tx,
        assignment,
        refused,
        action="refuse_extension",
        from_state=assignment.state,
        actor=by.person_id,
        at=at,
        reason=reason,
    )
    _tell(tx, assignment, accepted=False, reason=reason, at=at)
    return announced


def _to_decide(tx: DispatchTransaction, case_number: str, by: Actor) -> Assignment:
    """The assignment whose pending request the person may decide: the first or a later one."""
    if not by.may(Action.DECIDE_EXTENSION):
        by.require(Action.DECIDE_SECOND_EXTENSION)
    assignment = tx.assignments.get(case_number)
    first = extension.pending(assignment).count == 1
    by.require(Action.DECIDE_EXTENSION if first else Action.DECIDE_SECOND_EXTENSION)
    return assignment


def _tell(
    tx: DispatchTransaction, assignment: Assignment, *, accepted: bool, reason: str, at: datetime
) -> None:
    notice = units.ExtensionDecided(
        **assignment.named, accepted=accepted, reason=reason, due_at=assignment.due
    )
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
