"""Rework (返工) and reopening (重新处置): the same unit begins again, in a new round, with its full limit."""

from datetime import datetime

from case_contracts.dispatch import ReworkOrdered
from handbook.calendar import WorkCalendar
from handbook.working_time import HandlingClock
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.states import AssignmentState


def order_rework(
    assignment: Assignment, *, round: int, reason: str, at: datetime, calendar: WorkCalendar
) -> ReworkOrdered:
    """返工: verification failed; the same unit has to do it again, with its full limit from now."""
    assignment.move_to(AssignmentState.HANDLING, only_from=AssignmentState.FED_BACK)
    assignment.reworks += 1
    return _begin_again(assignment, round, reason, at, calendar, reopened=False)


def reopen(
    assignment: Assignment, *, round: int, reason: str, at: datetime, calendar: WorkCalendar
) -> ReworkOrdered:
    """重新处置: a closed case is not gone after all; no rework in the statistics, but the same to do."""
    assignment.move_to(AssignmentState.HANDLING, only_from=AssignmentState.DONE)
    return _begin_again(assignment, round, reason, at, calendar, reopened=True)


def _begin_again(
    assignment: Assignment,
    round: int,
    reason: str,
    at: datetime,
    calendar: WorkCalendar,
    *,
    reopened: bool,
) -> ReworkOrdered:
    assignment.round = round
    assignment.rework_reason = reason
    assignment.reopened = reopened
    assignment.run(HandlingClock.start(assignment.time_limit, at), calendar)
    return ReworkOrdered(
        **assignment.named, reason=reason, due_at=assignment.due, ordered_at=at, reopened=reopened
    )
