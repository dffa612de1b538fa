"""Dispatching (任务派遣): a filed case is given to exactly one responsible unit, and its clock starts."""

from datetime import datetime

from case_contracts.intake import CaseFiled
from case_contracts.roles import Action, Actor
from handbook import CalendarYearMissing, Handbook, NoResponsibleUnit
from handbook.values import DutyDecision
from services.dispatch.domain import responsibility
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.reactions import Reaction, created_key, reaction_to
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.responsibility import DUTY_TABLE, Suggestion
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep, note, record
from services.dispatch.stages._telling import resend_later, tell_task


def open_assignment(
    tx: DispatchTransaction, handbook: Handbook, filed: CaseFiled, *, at: datetime, automatic: bool
) -> None:
    """A case was filed: it awaits dispatch, or the duty table dispatches it by itself."""
    found = tx.assignments.find(filed.case_number)
    if found is not None and reaction_to(filed, found) is Reaction.NOTE:
        note(tx, found, filed, at=at)
        return
    decide_by_at = responsibility.decide_by_at(at, handbook.settings)
    assignment = Assignment.of(filed, decide_by_at=decide_by_at)
    tx.assignments.add(assignment)
    record(tx, assignment, filed, action="open", from_state="", actor=filed.sender, at=at)
    if automatic:
        _dispatch_by_duty_table(tx, handbook, assignment, at=at)
    tx.released(created_key(filed.case_number))


def suggest(tx: DispatchTransaction, handbook: Handbook, case_number: str, *, by: Actor) -> Suggestion:
    """派遣建议: the unit that the duty table names, for the dispatcher to agree with or not."""
    by.require(Action.DISPATCH_CASE)
    assignment = tx.assignments.get(case_number)
    return responsibility.suggestion(case_number, _duty(handbook, assignment), handbook.units)


def dispatch_case(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    responsible_unit: str,
    assisting: tuple[str, ...] = (),
    reason: str = "",
    at: datetime,
    by: Actor,
) -> Announced:
    """派遣: the dispatcher gives the case to a unit, for the first time or again after a return."""
    by.require(Action.DISPATCH_CASE)
    if reason:
        reason = require_text("reason", reason, at_most=500, case_number=case_number)
    responsibility.require_units(responsible_unit, assisting, handbook.units)
    return _dispatch(
        tx,
        handbook,
        tx.assignments.get(case_number),
        responsible_unit=responsible_unit,
        assisting=assisting,
        reason=reason,
        dispatcher=by.person_id,
        at=at,
    )


def _dispatch_by_duty_table(
    tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime
) -> None:
    try:
        decision = _duty(handbook, assignment)
        _dispatch(
            tx,
            handbook,
            assignment,
            responsible_unit=decision.primary,
            assisting=decision.assisting,
            reason=decision.reason,
            dispatcher=DUTY_TABLE,
            at=at,
        )
    except (NoResponsibleUnit, CalendarYearMissing):
        # 无责任主体, or a year without working days: it goes on awaiting a dispatcher.
        return


def _dispatch(
    tx: DispatchTransaction,
    handbook: Handbook,
    assignment: Assignment,
    *,
    responsible_unit: str,
    assisting: tuple[str, ...],
    reason: str,
    dispatcher: str,
    at: datetime,
) -> Announced:
    before = assignment.state
    dispatched = assignment.dispatch_to(
        responsible_unit,
        dispatcher=dispatcher,
        at=at,
        calendar=handbook.calendar,
        assisting_units=assisting,
        reason=reason,
    )
    announced = keep(
        tx,
        assignment,
        dispatched,
        action="dispatch",
        from_state=before,
        actor=dispatcher,
        at=at,
        reason=reason,
    )
    tell_task(tx, handbook, assignment, at=at)
    resend_later(tx, assignment, at=at)
    return announced


def _duty(handbook: Handbook, assignment: Assignment) -> DutyDecision:
    return handbook.duty(assignment.subcategory, assignment.unit_grid_code, assignment.component_code)
