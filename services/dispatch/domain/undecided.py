"""Undecided requests (申请待审): what a unit asked for has a clock too, and goes up when nobody decides."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from case_contracts.dispatch import AssignmentEscalated
from handbook.calendar import WorkCalendar
from handbook.calling import CallingClock
from handbook.settings import Settings
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.requests import ExtensionRequest, Request, SuspensionRequest

R = TypeVar("R", bound=Request)


def with_clock(
    request: R, assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> R:
    """The request with its time to be decided: day and night for what is urgent, else working time."""
    limit = settings.urgent_request_limit if assignment.runs_day_and_night else settings.request_limit
    return replace(request, clock=CallingClock.start(limit, request.posts, at=at, calendar=calendar))


def start_missing_clocks(
    assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> None:
    """What was asked for before requests had clocks is given its time from now on."""
    for request in assignment.requests:
        if request.clock is None:
            _put(assignment, with_clock(request, assignment, at=at, settings=settings, calendar=calendar))


def escalate_next(
    assignment: Assignment, *, at: datetime, calendar: WorkCalendar
) -> AssignmentEscalated | None:
    """Call the next post for the first request whose time has run out; None when there is no such."""
    for request in assignment.requests:
        if request.clock is not None and request.clock.is_due(at) and not _lapses_first(assignment, request):
            called = request.clock.call(calendar)
            _put(assignment, replace(request, clock=called))
            return AssignmentEscalated(
                case_number=assignment.case_number,
                round=assignment.round,
                to=str(called.called),
                reason=f"{request.chinese}超时未审批",
                escalated_at=at,
                about=request.about,  # and no unit: it waits, and nothing of this counts among its figures
            )
    return None


def credit(
    assignment: Assignment, *, outage_from: datetime, outage_until: datetime, calendar: WorkCalendar
) -> bool:
    """补时: whoever has to decide a request is given back what an outage took; whether it took any."""
    credited = False
    for request in assignment.requests:
        if request.clock is not None:
            clock = request.clock.credit(outage_from, outage_until, calendar)
            credited = credited or clock.clock.credited_seconds > request.clock.clock.credited_seconds
            _put(assignment, replace(request, clock=clock))
    return credited


def _lapses_first(assignment: Assignment, request: Request) -> bool:
    """An extension that is overdue by then lapses, and nobody need decide it."""
    if request.calls_at is None or not isinstance(request, ExtensionRequest):
        return False
    return request.calls_at > assignment.due


def _put(assignment: Assignment, request: Request) -> None:
    if isinstance(request, ExtensionRequest):
        assignment.extension_request = request
    elif isinstance(request, SuspensionRequest):
        assignment.suspension_request = request
