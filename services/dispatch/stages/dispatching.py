"""Dispatching (任务派遣): a filed case is given to exactly one responsible unit, and its clock starts."""

from datetime import datetime

from case_contracts.intake import CaseFiled
from case_contracts.roles import Action, Actor
from handbook import CalendarYearMissing, Handbook, NoResponsibleUnit
from services.dispatch.domain import responsibility, returning
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.escalation import sign_by_at, unit_clock
from services.dispatch.domain.reactions import Reaction, created_key, reaction_to
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.responsibility import DUTY_TABLE, return_window_ends_at
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages import routing
from services.dispatch.stages._keeping import keep, note, record, save, watch
from services.dispatch.stages._telling import resend_later, tell_task


def open_assignment(
    tx: DispatchTransaction, handbook: Handbook, filed: CaseFiled, *, at: datetime, automatic: bool
) -> None:
    """A case was filed, or filed anew: it awaits dispatch, or the duty table dispatches it by itself."""
    found = tx.assignments.find(filed.case_number)
    if found is not None and reaction_to(filed, found) is Reaction.NOTE:
        note(tx, found, filed, at=at)
        return
    decide_by_at = responsibility.decide_by_at(at, handbook.settings)
    if found is None:
        assignment = Assignment.of(filed, decide_by_at=decide_by_at)
        watch(tx, assignment)
        tx.assignments.add(assignment)
        record(tx, assignment, filed, action="open", from_state="", actor=filed.sender, at=at)
    else:
        assignment, before = found, found.state
        assignment.file_anew(filed, decide_by_at=decide_by_at)
        save(tx, assignment)
        record(tx, assignment, filed, action="file_anew", from_state=before, actor=filed.sender, at=at)
    if automatic or filed.subcategory in handbook.settings.automatic_dispatch:
        _dispatch_by_duty_table(tx, handbook, assignment, at=at)
    if found is None:
        tx.released(created_key(filed.case_number))


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
    assignment = tx.assignments.get(case_number)
    returning.require_no_coordination(assignment)
    return give(
        tx,
        handbook,
        assignment,
        responsible_unit=responsible_unit,
        assisting=assisting,
        reason=reason,
        dispatcher=by.person_id,
        at=at,
    )


def give(
    tx: DispatchTransaction,
    handbook: Handbook,
    assignment: Assignment,
    *,
    responsible_unit: str,
    assisting: tuple[str, ...] = (),
    reason: str,
    dispatcher: str,
    at: datetime,
) -> Announced:
    """One unit gets the task and is told it; those that assist are named to it, and told by it."""
    before = assignment.state
    calendar, settings = handbook.calendar, handbook.settings
    dispatched = assignment.dispatch_to(
        responsible_unit,
        dispatcher=dispatcher,
        at=at,
        calendar=calendar,
        assisting_units=assisting,
        reason=reason,
    )
    assignment.return_until_at = None
    assignment.return_until_at = return_window_ends_at(assignment, settings, calendar)
    assignment.escalate_at = sign_by_at(assignment, at=at, settings=settings, calendar=calendar)
    assignment.sign_clock = assignment.return_clock = unit_clock(assignment, at=at)
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


def _dispatch_by_duty_table(
    tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, *, at: datetime
) -> None:
    try:
        named = routing.route(tx, handbook, assignment)
        give(
            tx,
            handbook,
            assignment,
            responsible_unit=named.responsible_unit,
            assisting=named.assisting,
            reason=named.reason,
            dispatcher=DUTY_TABLE,
            at=at,
        )
    except (NoResponsibleUnit, CalendarYearMissing):
        # 无责任主体, or a year without working days: it goes on awaiting a dispatcher.
        return
