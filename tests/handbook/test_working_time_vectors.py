"""Due times of the limits (截止时间): the vectors of docs/domain.md, "Time units", and their edges."""

from datetime import UTC, datetime, time

import msgspec
import pytest

import handbook
from handbook import (
    COUNTY_TIME,
    CalendarYearMissing,
    HandlingClock,
    Light,
    LimitUnit,
    TimeLimit,
    due_at,
    light_of,
)
from handbook.calendar import WorkCalendar, WorkPeriod
from handbook.working_time import ClockMoveNotAllowed, add, remaining, working_seconds

CALENDAR = handbook.load().calendar
EH, ED = LimitUnit.EMERGENCY_HOUR, LimitUnit.EMERGENCY_DAY
WH, WD = LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COUNTY_TIME)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2020-06-19 16:30", 2, EH, "2020-06-19 18:30"),
        ("2020-06-19 16:30", 4, WH, "2020-06-22 10:30"),
        ("2020-06-19 16:30", 1, WD, "2020-06-22 16:30"),
        ("2020-06-20 10:00", 2, WH, "2020-06-22 10:00"),
        ("2020-06-15 12:30", 4, WH, "2020-06-15 18:00"),
        ("2020-06-15 08:37", 5, WD, "2020-06-22 08:37"),
        ("2020-06-24 17:00", 1, WD, "2020-06-28 17:00"),
        ("2020-06-23 17:30", 2, WD, "2020-06-28 17:30"),
        ("2020-06-20 23:00", 2, ED, "2020-06-22 23:00"),
    ],
)
def test_a_limit_ends_when_the_domain_paper_says(start, amount, unit, due):
    ends = due_at(local(start), TimeLimit(amount, unit), CALENDAR)

    assert ends == local(due)
    assert ends.tzinfo is UTC


def test_a_limit_that_fills_the_day_ends_with_the_day_and_not_the_next_morning():
    assert due_at(local("2020-06-15 08:00"), TimeLimit(1, WD), CALENDAR) == local("2020-06-15 18:00")


def test_nothing_added_is_the_same_moment_even_at_night():
    same = add(local("2020-06-15 23:00"), 0, WH, CALENDAR)

    assert same == local("2020-06-15 23:00")
    assert same.tzinfo is UTC


def test_time_is_not_added_backwards():
    with pytest.raises(ValueError, match=r"^time is added forwards only$"):
        add(local("2020-06-15 23:00"), -1, WH, CALENDAR)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2020, 6, 15, 8), TimeLimit(1, WD), CALENDAR)


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        TimeLimit(0, WH)


def test_what_remains_is_counted_in_the_limits_own_time():
    friday, monday = local("2020-06-19 17:00"), local("2020-06-22 09:00")

    assert remaining(monday, friday, WH, CALENDAR) == 2 * 3600
    assert remaining(monday, friday, EH, CALENDAR) == 64 * 3600
    assert remaining(friday, monday, WH, CALENDAR) == -2 * 3600
    assert working_seconds(friday, monday, WD, CALENDAR) == 2 * 3600


def test_working_limits_beyond_the_calendar_are_an_error_and_emergencies_go_on():
    eve = local("2026-12-31 17:00")

    with pytest.raises(CalendarYearMissing) as missing:
        due_at(eve, TimeLimit(1, WD), CALENDAR)
    assert missing.value.year == 2027
    assert due_at(eve, TimeLimit(2, ED), CALENDAR) == local("2027-01-02 17:00")


def test_the_light_follows_working_time_and_not_the_wall_clock():
    clock = HandlingClock.start(TimeLimit(1, WD), local("2020-06-19 16:30"))

    assert clock.light(local("2020-06-21 12:00"), CALENDAR) is Light.GREEN
    assert clock.light(local("2020-06-22 14:53"), CALENDAR) is Light.GREEN
    assert clock.light(local("2020-06-22 14:54"), CALENDAR) is Light.YELLOW
    assert clock.light(local("2020-06-22 16:30"), CALENDAR) is Light.YELLOW
    assert clock.light(local("2020-06-22 16:31"), CALENDAR) is Light.RED


def test_feedback_in_the_evening_after_a_limit_that_ended_with_the_day_is_late():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 12:30"))

    assert not clock.is_overdue(local("2020-06-15 18:00"), CALENDAR)
    assert clock.is_overdue(local("2020-06-15 19:00"), CALENDAR)
    assert clock.light(local("2020-06-15 19:00"), CALENDAR) is Light.RED


def test_a_pause_over_night_changes_nothing_and_one_over_noon_and_an_hour_moves_the_end_by_the_hour():
    clock = HandlingClock.start(TimeLimit(1, WD), local("2020-06-15 10:00"))

    over_night = clock.pause(local("2020-06-15 18:00"), CALENDAR).resume(local("2020-06-16 08:00"))
    over_noon = clock.pause(local("2020-06-15 11:30"), CALENDAR).resume(local("2020-06-15 14:30"))

    assert over_night.due_at(CALENDAR) == clock.due_at(CALENDAR) == local("2020-06-16 10:00")
    assert over_noon.due_at(CALENDAR) == local("2020-06-16 11:00")


def test_an_extension_adds_the_original_limit_and_survives_a_pause():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00"))
    paused = clock.pause(local("2020-06-15 09:00"), CALENDAR)

    extended = paused.extend(TimeLimit(4, WH)).resume(local("2020-06-16 08:00"))

    assert extended.due_at(CALENDAR) == local("2020-06-16 17:00")
    assert extended.extensions == 1


def test_rework_starts_a_fresh_limit():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00")).extend(TimeLimit(4, WH))

    assert clock.restart(local("2020-06-16 08:00")).due_at(CALENDAR) == local("2020-06-16 12:00")


def test_an_outage_of_ours_while_the_clock_ran_moves_the_end_by_its_working_time():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 09:00"))

    over_noon = clock.credit(local("2020-06-15 11:30"), local("2020-06-15 14:15"), CALENDAR)

    assert clock.due_at(CALENDAR) == local("2020-06-15 15:00")
    assert over_noon.due_at(CALENDAR) == local("2020-06-15 15:45")
    assert over_noon.remaining_seconds(local("2020-06-15 15:00"), CALENDAR) == 45 * 60


def test_only_what_the_clock_counted_of_an_outage_is_credited():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 09:00"))
    paused = clock.pause(local("2020-06-15 10:00"), CALENDAR)

    before_the_start = clock.credit(local("2020-06-15 08:00"), local("2020-06-15 09:30"), CALENDAR)
    in_the_pause = paused.credit(local("2020-06-15 09:45"), local("2020-06-15 11:00"), CALENDAR)
    over_night = clock.credit(local("2020-06-15 19:00"), local("2020-06-16 07:00"), CALENDAR)

    assert before_the_start.credited_seconds == 30 * 60
    assert in_the_pause.credited_seconds == 15 * 60
    assert over_night.credited_seconds == 0


def test_an_outage_is_credited_once_however_often_it_is_told():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00"))
    once = clock.credit(local("2020-06-15 09:00"), local("2020-06-15 10:00"), CALENDAR)

    again = once.credit(local("2020-06-15 09:00"), local("2020-06-15 10:00"), CALENDAR)
    wider = once.credit(local("2020-06-15 08:30"), local("2020-06-15 10:30"), CALENDAR)

    assert again == once
    assert wider.credited_seconds == 2 * 3600


def test_an_outage_that_ends_before_it_begins_is_refused():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00"))

    with pytest.raises(ValueError, match="is after"):
        clock.credit(local("2020-06-15 10:00"), local("2020-06-15 09:00"), CALENDAR)


def test_a_clock_that_was_kept_is_read_again_also_one_from_before_outages_were_kept():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00")).extend(TimeLimit(4, WH))
    clock = clock.credit(local("2020-06-15 09:00"), local("2020-06-15 10:00"), CALENDAR)
    clock = clock.pause(local("2020-06-15 11:00"), CALENDAR)
    old = b"""{"limit": {"amount": 4, "unit": "working_hour"}, "started_at": "2020-06-15T00:00:00Z",
              "spent_seconds": 3600.0, "extensions": 0, "paused_at": null}"""

    assert msgspec.json.decode(msgspec.json.encode(clock), type=HandlingClock) == clock
    assert msgspec.json.decode(old, type=HandlingClock).due_at(CALENDAR) == local("2020-06-15 11:00")


def test_an_extension_in_another_kind_of_time_is_refused():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00"))

    with pytest.raises(ValueError, match="another kind of time"):
        clock.extend(TimeLimit(1, ED))


@pytest.mark.parametrize(
    ("share", "light"),
    [(0, Light.GREEN), (0.799, Light.GREEN), (0.8, Light.YELLOW), (1.0, Light.YELLOW), (1.001, Light.RED)],
)
def test_the_light_of_a_share_turns_at_eighty_and_above_a_hundred_per_cent(share, light):
    assert light_of(share) is light


def test_a_clock_is_paused_once_and_resumed_once():
    clock = HandlingClock.start(TimeLimit(4, WH), local("2020-06-15 08:00"))
    paused = clock.pause(local("2020-06-15 09:00"), CALENDAR)

    with pytest.raises(ClockMoveNotAllowed, match="paused since 2020-06-15 09:00"):
        paused.pause(local("2020-06-15 10:00"), CALENDAR)
    with pytest.raises(ClockMoveNotAllowed, match="runs since 2020-06-15 08:00"):
        clock.resume(local("2020-06-15 10:00"))


def test_another_countys_hours_are_only_data():
    calendar = WorkCalendar(range(2020, 2021), {}, {}, (WorkPeriod(time(9), time(16)),))

    assert due_at(local("2020-06-15 15:00"), TimeLimit(1, WD), calendar) == local("2020-06-16 15:00")


@pytest.mark.timed
def test_a_list_of_ten_thousand_lights_takes_well_under_a_second(benchmark_seconds):
    clock = HandlingClock.start(TimeLimit(15, WD), local("2020-06-15 08:37"))
    at = local("2020-07-01 11:00")

    assert benchmark_seconds(lambda: [clock.light(at, CALENDAR) for _ in range(10_000)]) < 1
