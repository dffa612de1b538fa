"""Suspension (挂账): the task rests until a day, once a case, and its clock stands still."""

from datetime import UTC, datetime, timedelta

from case_contracts.dispatch import CaseResumed, CaseSuspended, SuspensionAsked, SuspensionRefused
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import NothingAsked, RequestNotAllowed, RuleBroken
from services.dispatch.domain.requests import SuspensionRequest
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.undecided import with_clock

CLOCK = "clock"
"""Who acts when nobody does but the time."""


def ask(
    assignment: Assignment,
    *,
    reason: str,
    until_at: datetime,
    photos: tuple[str, ...] = (),
    at: datetime,
    settings: Settings,
    calendar: WorkCalendar,
) -> SuspensionAsked:
    """申请挂账: the clock goes on until it is granted."""
    if assignment.state is not AssignmentState.HANDLING:
        raise assignment.cannot("申请挂账")
    if assignment.suspension_request is not None:
        raise RequestNotAllowed(assignment.case_number, "已有挂账申请待审批")
    if assignment.suspensions >= settings.suspension_max:
        raise RequestNotAllowed(assignment.case_number, f"已挂账 {settings.suspension_max} 次，不能再次挂账")
    _require_days(assignment, until_at, at, settings.suspension_max_days)
    until_at = until_at.astimezone(UTC)
    request = SuspensionRequest(reason=reason, until_at=until_at, asked_at=at, photos=photos)
    assignment.suspension_request = with_clock(
        request, assignment, at=at, settings=settings, calendar=calendar
    )
    return SuspensionAsked(**assignment.named, reason=reason, until_at=until_at, asked_at=at, photos=photos)


def grant(assignment: Assignment, *, decided_by: str, at: datetime, calendar: WorkCalendar) -> CaseSuspended:
    """同意挂账: the clock stands still until the day named."""
    request = pending(assignment)
    if request.until_at <= at:
        raise RequestNotAllowed(assignment.case_number, "申请的挂账期限已过，只能不予同意")
    assignment.move_to(AssignmentState.SUSPENDED)
    assignment.suspension_request = None
    assignment.suspensions += 1
    assignment.clock = assignment.limit_clock.pause(at, calendar)
    assignment.suspended_at = at
    assignment.suspended_until_at = request.until_at
    assignment.suspension_reason = request.reason
    assignment.suspension_photos = request.photos
    return CaseSuspended(
        **assignment.named,
        reason=request.reason,
        until_at=request.until_at,
        decided_by=decided_by,
        suspended_at=at,
    )


def refuse(assignment: Assignment, *, reason: str, decided_by: str, at: datetime) -> SuspensionRefused:
    """不同意挂账: the clock has gone on; so also when the request lapses."""
    pending(assignment)
    assignment.suspension_request = None
    return SuspensionRefused(**assignment.named, reason=reason, decided_by=decided_by, refused_at=at)


def resume(assignment: Assignment, *, resumed_by: str, at: datetime, calendar: WorkCalendar) -> CaseResumed:
    """恢复处置: on the day named, or earlier by the unit; what was left of the limit goes on."""
    if assignment.state is not AssignmentState.SUSPENDED:
        raise assignment.cannot("恢复处置")
    assignment.move_to(AssignmentState.HANDLING)
    assignment.run(assignment.limit_clock.resume(at), calendar)
    return CaseResumed(**assignment.named, due_at=assignment.due, resumed_by=resumed_by, resumed_at=at)


def pending(assignment: Assignment) -> SuspensionRequest:
    """What was asked for and is not decided; raises :class:`NothingAsked`."""
    if assignment.suspension_request is None:
        raise NothingAsked(assignment.case_number, "没有待审批的挂账申请")
    return assignment.suspension_request


def _require_days(assignment: Assignment, until_at: datetime, at: datetime, most_days: int) -> None:
    if until_at <= at:
        raise RuleBroken("until_at", "应晚于现在", assignment.case_number)
    if until_at - at > timedelta(days=most_days):
        raise RuleBroken("until_at", f"挂账不能超过 {most_days} 天", assignment.case_number)
