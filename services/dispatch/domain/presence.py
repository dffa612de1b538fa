"""Presence (在线): when a responsible unit's own system was last seen, and when that is too long ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT_AFTER = timedelta(hours=12)
"""As the alert UnitSilent of deploy/alerts.yml has it; docs/units.md, Silence."""
GONE_AFTER = timedelta(days=14)
"""A system that was away for so long is not awaited any more: the unit works at the unit desk."""


@dataclass(frozen=True, kw_only=True)
class Presence:
    """What is known of one unit's system; both None: it was never there."""

    responsible_unit: str
    read_at: datetime | None = None
    """When somebody was last seen to read one of its queues."""
    spoke_at: datetime | None = None
    """When its last message came."""

    @property
    def seen_at(self) -> datetime | None:
        """The later of the two."""
        return max((moment for moment in (self.read_at, self.spoke_at) if moment is not None), default=None)

    def is_silent(self, at: datetime) -> bool:
        """Whether the unit has a system that has not been seen for twelve hours."""
        return self.seen_at is not None and SILENT_AFTER <= at - self.seen_at < GONE_AFTER
