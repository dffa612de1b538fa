"""Which moment it is: the real clock, or the moment a replayed request brings along."""

from collections.abc import Callable
from datetime import UTC, datetime

REPLAY_HEADER = "X-Replay-At"

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def moment(text: str) -> datetime:
    """Read an ISO 8601 moment with a zone, as UTC; raise ValueError for anything else."""
    read = datetime.fromisoformat(text.strip())
    if read.tzinfo is None:
        raise ValueError("a moment without zone")
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a moment outside the calendar") from error
