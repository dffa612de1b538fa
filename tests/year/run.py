"""Plays historical months through the public doors, day by day, and examines them with the oracle."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import handbook
from bench.visiting import LeanHouse
from case_contracts.readers import SERVICES
from examples.city.bends import Bend
from examples.city.life import City
from examples.city.log import Log, Story
from examples.city.photos import PlainCamera
from examples.city.plans import Plan
from examples.city.reporters import People
from examples.city.steps import Pace
from examples.city.units import Units
from tests.stack import Stack
from tests.year import expected
from tests.year.oracle import Oracle
from tests.year.plan import steps_before, year

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_SECONDS = 180
"""A simulated day that takes longer than this is stuck."""
SETTLE_SECONDS = 120
"""The ledger has so long to take the last facts in."""


def play(
    stack: Stack,
    *,
    cases: int,
    begin: date,
    end: date,
    seed: int,
    hands: int = 4,
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Play [begin, end) and answer the figures, with every count of the assessment and the differences found.

    ``hands`` is how many things the desks do at the same time: with fewer all goes slower, and nothing else
    may change. ``told`` hears of every month.
    """
    book = handbook.load()
    plans = year(book, cases=cases, begin=begin, end=end, seed=seed)
    log = Log(plans)
    pace = Pace(log, replay=True)
    people = People(LeanHouse(stack.address, patience=120), stack.accounts())
    camera = PlainCamera()
    units = Units(stack.amqp_port, stack.unit_password, stack.address, log, pace, camera)
    begun = time.monotonic()
    with City(
        people, units, log, pace, reporters=min(hands, 2), hands=hands, idle=0.05, camera=camera
    ) as city:
        for offset in range((end - begin).days):
            day = begin + timedelta(days=offset)
            _play_day(city, people, plans, midnight(day + timedelta(days=1)))
            if (day + timedelta(days=1)).day == 1:
                told(f"{day:%Y-%m}: {log.steps_done} steps, {time.monotonic() - begun:.0f} s")
    took = time.monotonic() - begun
    last = midnight(end)
    differences = _all_counted(stack, people) + _differences(log, people, plans, last)
    figures = _figures(people, begin, end)
    problems, disposed = figures["counts"]["to_handle"], figures["counts"]["handled"]
    differences += _figures_differ(plans, book, last, figures["counts"])
    differences += _calls_differ(log, people, book, last)
    return {
        "problems": problems,
        "disposed": disposed,
        "disposal_rate": round(disposed / problems, 4),
        "on_time_rate": round(figures["counts"]["handled_in_time"] / problems, 4),
        "seconds": round(took, 1),
        "per_second": round(problems / took, 1),
        "counts": figures["counts"],
        "differences": differences,
    }


def midnight(day: date) -> datetime:
    """The beginning of a day in the county."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _play_day(city: City, people: People, plans: list[Plan], night: datetime) -> None:
    """Everything before midnight is done, in causal order; then the wake-ups that are due fire in theirs."""
    expected = steps_before(plans, night)
    city.pace.until = night
    if not city.wait_until(lambda: city.log.steps_done >= expected, DAY_SECONDS):
        raise AssertionError(
            f"{night:%Y-%m-%d}: {city.log.steps_done} of {expected} steps: {_stuck(city.log, night)}"
        )
    operations = people.operations.next()
    for service in SERVICES:
        operations.post(f"/api/{service}/replay/wake", {"to": night.isoformat()}, at=night)


def _stuck(log: Log, night: datetime) -> list[str]:
    waiting = {
        story.plan.index: [
            step for step, moment in story.plan.times.items() if moment < night and not _taken(story, step)
        ]
        for story in log.stories.values()
    }
    return [
        f"{log.stories[index].plan.source} {log.stories[index].plan.bend} "
        f"{log.stories[index].report_number} {log.stories[index].case_number} waits for {steps}"
        for index, steps in waiting.items()
        if steps
    ][:20]


def _taken(story: Story, step: str) -> bool:
    name, _, turn = step.partition(".")
    return story.done[name] >= int(turn or 1)


def _figures(people: People, begin: date, end: date) -> dict[str, Any]:
    asked = {"from": midnight(begin).isoformat(), "to": midnight(end).isoformat()}
    return dict(people.assessors.next().get("/api/assessment/figures", **asked))


def _all_counted(stack: Stack, people: People) -> list[str]:
    """Wait until every fact told is in the ledger, those of the last night's wake-ups too."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        told, known = stack.facts_told(), people.assessors.next().get("/api/assessment/totals")["facts"]
        if told == known:
            return []
        if time.monotonic() > deadline:
            return [f"facts: told {told}, in the ledger {known}"]
        time.sleep(0.2)


def _differences(log: Log, people: People, plans: list[Plan], last: datetime) -> list[str]:
    """The script's own sums against the system's."""
    happened = expected.counts(plans, last)
    ours = {
        "reports": happened["reported"],
        "cases": happened["filed"],
        "answered": sum(1 for story in log.stories.values() if story.answer == "answered"),
        **{name: happened[name] for name in ("closed", "sent_back", "voided", "force_closed", "merged")},
        "reopened": happened["reopened"],
        "rework": happened["rework_times"],
        "self_handled": happened["self_handled"],
    }
    totals = people.assessors.next().get("/api/assessment/totals")
    return [
        f"{name}: ours {count}, the system's {totals[name]}"
        for name, count in ours.items()
        if totals[name] != count
    ]


def _calls_differ(log: Log, people: People, book: handbook.Handbook, last: datetime) -> list[str]:
    """逐级上报 of every task that its unit let lie: the shift supervisor is called, and then the leader."""
    oracle = Oracle(Path(handbook.__file__).parent / "data" / "calendar.csv")
    differences = []
    for story in log.stories.values():
        if story.plan.bend is Bend.UNSIGNED and story.case_number:
            ours = expected.calls(story.plan, book, oracle, last)
            facts = people.assessors.next().get(f"/api/assessment/ledger/{story.case_number}")["facts"]
            theirs = [
                fact["data"]["to"]
                for fact in facts
                if fact["type"] == "assignment_escalated" and "签收" in fact["data"]["reason"]
            ]
            if ours != theirs:
                differences.append(f"called for {story.case_number}: ours {ours}, the system's {theirs}")
    return differences


def _figures_differ(
    plans: list[Plan], book: handbook.Handbook, last: datetime, theirs: dict[str, int]
) -> list[str]:
    """Every count of the assessment that the plans or the oracle can say."""
    oracle = Oracle(Path(handbook.__file__).parent / "data" / "calendar.csv")
    ours = expected.counts(plans, last) | expected.handled(plans, book, oracle, last)
    ours["urged"] = expected.urged(plans, book, oracle, last)
    return [
        f"{name}: by the oracle {count}, the system's {theirs[name]}"
        for name, count in ours.items()
        if theirs[name] != count
    ]
