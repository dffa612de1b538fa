"""Duty (上岗, 交接班): who of the collectors is on duty and where, and how a post is handed over."""

from dataclasses import dataclass

from examples.city.doors import Person
from examples.city.reporters import People, Turns

Place = tuple[float, float]
"""Longitude and latitude."""
WORDS = "无紧急事项，待办见列表"


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """交接班 as the two who did it remember it."""

    post: str
    handed_over_by: str
    taken_over_by: str


def come_on_duty(people: People, places: list[Place]) -> dict[str, Place]:
    """上岗: as many collectors as there are places, of different grids; where each stands, by person_id."""
    step = len(people.collectors) // len(places)
    standing: dict[str, Place] = {}
    for person, (lon, lat) in zip(people.collectors[::step], places, strict=False):
        person.post("/api/intake/duty/on", {})
        person.post("/api/intake/duty/position", {"lon": lon, "lat": lat, "datum": "wgs84"})
        standing[person.person_id] = lon, lat
    return standing


def hand_over(people: People) -> list[HandedOver]:
    """交接班: at each post that two people share the first hands over to the second."""
    posts = {
        "hotline_agent": people.agents,
        "intake_operator": people.operators,
        "dispatcher": people.dispatchers,
    }
    return [_hand_over(post, *_two_of(turns)) for post, turns in posts.items()]


def _two_of(turns: Turns) -> tuple[Person, Person]:
    first, second = turns.people[:2]
    for person in (first, second):
        person.get("/api/console/me")
    return first, second


def _hand_over(post: str, leaving: Person, coming: Person) -> HandedOver:
    words = {"post": post, "taken_over_by": coming.person_id, "words": WORDS}
    leaving.post("/api/intake/hand-overs", words)
    return HandedOver(post=post, handed_over_by=leaving.person_id, taken_over_by=coming.person_id)
