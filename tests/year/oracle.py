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

    def minutes(self, begun: datetime, ended: datetime, unit: str) -> int:
        """Minutes of a limit's kind between two whole minutes."""
        if unit.startswith("emergency"):
            return round((ended - begun) / MINUTE)
        spent, moment = 0, begun.astimezone(SHANGHAI)
        last = ended.astimezone(SHANGHAI)
        while moment < last:
            if self._at_work(moment):
                spent += 1
            moment += MINUTE
        return spent

    def in_time(self, begun: datetime, ended: datetime, amount: int, unit: str, *, paused: int = 0) -> bool:
        """Whether the work ended within its limit; ``paused`` minutes of the limit's kind do not count."""
        allowed = (
            amount
            * {"emergency_hour": 60, "emergency_day": 1440, "working_hour": 60, "working_day": 480}[unit]
        )
        return self.minutes(begun, ended, unit) - paused <= allowed

    def _at_work(self, moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        return (480 <= minute < 720 or 840 <= minute < 1080) and self.works(moment.date())

    def _works(self, day: date) -> bool:
        kind = self._kinds.get(day)
        if kind is not None:
            return "holiday" not in kind
        return day.weekday() < 5
