"""Escalation (逐级上报): what nobody touches goes to the shift supervisor, and then to the leader."""

from datetime import datetime, timedelta

from case_contracts.dispatch import AssignmentEscalated
from case_contracts.roles import Role
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit, add
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.states import AssignmentState

_REASONS = {
    AssignmentState.AWAITING_DISPATCH: "超时未派遣",
    AssignmentState.RETURN_UNDER_REVIEW: "回退超时未审批",
    AssignmentState.AWAITING_SIGNATURE: "超时未签收",
}

DAY_AND_NIGHT = TimeLimit(1, LimitUnit.EMERGENCY_HOUR)
WORKING_TIME = TimeLimit(1, LimitUnit.WORKING_HOUR)
"""Two kinds of time, for clocks that only tell what an outage took of minutes that the settings name."""


def sign_by_at(
    assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> datetime:
    """By when a unit signs: minutes day and night for what is urgent, else minutes of working time."""
    if assignment.runs_day_and_night:
        return at + timedelta(minutes=settings.urgent_sign_minutes)
    return add(at, settings.sign_working_minutes * 60, LimitUnit.WORKING_HOUR, calendar)


def unit_clock(assignment: Assignment, *, at: datetime) -> HandlingClock:
    """A clock of the kind of time in which a unit's limits for signing and for sending back run."""
    return HandlingClock.start(DAY_AND_NIGHT if assignment.runs_day_and_night else WORKING_TIME, at)


def escalate(
    assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> AssignmentEscalated:
    """Call the next higher post; after the same time again, the one above it."""
    assert assignment.escalate_at is not None, "only what has a clock of this kind is escalated"
    to = Role.LEADER if assignment.escalated_to else Role.SHIFT_SUPERVISOR
    again_at = None
    if to is Role.SHIFT_SUPERVISOR:
        if assignment.state is AssignmentState.AWAITING_SIGNATURE:
            since = assignment.escalate_at
            again_at = sign_by_at(assignment, at=since, settings=settings, calendar=calendar)
        else:
            again_at = assignment.escalate_at + timedelta(minutes=settings.dispatch_minutes)
    assignment.escalated_to = to
    assignment.escalate_at = again_at
    return _escalated(assignment, to, _REASONS[assignment.state], at)


def escalate_unanswered_order(
    assignment: Assignment, order_number: str, *, at: datetime
) -> AssignmentEscalated:
    """督办逾期未回复: the leader has it at once."""
    assignment.escalated_to = Role.LEADER
    return _escalated(assignment, Role.LEADER, f"督办 {order_number} 逾期未回复", at)


def _escalated(assignment: Assignment, to: Role, reason: str, at: datetime) -> AssignmentEscalated:
    return AssignmentEscalated(
        case_number=assignment.case_number,
        round=assignment.round,
        to=to,
        reason=reason,
        escalated_at=at,
        responsible_unit=assignment.responsible_unit,
    )
