"""A sample day (示例日): reports of every channel on their way through all seven stages, for a first look.

Run by ``qianliyan run`` when an installation starts for the first time; most cases end, some stand still at
each stage, so that every desk has something to show.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import handbook
from examples.city.bends import Bend
from examples.city.doors import House, read_accounts
from examples.city.life import City
from examples.city.log import Log
from examples.city.plans import Plan, a_day
from examples.city.reporters import People
from examples.city.steps import Pace
from examples.city.units import Units

REPORTS = 60
SECONDS = 120
STANDING_STILL = (
    "propose",
    "confirm",
    "file",
    "dispatch",
    "sign",
    "feedback",
    "ask_verification",
    "verify",
    "close",
)


def held(plans: list[Plan]) -> dict[int, str]:
    """Which plans stand still, and before which step: each of the steps in turn."""
    originals = {plan.original for plan in plans}
    able = [
        plan for plan in plans if plan.bend in (Bend.PLAIN, Bend.CONFIRMED) and plan.index not in originals
    ]
    chosen: dict[int, str] = {}
    for number, step in enumerate(STANDING_STILL * 2):
        fitting = [
            plan
            for plan in able
            if plan.index not in chosen and (step != "confirm" or plan.bend is Bend.CONFIRMED)
        ]
        if fitting:
            chosen[fitting[(number * 7) % len(fitting)].index] = step
    return chosen


def main() -> int:
    """Play the day against the house at FRONT_DOOR_URL."""
    state = Path(os.environ["STATE_DIR"])
    plans = a_day(handbook.load(), seed=615, reports=REPORTS, each_bend=1)
    log = Log(plans)
    pace = Pace(log, held=held(plans))
    address = os.environ["FRONT_DOOR_URL"]
    amqp_port = urlsplit(os.environ["UNITS_AMQP"]).port or 5672

    def password(code: str) -> str:
        return (state / "units" / f"{code}.password").read_text().strip()

    units = Units(amqp_port, password, address, log, pace)
    people = People(House(address), read_accounts(state / "example-logins.csv"))

    def played() -> bool:
        return all(
            story.ended for story in log.stories.values() if story.plan.index not in pace.held
        ) and all(_before(log.stories[index].done, step) for index, step in pace.held.items())

    with City(people, units, log, pace) as city:
        done = city.wait_until(played, SECONDS)
    print(f"sample day: {log.counts()}")
    return 0 if done else 1


def _before(done: dict[str, int], step: str) -> bool:
    """Whether a plan that stands still has come as far as it will."""
    order = [
        "report",
        "propose",
        "file",
        "dispatch",
        "sign",
        "feedback",
        "ask_verification",
        "verify",
        "close",
    ]
    earlier = "ask_confirmation" if step == "confirm" else order[max(order.index(step) - 1, 0)]
    return done[earlier] > 0


if __name__ == "__main__":
    sys.exit(main())
