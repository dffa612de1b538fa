"""Reports and cases for the shift supervisor's desk, made through the doors as the others make them."""

import json
from collections.abc import Callable
from time import monotonic
from typing import Any

from examples.city.doors import Person
from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import Visit

UNIT = "u24"


UPLOADED: dict[str, bytes] = {}
"""The photos by name: a lazy unit hands one in again."""


def handed_in(person: Person) -> str:
    """A new photo, uploaded by this person; its name."""
    content, sha256 = photo(kit.own_words("scene"), width=640, height=480)
    person.put_photo(content, sha256)
    UPLOADED[sha256] = content
    return sha256


def reported(people: People, words: str, *, photos: list[str] | None = None) -> str:
    """A problem that the video seat saw; the report's number."""
    seat = people.seats.next()
    report = seat.post(
        "/api/intake/reports",
        {
            "description": words,
            "address": f"{words}路口",
            "position": kit.PLACE,
            "photos": photos or [handed_in(seat)],
            "subcategory": kit.ROAD,
        },
    )
    return str(report["report_number"])


def proposed(people: People, words: str) -> str:
    """The same, proposed for filing."""
    number = reported(people, words)
    operator = people.operators.next()
    operator.post(
        f"/api/intake/reports/{number}/propose-filing",
        {"subcategory": kit.ROAD, "filing_standard": kit.ROAD_BROKEN},
    )
    return number


def self_handled(people: People, words: str) -> str:
    """What a collector mended on the spot; the report's number."""
    collector = people.collectors[0]
    report = collector.post(
        "/api/intake/reports",
        {
            "description": words,
            "address": f"{words}路口",
            "position": kit.PLACE,
            "photos": [handed_in(collector)],
            "after_photos": [handed_in(collector)],
            "self_handled": True,
            "subcategory": kit.ROAD,
        },
    )
    return str(report["report_number"])


def verified(people: People, visit: Visit, words: str, *, stale: bool = False) -> str:
    """A case handled and verified; its number. ``stale``: the unit fed back the report's own photo."""
    report = proposed(people, words)
    number = str(people.supervisors.next().post(f"/api/intake/reports/{report}/file", {})["case_number"])
    handled(people, visit, number, stale=stale)
    return number


def closed(people: People, visit: Visit, report: str) -> str:
    """A citizen's report that was confirmed, filed, handled, verified and closed; the case's number."""
    operator = people.operators.next()
    asked = operator.post(f"/api/intake/reports/{report}/ask-confirmation", {})
    answered(people, asked, "confirmed")
    operator.post(
        f"/api/intake/reports/{report}/propose-filing",
        {"subcategory": kit.ROAD, "filing_standard": kit.ROAD_BROKEN},
    )
    number = str(people.supervisors.next().post(f"/api/intake/reports/{report}/file", {})["case_number"])
    handled(people, visit, number)
    found = case_in(people, number, "awaiting_closing")
    seen = {"flags_seen": [flag["id"] for flag in found["evidence_flags"]]}
    people.supervisors.next().post(f"/api/intake/cases/{number}/close", seen)
    return number


def answered(people: People, asked: dict[str, Any], outcome: str) -> None:
    """The collector who was sent has looked."""
    collector = people.collector(asked["collector"])
    finding = {
        "outcome": outcome,
        "words": "现场查看",
        "photos": [handed_in(collector)],
        "position": kit.PLACE,
    }
    collector.post(f"/api/intake/tasks/{asked['task_id']}/answer", finding)


def handled(people: People, visit: Visit, number: str, *, stale: bool = False) -> None:
    """Dispatched, fed back and verified: the case awaits closing, and its photos have been examined."""
    kit.assignment(people, number, "awaiting_dispatch")
    people.dispatchers.next().post(
        f"/api/dispatch/assignments/{number}/dispatch", {"responsible_unit": UNIT, "reason": "按职责派遣"}
    )
    unit = Person(people.house, visit.account(UNIT))
    unit.post(f"/api/dispatch/assignments/{number}/sign", {})
    old = people.supervisors.next().get(f"/api/intake/cases/{number}")["photos"][0]
    token = unit.get(f"/api/dispatch/assignments/{number}/upload-token")["upload_token"]
    content, sha256 = photo(kit.own_words("mended"), width=640, height=480)
    if stale:
        content, sha256 = UPLOADED[old], old
    answer = people.house.call(
        "PUT",
        f"/api/intake/attachments/{sha256}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"},
        body=content,
    )
    receipt = json.loads(answer.data)["receipt"]
    unit.post(f"/api/dispatch/assignments/{number}/feedback", {"text": "已修复路面", "receipts": [receipt]})
    case_in(people, number, "awaiting_verification")
    operator = people.operators.next()
    asked = operator.post(f"/api/intake/cases/{number}/ask-verification", {})
    answered(people, asked, "gone")
    case_in(people, number, "awaiting_closing")
    examined(people, number, stale=stale)


def case_in(people: People, number: str, state: str) -> dict[str, Any]:
    """The case, as soon as it is in this state."""
    return _until(people, number, lambda one: one["state"] == state, state)


def examined(people: People, number: str, *, stale: bool) -> dict[str, Any]:
    """The case, as soon as its photos have been examined."""

    def ready(one: dict[str, Any]) -> bool:
        doubts = [flag["doubt"] for flag in one["evidence_flags"]]
        return "not_examined" not in doubts and (not stale or "used_before" in doubts)

    return _until(people, number, ready, "examined")


def _until(people: People, number: str, ready: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
    supervisor = people.supervisors.next()
    until = monotonic() + 180
    while True:
        found: dict[str, Any] = supervisor.get(f"/api/intake/cases/{number}")
        if ready(found):
            return found
        assert monotonic() < until, f"{number} is not {what}: {found['state']}"
