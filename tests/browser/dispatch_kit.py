"""Cases for the dispatcher's and the units' desks, made through the doors as people make them."""

from itertools import count
from time import monotonic, time_ns
from typing import Any

from examples.city.doors import Person, Refused
from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser.browser_kit import Visit

_COUNTED = count(time_ns())
PLACE = {"lon": 114.36, "lat": 35.92, "datum": "wgs84"}
ROAD, ROAD_BROKEN = "I0113", "I0113-1"
"""道路破损: five working days, so that no clock runs into a year without a calendar."""


def phoned_in(people: People, words: str, caller_number: str = "", **place: float) -> str:
    """A caller's report, as soon as intake has heard of it; its number. ``lon`` and ``lat`` say where."""
    call = {
        "caller_number": caller_number or f"138{time_ns() // 1000 % 10**8:08d}",
        "caller_name": "王示例",
        "words": words,
        "address": f"{words}路口",
        "position": PLACE | place,
    }
    number = str(people.agents.next().post("/api/hotline/calls", call)["report_number"])
    until = monotonic() + 60
    while True:
        try:
            people.operators.next().get(f"/api/intake/reports/{number}")
            return number
        except Refused as refused:
            if refused.status != 404:
                raise
            assert monotonic() < until, f"intake does not hear of {number}"


def own_words(what: str) -> str:
    """Words that no other case has."""
    return f"{what}（示例{next(_COUNTED) % 10**7:07d}）"


def filed(people: People, words: str, *, photos: int = 1, standard: str = ROAD_BROKEN) -> str:
    """A problem that a camera saw, filed; the case's number. It awaits dispatch."""
    kind = standard.split("-")[0]
    seat = people.seats.next()
    names = []
    for _ in range(photos):
        content, sha256 = photo(own_words("scene"), width=640, height=480)
        seat.put_photo(content, sha256)
        names.append(sha256)
    report = seat.post(
        "/api/intake/reports",
        {"description": words, "address": words, "position": PLACE, "photos": names, "subcategory": kind},
    )
    path = f"/api/intake/reports/{report['report_number']}"
    operator = people.operators.next()
    operator.post(f"{path}/propose-filing", {"subcategory": kind, "filing_standard": standard})
    number: str = people.supervisors.next().post(f"{path}/file", {})["case_number"]
    assignment(people, number)
    return number


def assignment(people: People, number: str, state: str | None = None) -> dict[str, Any]:
    """The assignment, as soon as dispatch has heard of the case, or has it in this state."""
    dispatcher = people.dispatchers.next()
    until = monotonic() + 60
    while True:
        try:
            found: dict[str, Any] = dispatcher.get(f"/api/dispatch/assignments/{number}")
            if state in (None, found["state"]):
                return found
        except Refused as refused:
            if refused.status != 404:
                raise
        assert monotonic() < until, f"{number} does not come to {state}"


def counted(people: People, number: str) -> None:
    """Wait until the assessment has heard that the case was filed."""
    assessor = people.assessors.next()
    until = monotonic() + 60
    while True:
        lines = assessor.get("/api/assessment/figures/filed/cases", limit=1000)["lines"]
        if number in [line["case_number"] for line in lines]:
            return
        assert monotonic() < until, f"{number} is not counted"


def dispatched(people: People, words: str, unit: str, **more: Any) -> str:
    """The same, given to a unit."""
    number = filed(people, words)
    people.dispatchers.next().post(
        f"/api/dispatch/assignments/{number}/dispatch", {"responsible_unit": unit, **more}
    )
    return number


def of_unit(people: People, visit: Visit, unit: str) -> Person:
    """Somebody who works for a unit."""
    return Person(people.agents.next().house, visit.account(unit))
