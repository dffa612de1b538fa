"""Outage credit (补时): what an outage of our own system took is given back to every running clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.dispatch import DecisionTimeCredited, OutageCredited, OutageLogged, ReplyTimeCredited
from handbook.calendar import WorkCalendar
from handbook.settings import Settings
from handbook.working_time import HandlingClock, Stretch, add
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.escalation import DAY_AND_NIGHT, unit_clock
from services.dispatch.domain.refusals import RuleBroken
from services.dispatch.domain.states import AWAITING_DECISION, HELD_BY_UNIT, AssignmentState
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder

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

    def logged(self) -> OutageLogged:
        """故障补时, for whoever else runs clocks."""
        return OutageLogged(
            outage_id=self.id,
            outage_from=self.outage_from,
            outage_until=self.outage_until,
            reason=self.reason,
            credited_by=self.credited_by,
            credited_at=self.credited_at,
        )


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
    credited_by: str,
    at: datetime,
    settings: Settings,
    calendar: WorkCalendar,
) -> DecisionTimeCredited | None:
    """The dispatcher's minutes are given back too, by the rules of the handling clock."""
    if assignment.state not in AWAITING_DECISION:
        return None
    since = assignment.decide_by_at - timedelta(minutes=settings.dispatch_minutes)
    before = assignment.decision_clock or HandlingClock.start(DAY_AND_NIGHT, since)
    assignment.decision_clock, taken = _taken(before, Stretch(outage_from, outage_until), calendar)
    if not taken:
        return None
    assignment.decide_by_at += timedelta(seconds=taken)
    if assignment.escalate_at is not None:
        assignment.escalate_at += timedelta(seconds=taken)
    return DecisionTimeCredited(
        case_number=assignment.case_number,
        round=assignment.round,
        outage_from=outage_from,
        outage_until=outage_until,
        due_at=assignment.decide_by_at,
        credited_by=credited_by,
        credited_at=at,
    )


def credit_minutes(
    assignment: Assignment, *, outage_from: datetime, outage_until: datetime, calendar: WorkCalendar
) -> bool:
    """签收 and 回退期限: what a unit lost of its time for signing and for sending back; whether anything."""
    outage = Stretch(outage_from, outage_until)
    return any([_credit_signing(assignment, outage, calendar), _credit_return(assignment, outage, calendar)])


def credit_reply(
    order: SupervisionOrder,
    *,
    outage_from: datetime,
    outage_until: datetime,
    credited_by: str,
    at: datetime,
    calendar: WorkCalendar,
) -> ReplyTimeCredited | None:
    """督办回复: the time for it runs day and night; None when nothing of that was lost."""
    if order.state is not OrderState.OPEN:
        return None
    before = order.reply_clock or HandlingClock.start(DAY_AND_NIGHT, order.ordered_at)
    order.reply_clock, taken = _taken(before, Stretch(outage_from, outage_until), calendar)
    if not taken:
        return None
    order.reply_by_at += timedelta(seconds=taken)
    return ReplyTimeCredited(
        case_number=order.case_number,
        round=order.round,
        dispatch_number=order.dispatch_number,
        responsible_unit=order.responsible_unit,
        order_number=order.order_number,
        outage_from=outage_from,
        outage_until=outage_until,
        reply_by_at=order.reply_by_at,
        credited_by=credited_by,
        credited_at=at,
    )


def _credit_signing(assignment: Assignment, outage: Stretch, calendar: WorkCalendar) -> bool:
    if assignment.state is not AssignmentState.AWAITING_SIGNATURE or assignment.dispatched_at is None:
        return False
    # A task of before this clock was kept: its time for signing began with the dispatch.
    before = assignment.sign_clock or unit_clock(assignment, at=assignment.dispatched_at)
    assignment.sign_clock, taken = _taken(before, outage, calendar)
    if assignment.escalate_at is None or not taken:
        return False
    assignment.escalate_at = add(assignment.escalate_at, taken, before.limit.unit, calendar)
    return True


def _credit_return(assignment: Assignment, outage: Stretch, calendar: WorkCalendar) -> bool:
    ends_at, since = assignment.return_until_at, assignment.dispatched_at
    if assignment.state not in HELD_BY_UNIT or ends_at is None or since is None:
        return False
    before = assignment.return_clock or unit_clock(assignment, at=since)
    assignment.return_clock, taken = _taken(before, outage, calendar)
    if not taken:
        return False
    assignment.return_until_at = add(ends_at, taken, before.limit.unit, calendar)
    return True


def _taken(clock: HandlingClock, outage: Stretch, calendar: WorkCalendar) -> tuple[HandlingClock, float]:
    """The clock with an outage credited, and how many seconds of its kind of time that gave back."""
    credited = clock.credit(outage.begins_at, outage.ends_at, calendar)
    return credited, credited.credited_seconds - clock.credited_seconds
