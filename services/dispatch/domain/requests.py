"""What a unit has asked for (申请) and nobody has decided yet."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ExtensionRequest:
    """申请延期: one more original limit."""

    reason: str
    count: int
    """Which extension of the case it would be."""
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class SuspensionRequest:
    """申请挂账: let the task rest until a day."""

    reason: str
    until_at: datetime
    asked_at: datetime
    photos: tuple[str, ...] = ()
    """SHA-256 of photos that show why."""
