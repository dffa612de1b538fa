"""Waiting for a command's effect to be read (读己之写): asking again, for two seconds at most."""

import time
from collections.abc import Callable

LONGEST = 2.0
PAUSE = 0.05


def wait_for(reached: Callable[[], bool], *, longest: float = LONGEST, pause: float = PAUSE) -> bool:
    """Whether it was reached in time. Under green threads the pauses let the other workers go on."""
    until = time.monotonic() + longest
    while not reached():
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
    return True
