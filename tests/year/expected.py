"""What the year must have come to, by the plans and the minute-by-minute oracle alone."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import handbook
from examples.city.bends import DISSATISFIED, MENDED_ON_THE_SPOT, NO_CASE, Bend
from examples.city.plans import RESTS_FOR, Plan
from tests.year.oracle import SHANGHAI, Oracle
from tests.year.plan import moments

COUNTED: dict[str, tuple[str, Set[Bend] | None]] = {
    "reported": ("report", None),
    "not_accepted": ("not_accept", None),
    "not_filed": ("decline", None),
    "linked": ("link", None),
    "self_handled": ("report", MENDED_ON_THE_SPOT),
    "self_handled_valid": ("judge", {Bend.SELF_HANDLED}),
    "self_handled_invalid": ("judge", {Bend.SELF_HANDLING_INVALID}),
    "filed": ("file", None),
    "voided": ("void", None),
    "force_closed": ("force-close", None),
    "merged": ("merge", None),
    "returned_to_intake": ("return_to_intake", None),
    "coordinated": ("decide.2", {Bend.COORDINATED}),
    "sent_back": ("send_back", None),
    "shirked": ("decide", {Bend.RETURN_REFUSED}),
    "extensions_asked": ("ask_extension", None),
    "extensions": ("grant-extension", None),
    "extensions_refused": ("refuse-extension", None),
    "suspensions": ("grant-suspension", None),
    "suspensions_refused": ("refuse-suspension", None),
    "appeals": ("appeal", None),
    "rework_times": ("verify.1", {Bend.REWORK}),
    "closed": ("close.1", None),
    "handling_again_asked": ("complain", DISSATISFIED),
    "reopened": ("reopen", None),
    "reopenings_declined": ("decline-reopening", None),
}
"""Count of the assessment → the step that is counted (one turn of it, or each), in these bends or in all."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """One turn of a unit's work: the clock's beginning, what it stood still for, and the feedback."""

    begun: datetime
    limits: int = 1
    """How many limits there are: one, and one for each extension."""
    paused: tuple[datetime, datetime] | None = None
    fed_back: datetime


def counts(plans: list[Plan], last: datetime) -> dict[str, int]:
    """How often each thing happened before ``last``."""
    taken = {name: _times_taken(plans, step, bends, last) for name, (step, bends) in COUNTED.items()}
    decided = [plan for plan in plans if any(moments(plan, "decide_appeal", last))]
    granted = sum(plan.appeal_is_granted for plan in decided)
    return {**taken, "appeals_granted": granted, "appeals_refused": len(decided) - granted}


def urged(plans: list[Plan], book: handbook.Handbook, oracle: Oracle, last: datetime) -> int:
    """催办: by hand, and by itself as often as nobody signed in time."""
    by_hand = sum(1 for plan in plans for _ in moments(plan, "urge", last))
    return by_hand + sum(len(calls(plan, book, oracle, last)) for plan in plans)


def calls(plan: Plan, book: handbook.Handbook, oracle: Oracle, last: datetime) -> list[str]:
    """逐级上报: who was called because a unit let a task lie unsigned, and after as long again nobody else.

    The system of a replay is woken at midnight, for what was due on that day.
    """
    standard = book.standards[plan.filing_standard]
    at_once = standard.urgency != "ordinary" or plan.bend is Bend.URGENT
    short = at_once or standard.limit_unit.is_continuous
    called: list[str] = []
    for begun, ended in _unsigned(plan, last):
        moment = begun
        for post in ("shift_supervisor", "leader"):
            moment = moment + HALF_AN_HOUR if short else oracle.due(moment, 2, "working_hour")
            if _night_after(moment) <= ended:
                called.append(post)
    return called


HALF_AN_HOUR = timedelta(minutes=30)
ENDS_THE_WAIT = frozenset({"sign", "send_back", "feedback", "void", "force-close", "merge"})


def _unsigned(plan: Plan, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From each moment at which a unit was to sign until it did, or did something else."""
    starts = [*moments(plan, "dispatch", last), *moments(plan, "decide_unit", last)]
    if plan.bend is Bend.RETURN_REFUSED:
        starts += moments(plan, "decide", last)
    ends = sorted(at for step, at in plan.times.items() if step.partition(".")[0] in ENDS_THE_WAIT)
    for begun in starts:
        yield begun, min([at for at in ends if at >= begun] + [last])


def _night_after(moment: datetime) -> datetime:
    local = moment.astimezone(SHANGHAI)
    return datetime.combine(local.date(), time(0), SHANGHAI) + timedelta(days=1)


def handled(plans: list[Plan], book: handbook.Handbook, oracle: Oracle, last: datetime) -> dict[str, int]:
    """应处置, 处置 and 按期处置: every round of a case must have been fed back, and in its time."""
    names = ("to_handle", "to_handle_extended", "to_handle_suspended", "handled", "handled_in_time")
    found = dict.fromkeys(names, 0)
    for plan in plans:
        if not to_handle(plan, last):
            continue
        found["to_handle"] += 1
        found["to_handle_extended"] += any(moments(plan, "grant-extension", last))
        rests = _rests(plan) if plan.bend is Bend.SUSPENDED else ()
        found["to_handle_suspended"] += any(begun < last <= end for begun, end in rests)
        rounds = list(_rounds(plan, last))
        if all(one.fed_back < last for one in rounds):
            found["handled"] += 1
            in_time = all(_in_time(plan, one, book, oracle) for one in rounds)
            excused = plan.appeal_is_granted and any(moments(plan, "decide_appeal", last))
            found["handled_in_time"] += in_time or excused
    return found


def to_handle(plan: Plan, last: datetime) -> bool:
    """Whether a unit has, or had, the case: dispatched, not given back with consent, not ended otherwise."""
    ends = (plan.times.get(end, last) for end in ("void", "force-close", "merge"))
    if plan.bend in NO_CASE or any(end < last for end in ends):
        return False
    sent = [*moments(plan, "dispatch", last), *moments(plan, "decide_unit", last)]
    given_back = [] if plan.bend is Bend.RETURN_REFUSED else list(moments(plan, "decide", last))
    return bool(sent) and max(sent) > max(given_back, default=sent[0] - timedelta(minutes=1))


def _rounds(plan: Plan, last: datetime) -> Iterator[Round]:
    """The rounds since the last dispatch that had begun before ``last``."""
    times, bend = plan.times, plan.bend
    sent = [*moments(plan, "dispatch", last), *moments(plan, "decide_unit", last)]
    # The same unit goes on with what was left; another one has its whole limit.
    begun = min(sent) if bend is Bend.SENT_BACK_SAME else max(sent)
    yield Round(
        begun=begun,
        limits=1 + sum(1 for _ in moments(plan, "grant-extension", last)),
        paused=next(_rests(plan), None),
        fed_back=times.get("feedback", last),
    )
    again = {Bend.REWORK: "verify", Bend.REOPENED: "reopen"}.get(bend)
    if again is not None and times[again] < last:
        yield Round(begun=times[again], fed_back=times["feedback.2"])


def _rests(plan: Plan) -> Iterator[tuple[datetime, datetime]]:
    """While a return is looked at, and while the case is suspended: until it is resumed, or the day named."""
    times = plan.times
    if plan.bend is Bend.SENT_BACK_SAME:
        yield times["send_back"], times["dispatch.2"]
    elif plan.bend is Bend.RETURN_REFUSED:
        yield times["send_back"], times["decide"]
    elif plan.bend is Bend.SUSPENDED:
        yield times["grant-suspension"], times.get("resume", times["ask_suspension"] + RESTS_FOR)


def _in_time(plan: Plan, one: Round, book: handbook.Handbook, oracle: Oracle) -> bool:
    standard = book.standards[plan.filing_standard]
    limit = standard.limit * one.limits
    return one.fed_back <= oracle.due(one.begun, limit, standard.limit_unit, paused=one.paused)


def _times_taken(plans: list[Plan], step: str, bends: Set[Bend] | None, last: datetime) -> int:
    name, _, turn = step.partition(".")
    only = name if turn == "1" else step
    return sum(
        plan.times.get(only, last) < last if turn else sum(1 for _ in moments(plan, name, last))
        for plan in plans
        if bends is None or plan.bend in bends
    )
