"""Outage credit (补时): what an outage of our own system took is given back to every running clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.dispatch import OutageCredited
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import RuleBroken
from services.dispatch.domain.states import AWAITING_DECISION, HELD_BY_UNIT

DAY_AND_NIGHT = TimeLimit(1, LimitUnit.EMERGENCY_HOUR)
"""The kind of time in which a dispatcher's minutes run."""
LONGEST = timedelta(days=31)
"""An outage longer than this is a mistyped date."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """故障补时: one logged command."""

    id: str
    outage_from: datetime
    outage_until: datetime
    reason: str
    credited_by: str
    credited_at: datetime
    credited: int
    """How many tasks were given a later due time."""


def require_stretch(outage_from: datetime, outage_until: datetime, *, at: datetime) -> None:
    """An outage lies in the past and has a beginning before its end."""
    if outage_from >= outage_until:
        raise RuleBroken("outage_until", "应晚于故障开始时间")
    if outage_until > at:
        raise RuleBroken("outage_until", "不能晚于现在")
    if outage_until - outage_from > LONGEST:
        raise RuleBroken("outage_from", f"故障不能超过 {LONGEST.days} 天")


def credit(
    assignment: Assignment,
    *,
    outage_from: datetime,
    outage_until: datetime,
    credited_by: str,
    at: datetime,
    calendar: WorkCalendar,
) -> OutageCredited | None:
    """Give back what ran of the task's limit during the outage; None when nothing of it did."""
    if assignment.state not in HELD_BY_UNIT:
        return None
    before = assignment.due
    # The same moments are given back once, however often the outage is entered: the clock remembers them.
    assignment.run(assignment.limit_clock.credit(outage_from, outage_until, calendar), calendar)
    if assignment.due == before:
        return None
    return OutageCredited(
        **assignment.named,
        outage_from=outage_from,
        outage_until=outage_until,
        due_at=assignment.due,
        credited_by=credited_by,
        credited_at=at,
        limit_seconds=assignment.limit_clock.total_seconds(calendar),
    )


def credit_dispatcher(
    assignment: Assignment,
    *,
    outage_from: datetime,
    outage_until: datetime,
    settings: Settings,
    calendar: WorkCalendar,
) -> bool:
    """The dispatcher's minutes are given back too, by the rules of the handling clock; whether any were."""
    if assignment.state not in AWAITING_DECISION:
        return False
    since = assignment.decide_by_at - timedelta(minutes=settings.dispatch_minutes)
    before = assignment.decision_clock or HandlingClock.start(DAY_AND_NIGHT, since)
    assignment.decision_clock = before.credit(outage_from, outage_until, calendar)
    lost = timedelta(seconds=assignment.decision_clock.credited_seconds - before.credited_seconds)
    if not lost:
        return False
    assignment.decide_by_at += lost
    if assignment.escalate_at is not None:
        assignment.escalate_at += lost
    return True
