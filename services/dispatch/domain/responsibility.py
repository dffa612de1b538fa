"""Responsibility (责任认定): which unit must act on a case, and until when it may deny that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from handbook.calendar import COUNTY_TIME, WorkCalendar
from handbook.settings import Settings
from handbook.values import DutyDecision, ResponsibleUnit
from handbook.working_time import due_at
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import ReturnWindowOver, RuleBroken

DUTY_TABLE = "duty-table"
"""The dispatcher of what is dispatched by itself."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """派遣建议: the unit that the duty table names, with its reason in words."""

    case_number: str
    responsible_unit: str
    name: str
    reason: str
    rule: str
    assisting: tuple[str, ...]


DECIDED = "decided"
"""The rule of a suggestion that a written decision makes (确权规则)."""


def suggestion(case_number: str, decision: DutyDecision, units: Mapping[str, ResponsibleUnit]) -> Suggestion:
    """What the dispatcher is shown for a case."""
    return Suggestion(
        case_number=case_number,
        responsible_unit=decision.primary,
        name=units[decision.primary].name,
        reason=decision.reason,
        rule=decision.rule.value,
        assisting=decision.assisting,
    )


def require_units(primary: str, assisting: tuple[str, ...], units: Mapping[str, ResponsibleUnit]) -> None:
    """责任主体唯一: one unit that exists and works; those that assist are others than it."""
    _require_active("responsible_unit", primary, units)
    for code in assisting:
        _require_active("assisting", code, units)
        if code == primary:
            raise RuleBroken("assisting", "协办单位不能与主办单位相同")
    if len(set(assisting)) != len(assisting):
        raise RuleBroken("assisting", "协办单位不能重复")


def return_window_ends_at(assignment: Assignment, settings: Settings, calendar: WorkCalendar) -> datetime:
    """回退期限: working hours after the dispatch, minutes for what is urgent; fixed at the dispatch."""
    if assignment.return_until_at is not None:
        return assignment.return_until_at
    dispatched_at = assignment.dispatched_at
    assert dispatched_at is not None, "only what was dispatched can be sent back"
    if assignment.runs_day_and_night:
        return dispatched_at + timedelta(minutes=settings.urgent_return_window_minutes)
    return due_at(dispatched_at, settings.return_window, calendar)


def require_return_window(
    assignment: Assignment, *, at: datetime, settings: Settings, calendar: WorkCalendar
) -> None:
    """Raise :class:`ReturnWindowOver` when the unit has kept the task too long to send it back."""
    ends_at = return_window_ends_at(assignment, settings, calendar)
    if at > ends_at:
        local = ends_at.astimezone(COUNTY_TIME)
        raise ReturnWindowOver(assignment.case_number, f"{local:%Y-%m-%d %H:%M}")


def decide_by_at(at: datetime, settings: Settings) -> datetime:
    """By when a dispatcher decides: minutes, day and night."""
    return at + timedelta(minutes=settings.dispatch_minutes)


def _require_active(field: str, code: str, units: Mapping[str, ResponsibleUnit]) -> None:
    if code not in units:
        raise RuleBroken(field, f"没有编码为 {code} 的责任单位")
    if not units[code].active:
        raise RuleBroken(field, f"责任单位 {units[code].name} 已停用")
