"""Wishes (申请): now and then a unit asks for more time, or to let a task rest until the season allows it."""

import random
from datetime import datetime, timedelta
from enum import StrEnum

from unit_sdk import Task

EXTENSION_SHARE = 0.2
SUSPENSION_SHARE = 0.05


class Wish(StrEnum):
    """What a unit asks of the centre."""

    EXTENSION = "extension"
    SUSPENSION = "suspension"


def wish_of(chance: random.Random) -> Wish | None:
    """By chance; most tasks need nothing."""
    chance.random()  # the first is whether the task is sent back
    drawn = chance.random()
    if drawn < SUSPENSION_SHARE:
        return Wish.SUSPENSION
    return Wish.EXTENSION if drawn < SUSPENSION_SHARE + EXTENSION_SHARE else None


def until_at(task: Task) -> datetime:
    """Until when the task is to rest: a month after its due time."""
    return task.due_at + timedelta(days=30)
