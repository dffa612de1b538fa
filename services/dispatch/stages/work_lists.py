"""Work lists (待办): what is to be seen of assignments, by the centre's people and by a unit's own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from case_contracts.roles import Action, Actor
from handbook import CalendarYearMissing, Handbook
from handbook.working_time import Light, light_of
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.refusals import AssignmentNotFound, RuleBroken
from services.dispatch.domain.responsibility import Suggestion, return_window_ends_at
from services.dispatch.domain.states import AWAITING_DECISION, HELD_BY_UNIT, AssignmentState
from services.dispatch.ports import DispatchTransaction, WorkListFilter
from services.dispatch.stages import routing


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An assignment as a person sees it now."""

    assignment: Assignment
    light: Light | None
    used_share: float | None
    """Of the limit of whoever has to act, in that limit's own time; above 1 when overdue."""
    remaining_seconds: float | None
    """Of the same limit; negative when overdue."""
    return_until_at: datetime | None
    """Until when the unit may send it back."""
    photo_links: tuple[str, ...]
    suggestion: Suggestion | None = None
    """派遣建议 while it awaits dispatch; None when no rule names a unit."""
    flow: tuple[FlowRecord, ...] = ()


def page(
    tx: DispatchTransaction,
    handbook: Handbook,
    wanted: WorkListFilter,
    *,
    after: str | None,
    limit: int,
    at: datetime,
    by: Actor,
) -> list[Seen]:
    """A work list; a unit's person sees only the unit's own."""
    own_unit = _visible(by)
    if own_unit is not None:
        wanted = replace(wanted, responsible_unit=own_unit)
    return _page(tx, handbook, wanted, own_unit, after=after, limit=limit, at=at)


def assisted(
    tx: DispatchTransaction,
    handbook: Handbook,
    wanted: WorkListFilter,
    *,
    after: str | None,
    limit: int,
    at: datetime,
    by: Actor,
) -> list[Seen]:
    """协办: tasks of others in which the unit assists, to be read only; what has ended, and what nobody has,
    is left out unless it is asked for.
    """
    own_unit = _visible(by)
    code = own_unit or wanted.responsible_unit
    if code is None:
        raise RuleBroken("responsible_unit", "查看协办任务须指明责任单位")
    states = wanted.states or (*HELD_BY_UNIT, AssignmentState.FED_BACK)
    wanted = replace(wanted, responsible_unit=None, assisted_by=code, states=states)
    return _page(tx, handbook, wanted, own_unit, after=after, limit=limit, at=at)


def _page(
    tx: DispatchTransaction,
    handbook: Handbook,
    wanted: WorkListFilter,
    own_unit: str | None,
    *,
    after: str | None,
    limit: int,
    at: datetime,
) -> list[Seen]:
    found = tx.assignments.page(wanted, after=after, limit=limit)
    named = {} if own_unit is not None else routing.suggestions(tx, handbook, found)
    return [_seen(tx, one, handbook, at=at, suggestion=named.get(one.case_number)) for one in found]


def one(tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime, by: Actor) -> Seen:
    """One assignment with its flow records."""
    assignment = _look_at(tx, case_number, by)
    named = {} if by.responsible_unit is not None else routing.suggestions(tx, handbook, [assignment])
    flow = tuple(tx.flow.of(case_number))
    return _seen(tx, assignment, handbook, at=at, suggestion=named.get(case_number), flow=flow)


def upload_token(tx: DispatchTransaction, case_number: str, *, by: Actor) -> str:
    """上传凭证: with it the unit's desk puts photos at intake's upload door."""
    by.require(Action.HANDLE_TASK)
    assignment = _look_at(tx, case_number, by)
    if not assignment.with_unit:
        raise assignment.not_allowed(AssignmentState.FED_BACK)
    return tx.evidence.upload_token(assignment)


def _look_at(tx: DispatchTransaction, case_number: str, by: Actor) -> Assignment:
    own_unit = _visible(by)
    assignment = tx.assignments.get(case_number)
    if own_unit is not None and assignment.responsible_unit != own_unit:
        raise AssignmentNotFound(case_number)
    return assignment


def _visible(by: Actor) -> str | None:
    """The only unit whose assignments the person may see; None for the centre's own people."""
    if by.responsible_unit is not None:
        by.require(Action.HANDLE_TASK)
        return by.responsible_unit
    by.require(Action.READ_CASE_FILES)
    return None


def _seen(
    tx: DispatchTransaction,
    assignment: Assignment,
    handbook: Handbook,
    *,
    at: datetime,
    suggestion: Suggestion | None = None,
    flow: tuple[FlowRecord, ...] = (),
) -> Seen:
    light, share, remaining = _clock_seen(assignment, handbook, at)
    window = None
    if assignment.with_unit:
        window = return_window_ends_at(assignment, handbook.settings, handbook.calendar)
    return Seen(
        assignment=assignment,
        light=light,
        used_share=None if share is None else round(share, 4),
        remaining_seconds=remaining,
        return_until_at=window,
        photo_links=tuple(tx.evidence.photo_link(sha256) for sha256 in assignment.photos),
        suggestion=suggestion,
        flow=flow,
    )


def _clock_seen(
    assignment: Assignment, handbook: Handbook, at: datetime
) -> tuple[Light | None, float | None, float | None]:
    """示警灯, used share, what remains: of the dispatcher's minutes, or else of the handling."""
    settings, calendar = handbook.settings, handbook.calendar
    yellow, red = settings.light_yellow, settings.light_red
    if assignment.state in AWAITING_DECISION:
        limit = timedelta(minutes=settings.dispatch_minutes)
        left = assignment.decide_by_at - at
        share = 1 - left / limit
        return light_of(share, yellow=yellow, red=red), share, left.total_seconds()
    clock = assignment.clock
    if clock is None or not assignment.state.is_open:
        return None, None, None
    try:
        light = clock.light(at, calendar, yellow=yellow, red=red)
        return light, clock.used_share(at, calendar), clock.remaining_seconds(at, calendar)
    except CalendarYearMissing:  # a list is read all the same
        overdue = assignment.due_at is not None and at > assignment.due_at
        return Light.RED if overdue else Light.GREEN, None, None
