"""Pauses between tries: they grow, and chance keeps many clients from coming back at the same moment."""

import random

SHORTEST = 0.5
LONGEST = 30.0


def pause(tries: int, *, longest: float = LONGEST) -> float:
    """Seconds to wait after so many tries in a row that failed."""
    grown = min(SHORTEST * 2.0 ** min(tries, 16), longest)
    return grown * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
