"""Temper (作风): how a simulated unit deals with its tasks; every kind of unit that a centre knows occurs."""

import random
from collections.abc import Iterable
from enum import StrEnum


class Temper(StrEnum):
    """How a unit is."""

    WELL = "well"
    """Signs and feeds back in time, with photo; now and then sends back what is not its own."""
    LATE = "late"
    """Feeds back after the due time."""
    TWICE = "twice"
    """Says everything twice, as software does that never saw the confirmation."""
    BADLY = "badly"
    """First malformed, then of a round that never was, then without photo; right only in the end."""
    SILENT = "silent"
    """Takes its tasks from the queue, and does nothing."""

    @property
    def chinese(self) -> str:
        """As the log says it."""
        return {"well": "规范", "late": "超期", "twice": "重复", "badly": "差错", "silent": "不理"}[
            self.value
        ]


# Of ten units in a row, the first six do as they should.
_OF_TEN = (*(Temper.WELL,) * 6, Temper.LATE, Temper.TWICE, Temper.BADLY, Temper.SILENT)


def tempers(codes: Iterable[str], seed: int) -> dict[str, Temper]:
    """A temper for each unit: all kinds occur once there are ten, and the same seed gives the same city."""
    shuffled = sorted(codes)
    random.Random(seed).shuffle(shuffled)
    return {code: _OF_TEN[place % len(_OF_TEN)] for place, code in enumerate(shuffled)}
