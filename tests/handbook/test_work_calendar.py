"""The working calendar: public holidays and make-up days as data, and no guess beyond them."""

from datetime import date, datetime, time, timedelta

import chinese_calendar
import pytest

import handbook
from handbook import COUNTY_TIME, CalendarYearMissing, WorkCalendar, WorkPeriod

CALENDAR = handbook.load().calendar


def test_every_day_of_the_covered_years_agrees_with_the_published_arrangements():
    day, different = date(2019, 1, 1), []
    while day.year <= 2026:
        if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day):
            different.append(day)
        day += timedelta(days=1)

    assert CALENDAR.years == range(2019, 2027)
    assert different == []


def test_dragon_boat_2020_is_free_and_its_sunday_is_worked():
    assert not CALENDAR.is_workday(date(2020, 6, 25))
    assert CALENDAR.is_workday(date(2020, 6, 28))


@pytest.mark.parametrize("year", [2018, 2027])
def test_a_year_that_is_not_entered_is_an_error(year):
    with pytest.raises(CalendarYearMissing, match=str(year)):
        CALENDAR.is_workday(date(year, 1, 2))


def test_the_refusal_says_who_enters_the_year_and_where_in_both_languages():
    missing = CalendarYearMissing(2027)

    assert missing.chinese == (
        "时限要算到 2027 年，而该年的节假日安排尚未录入，系统不作猜测。请系统管理员在 calendar.csv 中补入"
        " 2027 年的放假和调休日期，在“手册”工作台的“版本与发布”中上传发布，然后重新操作"
    )
    assert str(missing) == (
        "A limit reaches into 2027, whose working calendar has not been entered; holidays are never guessed."
        " An administrator enters the holidays and make-up days of 2027 in calendar.csv and publishes it at"
        " the desk 手册 (handbook), 版本与发布 (versions). Then do this once more."
    )


def test_the_alert_names_the_missing_year_before_a_limit_can_reach_it():
    assert CALENDAR.missing_year_ahead(date(2026, 10, 1)) is None
    assert CALENDAR.missing_year_ahead(date(2026, 11, 24)) == 2027
    assert CALENDAR.missing_year_ahead(date(2027, 3, 1)) == 2027
    assert CALENDAR.missing_year_ahead(date(2025, 12, 30)) is None


def two_years(**more) -> WorkCalendar:
    """2020 and 2021 without holidays, made here and now; the first of January 2020 was a Wednesday."""
    return WorkCalendar(range(2020, 2022), {}, {}, **more)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COUNTY_TIME)


HOUR = 3_600 * 1_000_000
DAY = timedelta(days=1)


@pytest.mark.parametrize("years", [range(2020, 2026, 2), range(2020, 2020)])
def test_a_calendar_with_a_gap_or_without_a_year_is_refused(years):
    with pytest.raises(ValueError, match=r"^a working calendar covers one unbroken run of years$"):
        WorkCalendar(years, {}, {})


def test_every_single_day_counts_its_hours_from_the_first_to_the_last():
    feast, made_up = date(2020, 6, 25), date(2020, 6, 28)
    calendar = WorkCalendar(range(2020, 2022), {feast: "端午节"}, {made_up: "端午节"})
    begins, hours = local("2020-01-01"), []

    while begins < local("2021-12-31"):
        hours.append((calendar.worked_until(begins + DAY) - calendar.worked_until(begins)) / HOUR)
        begins += DAY

    days = [date(2020, 1, 1) + number * DAY for number in range(730)]
    works = [day == made_up or (day.isoweekday() <= 5 and day != feast) for day in days]
    assert hours == [8 if work else 0 for work in works]
    assert calendar.worked_until(local("2020-01-01")) == 0


def test_the_calendar_ends_with_its_last_working_moment_and_names_the_year_that_is_missing():
    calendar = two_years()
    everything = calendar.worked_until(local("2021-12-31T23:59:59"))

    assert calendar.moment_when_worked(everything) == local("2021-12-31T18:00")
    assert calendar.moment_when_worked(HOUR) == local("2020-01-01T09:00")
    for worked, year in ((everything + 1, 2022), (0, 2019), (-1, 2019)):
        with pytest.raises(CalendarYearMissing) as missing:
            calendar.moment_when_worked(worked)
        assert missing.value.year == year
    for moment, year in (("2022-01-01", 2022), ("2019-12-31T23:59:59", 2019)):
        with pytest.raises(CalendarYearMissing) as missing:
            calendar.worked_until(local(moment))
        assert missing.value.year == year


def test_working_hours_may_begin_at_any_microsecond():
    period = WorkPeriod(time(8, 15, 30, 500), time(12, 45, 10, 750))
    calendar = two_years(periods=(period,))

    assert calendar.working_day_seconds == 4 * 3600 + 29 * 60 + 40
    assert calendar.worked_until(local("2020-01-01T08:15:30.000600")) == 100
    assert calendar.moment_when_worked(period.microseconds) == local("2020-01-01T12:45:10.000750")


def test_the_alert_looks_sixty_days_ahead():
    calendar = two_years()

    assert calendar.missing_year_ahead(date(2021, 11, 1)) is None
    assert calendar.missing_year_ahead(date(2021, 11, 2)) == 2022
