"""The working calendar: public holidays and make-up days as data, and no guess beyond them."""

from datetime import date, timedelta

import chinese_calendar
import pytest

import handbook
from handbook import CalendarYearMissing

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


def test_the_alert_names_the_missing_year_before_a_limit_can_reach_it():
    assert CALENDAR.missing_year_ahead(date(2026, 10, 1)) is None
    assert CALENDAR.missing_year_ahead(date(2026, 11, 24)) == 2027
    assert CALENDAR.missing_year_ahead(date(2027, 3, 1)) == 2027
    assert CALENDAR.missing_year_ahead(date(2025, 12, 30)) is None
