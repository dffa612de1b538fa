"""Undecided requests (申请待审): what a unit asked for has a clock too, and goes up when nobody decides."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from case_contracts.dispatch import AssignmentEscalated
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.requests import ExtensionRequest, Request, SuspensionRequest

R = TypeVar("R", bound=Request)


def with_clock(
    request: R, assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> R:
    """The request with its time to be decided: day and night for what is urgent, else working time."""
    if assignment.is_urgent or assignment.limit_unit.is_continuous:
        limit = TimeLimit(settings.urgent_request_hours, LimitUnit.EMERGENCY_HOUR)
    else:
        limit = TimeLimit(settings.request_working_hours, LimitUnit.WORKING_HOUR)
    clock = HandlingClock.start(limit, at)
    return replace(request, clock=clock, escalate_at=clock.due_at(calendar))


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
        if request.escalate_at is not None and request.escalate_at <= at and not _lapsed(assignment, request):
            return _escalate(assignment, request, at=at, calendar=calendar)
    return None


def credit(
    assignment: Assignment, *, outage_from: datetime, outage_until: datetime, calendar: WorkCalendar
) -> bool:
    """补时: whoever has to decide a request is given back what an outage took; whether it took any."""
    credited = False
    for request in assignment.requests:
        if request.clock is None:
            continue
        clock = request.clock.credit(outage_from, outage_until, calendar)
        credited = credited or clock.credited_seconds > request.clock.credited_seconds
        escalate_at = request.escalate_at and _calls_at(request, clock, calendar)
        _put(assignment, replace(request, clock=clock, escalate_at=escalate_at))
    return credited


def _escalate(
    assignment: Assignment, request: Request, *, at: datetime, calendar: WorkCalendar
) -> AssignmentEscalated:
    to = request.posts[_step(request)]
    request = replace(request, escalated_to=to)
    assert request.clock is not None, "what is escalated has a clock"
    _put(assignment, replace(request, escalate_at=_calls_at(request, request.clock, calendar)))
    return AssignmentEscalated(
        case_number=assignment.case_number,
        round=assignment.round,
        to=to,
        reason=f"{request.chinese}超时未审批",
        escalated_at=at,
        responsible_unit=assignment.responsible_unit,
        about=request.about,
    )


def _calls_at(request: Request, clock: HandlingClock, calendar: WorkCalendar) -> datetime | None:
    """After the limit the first post is called, and after the same time again the one above."""
    step = _step(request)
    if step >= len(request.posts):
        return None
    return (clock.extend(clock.limit) if step else clock).due_at(calendar)


def _step(request: Request) -> int:
    return 0 if request.escalated_to is None else request.posts.index(request.escalated_to) + 1


def _lapsed(assignment: Assignment, request: Request) -> bool:
    """An extension that is overdue by then lapses, and nobody need decide it."""
    if request.escalate_at is None or not isinstance(request, ExtensionRequest):
        return False
    return request.escalate_at > assignment.due


def _put(assignment: Assignment, request: Request) -> None:
    if isinstance(request, ExtensionRequest):
        assignment.extension_request = request
    elif isinstance(request, SuspensionRequest):
        assignment.suspension_request = request
