"""Extension (延期): one more original limit, at most so often a case, and never once it is overdue."""

from datetime import datetime

from case_contracts.dispatch import ExtensionAsked, ExtensionGranted, ExtensionRefused
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import NothingAsked, RequestNotAllowed
from services.dispatch.domain.requests import ExtensionRequest
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.undecided import with_clock


def ask(
    assignment: Assignment, *, reason: str, at: datetime, settings: Settings, calendar: WorkCalendar
) -> ExtensionAsked:
    """申请延期: a flag on the handling; the clock goes on. Only what was granted counts."""
    if assignment.state is not AssignmentState.HANDLING:
        raise assignment.cannot("申请延期")
    if assignment.extension_request is not None:
        raise RequestNotAllowed(assignment.case_number, "已有延期申请待审批")
    most = settings.extension_max
    if assignment.extensions_granted >= most:
        raise RequestNotAllowed(assignment.case_number, f"已延期 {most} 次，不能再次延期")
    _require_in_time(assignment, at)
    request = ExtensionRequest(reason=reason, count=assignment.extensions_granted + 1, asked_at=at)
    assignment.extension_request = with_clock(
        request, assignment, at=at, settings=settings, calendar=calendar
    )
    return ExtensionAsked(**assignment.named, reason=reason, count=request.count, asked_at=at)


def grant(
    assignment: Assignment, *, decided_by: str, at: datetime, calendar: WorkCalendar
) -> ExtensionGranted:
    """同意延期: the original limit is added to what is left."""
    request = pending(assignment)
    _require_in_time(assignment, at)
    assignment.extension_request = None
    assignment.extensions_granted += 1
    assignment.run(assignment.limit_clock.extend(assignment.time_limit), calendar)
    return ExtensionGranted(
        **assignment.named,
        count=request.count,
        due_at=assignment.due,
        decided_by=decided_by,
        granted_at=at,
        limit_seconds=assignment.limit_clock.total_seconds(calendar),
    )


def refuse(assignment: Assignment, *, reason: str, decided_by: str, at: datetime) -> ExtensionRefused:
    """不同意延期: the due time stays; so also when the request lapses."""
    pending(assignment)
    assignment.extension_request = None
    return ExtensionRefused(**assignment.named, reason=reason, decided_by=decided_by, refused_at=at)


def pending(assignment: Assignment) -> ExtensionRequest:
    """What was asked for and is not decided; raises :class:`NothingAsked`."""
    if assignment.extension_request is None:
        raise NothingAsked(assignment.case_number, "没有待审批的延期申请")
    return assignment.extension_request


def _require_in_time(assignment: Assignment, at: datetime) -> None:
    if at > assignment.due:
        raise RequestNotAllowed(assignment.case_number, "已超过处置时限，不能延期")
