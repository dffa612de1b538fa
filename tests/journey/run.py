"""Plays a day of the example city against a running system and compares every figure."""

import time
from dataclasses import dataclass, field
from typing import Any

import handbook
from examples.city.duty import HandedOver, Place, come_on_duty, hand_over
from examples.city.life import City
from examples.city.log import Log
from examples.city.plans import Plan, a_day
from examples.city.reporters import People
from examples.city.steps import Pace
from examples.city.units import Units
from tests.journey.comparison import Comparison
from tests.stack import Stack

SETTLE_SECONDS = 60
ON_DUTY = 8
"""Collectors who come on duty for a journey: fewer than there are grids, so that they walk far."""


@dataclass
class Journey:
    """A day under way; the test may disturb the system between :meth:`play`'s beginning and its end."""

    stack: Stack
    plans: list[Plan]
    standing: dict[str, Place] = field(default_factory=dict)
    """Where each collector stands who came on duty."""
    handed_over: list[HandedOver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = Log(self.plans)
        self.people = People(self.stack.house(), self.stack.accounts())

    def city(self) -> City:
        """The people and units of this day."""
        pace = Pace(self.log)
        units = Units(self.stack.amqp_port, self.stack.unit_password, self.stack.address, self.log, pace)
        return City(self.people, units, self.log, pace)

    def morning(self) -> None:
        """上岗: eight collectors come on duty where the first eight problems of other streets will be."""
        places = dict.fromkeys((plan.lon, plan.lat) for plan in self.plans)
        self.standing = come_on_duty(self.people, list(places)[:ON_DUTY])

    def change_of_shift(self) -> None:
        """交接班, in the middle of the day."""
        self.handed_over = hand_over(self.people)

    def half_ended(self) -> bool:
        """Whether every second report is at its end."""
        return 2 * self.log.ended >= len(self.plans)

    def ended(self) -> bool:
        """Whether every report is answered or counted unreachable."""
        return self.log.all_ended

    def differences(self) -> list[str]:
        """Compare until all is right, or it has had its time to settle."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            comparison = Comparison(
                self.log, self.people, standing=self.standing, handed_over=self.handed_over
            )
            found = comparison.run(self.stack.queues())
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.5)

    def unended(self) -> list[str]:
        """What is still open, for a message."""
        return [
            f"{story.plan.index} {story.plan.source} {story.plan.bend} "
            f"{story.report_number} {story.case_number} "
            f"outcome={story.outcome} answer={story.answer} steps={[step for step, _ in story.steps]}"
            for story in self.log.stories.values()
            if not story.ended
        ]


def play(
    stack: Stack, *, reports: int, seed: int, each_bend: int = 5, seconds: float = 600
) -> dict[str, Any]:
    """Play a whole day undisturbed; answers its figures, with the differences found."""
    journey = Journey(stack, a_day(handbook.load(), seed=seed, reports=reports, each_bend=each_bend))
    begun = time.monotonic()
    journey.morning()
    with journey.city() as city:
        if city.wait_until(journey.half_ended, seconds):
            journey.change_of_shift()
        if not city.wait_until(journey.ended, seconds):
            return {"differences": ["not ended in time:", *journey.unended()]}
    took = time.monotonic() - begun
    differences = journey.differences()
    counts = journey.log.counts()
    names = (
        "reports",
        "cases",
        "closed",
        "answered",
        "unreachable",
        "rework",
        "sent_back",
        "merged",
        "reopened",
        "reopenings_declined",
        "self_handled",
        "coordinated",
        "urgency_raised",
        "extended_twice",
        "extensions_refused",
        "suspensions_refused",
        "urged",
    )
    return {
        **{name: counts[name] for name in names},
        "on_duty": len(journey.standing),
        "visits": sum(len(story.visitors) for story in journey.log.stories.values()),
        "posts_handed_over": len(journey.handed_over),
        "parked": 0,
        "seconds": round(took, 1),
        "differences": differences,
    }
