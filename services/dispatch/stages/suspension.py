"""Suspension (挂账): asked by the unit, decided by the shift supervisor, ended by the day named."""

from collections.abc import Sequence
from datetime import datetime

from case_contracts import units
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain import suspension
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.suspension import CLOCK
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._lapsing import lapse_extension
from services.dispatch.stages._receipts import photos_of
from services.dispatch.stages._telling import tell_notice


def ask_suspension(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    reason: str,
    until_at: datetime,
    receipts: Sequence[str] = (),
    turn: Turn | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """申请挂账: until a day, with photos if the unit has any; the clock goes on until it is granted."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    photos = photos_of(tx, assignment, receipts)
    asked = suspension.ask(
        assignment,
        reason=reason,
        until_at=until_at,
        photos=photos,
        at=at,
        settings=handbook.settings,
        calendar=handbook.calendar,
    )
    return keep(
        tx,
        assignment,
        asked,
        action="ask_suspension",
        from_state=assignment.state,
        actor=by.person_id,
        at=at,
        reason=reason,
    )


def grant_suspension(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """同意挂账: the clock stands still; a request for an extension lapses."""
    by.require(Action.DECIDE_SUSPENSION)
    assignment = tx.assignments.get(case_number)
    before = assignment.state
    suspended = suspension.grant(assignment, decided_by=by.person_id, at=at, calendar=handbook.calendar)
    announced = keep(
        tx,
        assignment,
        suspended,
        action="grant_suspension",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=suspended.reason,
    )
    tell_suspended(tx, assignment, at=at)
    lapse_extension(tx, assignment, reason="案件已挂账，延期申请失效", at=at)
    return announced


def refuse_suspension(
    tx: DispatchTransaction, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """不同意挂账: with a reason; the clock has gone on."""
    by.require(Action.DECIDE_SUSPENSION)
    assignment = tx.assignments.get(case_number)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    refused = suspension.refuse(assignment, reason=reason, decided_by=by.person_id, at=at)
    announced = keep(
        tx,
        assignment,
        refused,
        action="refuse_suspension",
        from_state=assignment.state,
        actor=by.person_id,
        at=at,
        reason=reason,
    )
    notice = units.SuspensionDecided(**assignment.named, accepted=False, reason=reason)
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    return announced


def resume(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    turn: Turn | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """恢复处置: the unit can go on before the day named."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    return go_on(tx, handbook, assignment, resumed_by=by.person_id, at=at)


def go_on(
    tx: DispatchTransaction,
    handbook: Handbook,
    assignment: Assignment,
    *,
    resumed_by: str = CLOCK,
    at: datetime,
) -> Announced:
    """The task goes on with what was left of its limit, by itself when the day has come; the unit is told."""
    before = assignment.state
    resumed = suspension.resume(assignment, resumed_by=resumed_by, at=at, calendar=handbook.calendar)
    announced = keep(tx, assignment, resumed, action="resume", from_state=before, actor=resumed_by, at=at)
    notice = units.TaskResumed(**assignment.named, due_at=assignment.due)
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    return announced


def tell_suspended(tx: DispatchTransaction, assignment: Assignment, *, at: datetime) -> None:
    """The unit is told until when its task rests; again after a resync."""
    notice = units.SuspensionDecided(
        **assignment.named, accepted=True, reason="", until_at=assignment.suspended_until_at
    )
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
