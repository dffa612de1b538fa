"""An independent oracle for limits: the clock is walked minute by minute over the example's own log."""

import csv
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)


class Oracle:
    """Knows the calendar's rows and nothing of the product's arithmetic."""

    def __init__(self, calendar_csv: Path) -> None:
        with calendar_csv.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        self._kinds = {date.fromisoformat(row["date"]): row["kind"] for row in rows}
        self.works = cache(self._works)

    def due(
        self, begun: datetime, amount: int, unit: str, *, paused: tuple[datetime, datetime] | None = None
    ) -> datetime:
        """The end of the minute in which the limit is used up; minutes within the pause do not count."""
        left = (
            amount
            * {"emergency_hour": 60, "emergency_day": 1440, "working_hour": 60, "working_day": 480}[unit]
        )
        moment = begun.astimezone(SHANGHAI)
        while left:
            runs = unit.startswith("emergency") or self._at_work(moment)
            if runs and not (paused and paused[0] <= moment < paused[1]):
                left -= 1
            moment += MINUTE
        return moment

    def _at_work(self, moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        return (480 <= minute < 720 or 840 <= minute < 1080) and self.works(moment.date())

    def _works(self, day: date) -> bool:
        kind = self._kinds.get(day)
        if kind is not None:
            return "holiday" not in kind
        return day.weekday() < 5
