"""What stands beside a row (检索列): by what it is found, counted, and told to people."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from console.grams import gram_of_unit, grams_of_number, grams_of_text, plain
from console.holders import concerned, holders
from console.matters import handling_due_at, matters
from console.story import Story
from handbook.values import village_of

EDITION = 3
"""Rows made by an older edition of this module are made anew; count on when it says something new."""
PLACES = 1 << 20
"""How many places there are for reports of one second."""

_SERIAL = re.compile(r"[0-9]{1,5}\Z")
_NUMBERS = ("report_number", "case_number")
_TEXTS = ("place", "description", "grid", "category", "subcategory", "unit_name")


def columns(story: Story, body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row but for its key and its place among the changes."""
    cell = story.described("unit_grid_code")
    return {
        "report_number": story.report_number,
        "case_number": story.case_number,
        "state": story.state.value,
        "edition": EDITION,
        "place": place(story),
        "responsible_unit": story.standing.responsible_unit,
        "grid": story.described("responsibility_grid"),
        "cell": cell,
        "community": village_of(cell) if cell else None,
        "category": body["category"],
        "subcategory": story.described("subcategory"),
        "source": story.described("source"),
        "urgency": story.marks.urgency,
        "handling_due_at": handling_due_at(story),
        "matters": matters(story),
        "holders": holders(story),
        "concerned": concerned(story),
        "body": body,
    }


def searched(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of a row's body its words are made of."""
    return tuple(body.get(name) for name in (*_NUMBERS, *_TEXTS, "responsible_unit"))


def words(body: Mapping[str, Any]) -> tuple[str, list[int]]:
    """The text in which words are looked for, and its grams, with that of its unit."""
    numbers = [plain(body[name]) for name in _NUMBERS if body[name]]
    text = plain(" ".join(body[name] for name in _TEXTS if body[name]))
    grams = grams_of_text(text).union(*map(grams_of_number, numbers))
    if unit := body["responsible_unit"]:
        grams.add(gram_of_unit(unit))
    return f"{text} {' '.join(numbers)}", sorted(grams)


def place(story: Story) -> int:
    """Its place in the order of arrival: seconds, within a second by its serial number, then by its key."""
    received = story.latest("received_at", "report_received")
    at = datetime.fromisoformat(received) if received else story.flow[0].time
    key = str(story.report_number or story.case_number)
    return place_of(at) + serial_of(key) * 8 + crc32(key.encode()) % 8


def serial_of(number: str) -> int:
    """The day's serial number at the end of a report's or case's number; 0 when there is none."""
    digits = _SERIAL.search(number)
    return int(digits[0]) if digits else 0


def place_of(at: datetime) -> int:
    """The first place of a moment's second."""
    return int(at.timestamp()) * PLACES
