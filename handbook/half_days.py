"""Half-days (半日): before and after noon of a day in the county's time; docs/domain.md, "Answers"."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handbook.calendar import COUNTY_TIME

NOON = time(12)
MORNING_BEGINS = time(8)


@dataclass(frozen=True, order=True)
class HalfDay:
    """半日: a caller who did not answer in one is rung again in another."""

    day: date
    afternoon: bool

    @classmethod
    def of(cls, at: datetime) -> "HalfDay":
        """The half-day of a moment."""
        local = at.astimezone(COUNTY_TIME)
        return cls(local.date(), local.time() >= NOON)

    def following_begins_at(self) -> datetime:
        """When one may decently ring again: noon, or eight the next morning."""
        if not self.afternoon:
            return datetime.combine(self.day, NOON, COUNTY_TIME)
        return datetime.combine(self.day + timedelta(days=1), MORNING_BEGINS, COUNTY_TIME)
