"""The working calendar (工作日历): which days and hours the county works, as data and never as a guess."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

COUNTY_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_SATURDAY = 5


class CalendarYearMissing(LookupError):
    """The State Council's arrangement of holidays for this year has not been entered; says what to do."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"A limit reaches into {year}, whose working calendar has not been entered; holidays are never"
            f" guessed. An administrator enters the holidays and make-up days of {year} in calendar.csv and"
            " publishes it at the desk 手册 (handbook), 版本与发布 (versions). Then do this once more."
        )
        self.year = year

    @property
    def chinese(self) -> str:
        """The same for a clerk."""
        return (
            f"时限要算到 {self.year} 年，而该年的节假日安排尚未录入，系统不作猜测。请系统管理员"
            f"在 calendar.csv 中补入 {self.year} 年的放假和调休日期，"
            "在“手册”工作台的“版本与发布”中上传发布，然后重新操作"
        )


@dataclass(frozen=True)
class WorkPeriod:
    """One stretch of working hours (工作时段) of a working day, local time."""

    begins: time
    ends: time

    @property
    def microseconds(self) -> int:
        return _within_day(self.ends) - _within_day(self.begins)


DEFAULT_PERIODS = (WorkPeriod(time(8), time(12)), WorkPeriod(time(14), time(18)))


class WorkCalendar:
    """Working days and hours of an unbroken run of years, indexed so that a look-up costs one bisection.

    Weekends are free, weekdays are worked; `holidays` and `make_up_days` (调休) are the exceptions.
    """

    def __init__(
        self,
        years: range,
        holidays: Mapping[date, str],
        make_up_days: Mapping[date, str],
        periods: tuple[WorkPeriod, ...] = DEFAULT_PERIODS,
    ) -> None:
        if years.step != 1 or not years:
            raise ValueError("a working calendar covers one unbroken run of years")
        self.years = years
        self.holidays = dict(holidays)
        self.make_up_days = dict(make_up_days)
        self.periods = periods
        self._origin = datetime(years.start, 1, 1, tzinfo=COUNTY_TIME)
        self._first_day = self._origin.date().toordinal()
        self._spans = tuple((_within_day(p.begins), _within_day(p.ends)) for p in periods)
        self._worked_before = self._accumulate()

    @property
    def working_day_seconds(self) -> int:
        """How much working time one working day has."""
        return sum(period.microseconds for period in self.periods) // _SECOND

    def is_workday(self, day: date) -> bool:
        if day.year not in self.years:
            raise CalendarYearMissing(day.year)
        return self._is_worked(day)

    def missing_year_ahead(self, today: date, horizon_days: int = 60) -> int | None:
        """The first year that a running limit may soon reach and that is not entered: an alert."""
        ahead = (today + timedelta(days=horizon_days)).year
        return next((year for year in range(today.year, ahead + 1) if year not in self.years), None)

    def worked_until(self, moment: datetime) -> int:
        """Microseconds of working time from the calendar's first day to this moment."""
        index, within = divmod((moment - self._origin) // _MICROSECOND, _DAY)
        if not 0 <= index < len(self._worked_before) - 1:
            raise CalendarYearMissing(moment.astimezone(COUNTY_TIME).year)
        worked = self._worked_before[index]
        if self._worked_before[index + 1] == worked:
            return worked
        return worked + sum(min(max(within - begins, 0), ends - begins) for begins, ends in self._spans)

    def moment_when_worked(self, worked: int) -> datetime:
        """The earliest moment by which so much has been worked: the inverse of `worked_until`."""
        if worked > self._worked_before[-1]:
            raise CalendarYearMissing(self.years.stop)
        index = bisect_left(self._worked_before, worked) - 1
        if index < 0:
            raise CalendarYearMissing(self.years.start - 1)
        rest = worked - self._worked_before[index]
        for begins, ends in self._spans:
            if rest <= ends - begins:
                within = begins + rest
                break
            rest -= ends - begins
        return (self._origin + timedelta(days=index, microseconds=within)).astimezone(UTC)

    def _accumulate(self) -> list[int]:
        days = date(self.years.stop, 1, 1).toordinal() - self._first_day
        full_day = sum(ends - begins for begins, ends in self._spans)
        worked = [0]
        for offset in range(days):
            day = date.fromordinal(self._first_day + offset)
            worked.append(worked[-1] + (full_day if self._is_worked(day) else 0))
        return worked

    def _is_worked(self, day: date) -> bool:
        if day in self.make_up_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays


def _within_day(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * _SECOND + clock.microsecond
