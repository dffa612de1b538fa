"""The article's first eleven months as plans: 14,813 cases to be handled, each step at its own moment.

Handling times are drawn; what would be fed back after 31 May 24:00 stays open. Nothing is counted beforehand.
Beside the cases to be handled there are cases that end otherwise (voided, merged, closed by force), and
reports without a case.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from case_contracts.codes import Source
from examples.city.bends import DISSATISFIED, MENDED_ON_THE_SPOT, Bend
from examples.city.plans import Plan, Planner, may_be_original
from handbook import Handbook
from tests.year.timeline import SHANGHAI, Timeline, times_of

BEGIN = date(2019, 7, 1)
END = date(2020, 6, 1)
"""Exclusive: 31 May 24:00."""
CASES = 14_813
SEED = 20190721

BENDS = {
    # Out of what would be plain, and first: so no other case's bend depends on them.
    Bend.EXTENDED_TWICE: 4,
    Bend.EXTENSION_REFUSED: 4,
    Bend.SUSPENSION_REFUSED: 4,
    Bend.URGED: 4,
    Bend.UNSIGNED: 4,
    Bend.PLAIN: 864,
    Bend.REWORK: 20,
    Bend.SENT_BACK_SAME: 5,
    Bend.SENT_BACK_OTHER: 20,
    Bend.RETURN_REFUSED: 10,
    Bend.RETURNED: 15,
    Bend.EXTENDED: 12,
    Bend.SUSPENDED: 6,
    Bend.SUPERVISED: 6,
    Bend.URGENT: 6,
    Bend.FILED_ANEW: 4,
    Bend.RAISED: 3,
    Bend.REOPENED: 3,
    Bend.REOPENING_DECLINED: 3,
    Bend.COORDINATED: 2,
    Bend.SELF_HANDLING_INVALID: 1,
}
"""Of a thousand cases to be handled."""

BESIDES = {
    Bend.NOT_ACCEPTED: 0.020,
    Bend.NOT_FILED: 0.010,
    Bend.DENIED: 0.010,
    Bend.SELF_HANDLED: 0.015,
    Bend.VOIDED: 0.005,
    Bend.FORCE_CLOSED: 0.002,
    Bend.DUPLICATE: 0.015,
    Bend.MERGED: 0.004,
}
"""What comes on top, as shares of the cases to be handled."""

CITIZENS = {Source.HOTLINE: 12, Source.WECHAT: 8, Source.OPEN311: 3, Source.TRANSFERRED_12345: 2}
"""Who says that they are dissatisfied, by their channels' shares."""
LONG_ENOUGH = timedelta(hours=12)
"""A case that is open so long may have another merged into it."""


def year(
    handbook: Handbook, *, cases: int = CASES, begin: date = BEGIN, end: date = END, seed: int = SEED
) -> list[Plan]:
    """All plans of the period, in the order of their reports."""
    planner = Planner(handbook, seed)
    chance = random.Random(seed + 1)
    days = [begin + timedelta(days=n) for n in range((end - begin).days)]
    plans: list[Plan] = []

    def add(bend: Bend, original: Plan | None = None) -> None:
        source = _source(bend, planner, chance)
        plan = planner.plan(len(plans), source=source, bend=bend, original=original)
        begun = _soon_after(original, chance) if original else _moment(chance, days)
        line = Timeline(plan, begun, handbook, chance)
        plans.append(replace(plan, times=times_of(line, original)))

    for _ in range(cases):
        add(chance.choices(list(BENDS), list(BENDS.values()))[0])
    filed = [plan for plan in plans if may_be_original(plan)]
    lasting = [plan for plan in filed if plan.times["close"] > plan.times["file"] + LONG_ENOUGH]
    originals = {Bend.DUPLICATE: filed, Bend.MERGED: lasting}
    for bend, share in BESIDES.items():
        for _ in range(round(cases * share)):
            add(bend, chance.choice(originals[bend]) if bend in originals else None)
    return plans


def steps_before(plans: list[Plan], until: datetime) -> int:
    """How many steps of all plans lie before a moment."""
    return sum(1 for plan in plans for moment in plan.times.values() if moment < until)


def moments(plan: Plan, step: str, last: datetime) -> Iterator[datetime]:
    """Each moment before ``last`` at which the step is taken."""
    return (at for name, at in plan.times.items() if name.partition(".")[0] == step and at < last)


def _source(bend: Bend, planner: Planner, chance: random.Random) -> Source:
    source = planner.source()
    if bend in DISSATISFIED:
        return chance.choices(list(CITIZENS), list(CITIZENS.values()))[0]
    if bend is Bend.DENIED:
        return Source.WECHAT
    no_citizen = bend in (Bend.RETURNED, Bend.NOT_FILED, Bend.MERGED) and source.needs_confirmation
    return Source.COLLECTOR if no_citizen or bend in MENDED_ON_THE_SPOT else source


def _moment(chance: random.Random, days: list[date]) -> datetime:
    """A moment of a report: most between 7:30 and 18:30, some at night."""
    hour = chance.uniform(7.5, 18.5) if chance.random() < 0.93 else chance.uniform(0, 24)
    noon = datetime.combine(chance.choice(days), time(0), SHANGHAI)
    return (noon + timedelta(hours=hour)).replace(second=0, microsecond=0)


def _soon_after(original: Plan, chance: random.Random) -> datetime:
    """When somebody else tells of the same problem; what is merged was told of before anybody noticed."""
    return original.times["file"] + timedelta(minutes=chance.uniform(5, 600))
