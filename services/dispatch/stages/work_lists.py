"""Work lists (待办): what is to be seen of assignments, by the centre's people and by a unit's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from handbook.working_time import Light
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.refusals import AssignmentNotFound
from services.dispatch.domain.responsibility import return_window_ends_at
from services.dispatch.ports import DispatchTransaction


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An assignment as a person sees it now."""

    assignment: Assignment
    light: Light | None
    remaining_seconds: float | None
    """Of the handling limit, in the limit's own time; negative when overdue."""
    return_until_at: datetime | None
    """Until when the unit may send it back."""
    photo_links: tuple[str, ...]
    flow: tuple[FlowRecord, ...] = ()


def page(
    tx: DispatchTransaction,
    handbook: Handbook,
    *,
    states: Sequence[AssignmentState],
    responsible_unit: str | None,
    after: str | None,
    limit: int,
    at: datetime,
    by: Actor,
) -> list[Seen]:
    """A work list; a unit's person sees only the unit's own."""
    wanted = _visible(by) or responsible_unit
    found = tx.assignments.page(states=states, responsible_unit=wanted, after=after, limit=limit)
    return [_seen(tx, assignment, handbook, at=at) for assignment in found]


def one(tx: DispatchTransaction, handbook: Handbook, case_number: str, *, at: datetime, by: Actor) -> Seen:
    """One assignment with its flow records."""
    assignment = _look_at(tx, case_number, by)
    return _seen(tx, assignment, handbook, at=at, flow=tuple(tx.flow.of(case_number)))


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
    flow: tuple[FlowRecord, ...] = (),
) -> Seen:
    clock, calendar, settings = assignment.clock, handbook.calendar, handbook.settings
    light, remaining = None, None
    if assignment.state.is_open and clock is not None:
        light = clock.light(at, calendar, yellow=settings.light_yellow, red=settings.light_red)
        remaining = clock.remaining_seconds(at, calendar)
    with_unit = assignment.with_unit
    return Seen(
        assignment=assignment,
        light=light,
        remaining_seconds=remaining,
        return_until_at=return_window_ends_at(assignment, settings, calendar) if with_unit else None,
        photo_links=tuple(tx.evidence.photo_link(sha256) for sha256 in assignment.photos),
        flow=flow,
    )
