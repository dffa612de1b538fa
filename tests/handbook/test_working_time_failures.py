"""What has gone wrong in other systems that count working time: each a test here, so that it cannot here."""

from datetime import datetime

import handbook
from handbook import COUNTY_TIME, HandlingClock, Light, LimitUnit, TimeLimit, due_at

CALENDAR = handbook.load().calendar
DAY = TimeLimit(1, LimitUnit.WORKING_DAY)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COUNTY_TIME)


def test_a_pause_over_a_weekend_does_not_stretch_the_deadline_by_days():
    """The wall clock's 64 hours were added; the pause held two working hours."""
    clock = HandlingClock.start(DAY, local("2020-06-19 10:00"))

    resumed = clock.pause(local("2020-06-19 17:00"), CALENDAR).resume(local("2020-06-22 09:00"))

    assert clock.due_at(CALENDAR) == local("2020-06-22 10:00")
    assert resumed.due_at(CALENDAR) == local("2020-06-22 12:00")


def test_a_resume_does_not_forget_the_extension():
    """The due time was computed anew from the original limit."""
    clock = HandlingClock.start(DAY, local("2020-06-15 08:00")).extend(DAY)

    resumed = clock.pause(local("2020-06-15 12:00"), CALENDAR).resume(local("2020-06-16 08:00"))

    assert resumed.due_at(CALENDAR) == local("2020-06-17 12:00")


def test_a_return_that_is_refused_does_not_forget_the_extension_or_the_credit():
    clock = HandlingClock.start(DAY, local("2020-06-15 08:00")).extend(DAY)
    clock = clock.credit(local("2020-06-15 08:00"), local("2020-06-15 10:00"), CALENDAR)

    resumed = clock.pause(local("2020-06-15 18:00"), CALENDAR).resume(local("2020-06-16 08:00"))

    assert resumed.due_at(CALENDAR) == clock.due_at(CALENDAR) == local("2020-06-17 10:00")


def test_a_deadline_does_not_ignore_a_make_up_day_nor_a_holiday():
    """Weekends alone were skipped: Friday the 26th was free, Sunday the 28th was worked."""
    assert due_at(local("2020-06-24 17:00"), DAY, CALENDAR) == local("2020-06-28 17:00")


def test_the_light_does_not_turn_over_a_holiday():
    """Shares were taken of the time between start and deadline on the wall clock."""
    clock = HandlingClock.start(DAY, local("2020-06-24 17:00"))

    assert clock.light(local("2020-06-28 07:59"), CALENDAR) is Light.GREEN
    assert clock.light(local("2020-06-28 17:01"), CALENDAR) is Light.RED


def test_an_extension_of_a_paused_clock_does_not_start_it():
    paused = HandlingClock.start(DAY, local("2020-06-15 08:00")).pause(local("2020-06-15 09:00"), CALENDAR)

    extended = paused.extend(DAY)

    assert extended.is_paused
    assert extended.used_share(local("2020-06-19 09:00"), CALENDAR) == 1 / 16


def test_an_outage_in_two_reports_of_operations_is_not_credited_twice():
    clock = HandlingClock.start(DAY, local("2020-06-15 08:00"))

    clock = clock.credit(local("2020-06-15 09:00"), local("2020-06-15 11:00"), CALENDAR)
    clock = clock.credit(local("2020-06-15 10:00"), local("2020-06-15 12:00"), CALENDAR)

    assert clock.due_at(CALENDAR) == local("2020-06-16 11:00")


def test_an_outage_that_is_credited_late_still_counts_for_what_ran_before_the_pause():
    paused = HandlingClock.start(DAY, local("2020-06-15 08:00")).pause(local("2020-06-15 12:00"), CALENDAR)

    credited = paused.credit(local("2020-06-15 10:00"), local("2020-06-15 16:00"), CALENDAR)

    assert credited.credited_seconds == 2 * 3600
