"""The article's first eleven months as plans: 14,813 cases, each step at its own moment.

Handling times are drawn; what would be fed back after 31 May 24:00 stays open. Nothing is counted beforehand.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from case_contracts.codes import Source
from examples.city.plans import Bend, Plan, Planner
from handbook import Handbook
from handbook.working_time import due_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGIN = date(2019, 7, 1)
END = date(2020, 6, 1)
"""Exclusive: 31 May 24:00."""
CASES = 14_813
SEED = 20190721

BENDS = {
    Bend.PLAIN: 930,
    Bend.REWORK: 20,
    Bend.SENT_BACK_SAME: 5,
    Bend.SENT_BACK_OTHER: 20,
    Bend.RETURN_REFUSED: 10,
    Bend.RETURNED: 15,
}
LONG_HANDLING_SHARE = 0.0385
"""Share of cases that wait for a season, an owner or a building site: their handling lasts months."""


def year(
    handbook: Handbook, *, cases: int = CASES, begin: date = BEGIN, end: date = END, seed: int = SEED
) -> list[Plan]:
    """All plans of the period, in the order of their reports."""
    planner = Planner(handbook, seed)
    chance = random.Random(seed + 1)
    days = [begin + timedelta(days=n) for n in range((end - begin).days)]
    plans: list[Plan] = []

    def add(bend: Bend, original: Plan | None = None) -> None:
        source = planner.source()
        if bend in (Bend.RETURNED, Bend.NOT_FILED) and source.needs_confirmation:
            source = Source.COLLECTOR
        if bend is Bend.DENIED:
            source = Source.WECHAT
        plan = planner.plan(len(plans), source=source, bend=bend, original=original)
        begun = (
            original.times["file"] + timedelta(minutes=chance.uniform(5, 600))
            if original
            else _moment(chance, days)
        )
        plans.append(replace(plan, times=_times(plan, begun, handbook, chance, original)))

    for _ in range(cases):
        add(chance.choices(list(BENDS), list(BENDS.values()))[0])
    filed = list(plans)
    for share, bend in ((0.020, Bend.NOT_ACCEPTED), (0.010, Bend.NOT_FILED), (0.010, Bend.DENIED)):
        for _ in range(round(cases * share)):
            add(bend)
    for _ in range(round(cases * 0.015)):
        add(Bend.DUPLICATE, chance.choice(filed))
    return plans


def steps_before(plans: list[Plan], until: datetime) -> int:
    """How many steps of all plans lie before a moment."""
    return sum(1 for plan in plans for moment in plan.times.values() if moment < until)


def _moment(chance: random.Random, days: list[date]) -> datetime:
    """A moment of a report: most between 7:30 and 18:30, some at night."""
    hour = chance.uniform(7.5, 18.5) if chance.random() < 0.93 else chance.uniform(0, 24)
    noon = datetime.combine(chance.choice(days), time(0), SHANGHAI)
    return (noon + timedelta(hours=hour)).replace(second=0, microsecond=0)


def _times(
    plan: Plan, begun: datetime, handbook: Handbook, chance: random.Random, original: Plan | None
) -> dict[str, datetime]:
    times = {"report": begun}
    now = begun

    def later(step: str, low: float, high: float) -> None:
        nonlocal now
        now += timedelta(minutes=round(chance.uniform(low, high)))
        times[step] = now

    if plan.bend is Bend.DUPLICATE:
        later("link", 2, 10)
        if original is not None and "close" in original.times:
            now = max(now, original.times["close"])
            later("answer", 5, 90)
        return times
    if plan.source.needs_confirmation and plan.bend is not Bend.NOT_ACCEPTED:
        later("ask_confirmation", 2, 8)
        later("confirm", 5, 25)
    if plan.bend in (Bend.NOT_ACCEPTED, Bend.DENIED):
        later("not_accept", 2, 10)
        later("answer", 5, 90)
        return times
    later("propose", 2, 6)
    if plan.bend is Bend.NOT_FILED:
        later("decline", 1, 6)
        later("answer", 5, 90)
        return times
    if plan.bend is Bend.RETURNED:
        later("return", 1, 4)
        later("propose.2", 2, 6)
    later("file", 1, 5)
    later("dispatch", 1, 12)
    _until_handled(plan, times, later)
    for turn in ("", ".2") if plan.bend is Bend.REWORK else ("",):
        now = now + _handling(plan, now, handbook, chance)
        times[f"feedback{turn}"] = now
        later(f"ask_verification{turn}", 2, 15)
        later(f"verify{turn}", 5, 28)
    later("close", 2, 50)
    later("answer", 5, 90)
    return times


def _until_handled(
    plan: Plan, times: dict[str, datetime], later: Callable[[str, float, float], None]
) -> None:
    """The steps between the dispatch and the work."""
    if plan.bend is Bend.SENT_BACK_SAME:
        later("sign", 1, 10)
    if plan.bend in (Bend.SENT_BACK_SAME, Bend.SENT_BACK_OTHER, Bend.RETURN_REFUSED):
        later("send_back", 1, 12)
        later("decide", 1, 12)
    if plan.bend in (Bend.SENT_BACK_SAME, Bend.SENT_BACK_OTHER):
        later("dispatch.2", 1, 12)
    later("sign.2" if plan.bend is Bend.SENT_BACK_SAME else "sign", 2, 30)


def _handling(plan: Plan, begun: datetime, handbook: Handbook, chance: random.Random) -> timedelta:
    """How long the work takes: a share of the time there is, rarely more, in a few cases months."""
    if chance.random() < LONG_HANDLING_SHARE:
        return timedelta(minutes=round(60 * 24 * chance.uniform(30, 300)))
    limit = handbook.standards[plan.filing_standard].time_limit
    allowed = due_at(begun, limit, handbook.calendar) - begun
    return timedelta(minutes=max(round(allowed.total_seconds() / 60 * chance.lognormvariate(-0.9, 0.45)), 10))
