"""The algebra of working time against an oracle that looks at every single minute."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import handbook
from handbook import COUNTY_TIME, HandlingClock, LimitUnit, TimeLimit, add, due_at, working_seconds

CALENDAR = handbook.load().calendar
BEGIN = datetime(2020, 6, 13, tzinfo=COUNTY_TIME)
FREE = {date(2020, 6, 25), date(2020, 6, 26), date(2020, 6, 27)}
MADE_UP = {date(2020, 6, 28)}
MINUTES = 45 * 1440


def is_working_minute(minute: int) -> bool:
    moment = BEGIN + timedelta(minutes=minute)
    day = moment.date()
    works = day in MADE_UP or (day.isoweekday() <= 5 and day not in FREE)
    return works and (8 <= moment.hour < 12 or 14 <= moment.hour < 18)


WORKING = [is_working_minute(minute) for minute in range(MINUTES)]


def counts(minute: int, unit: LimitUnit) -> bool:
    return unit.is_continuous or WORKING[minute]


def limit_minutes(limit: TimeLimit) -> int:
    per_unit = {"emergency_hour": 60, "working_hour": 60, "working_day": 480, "emergency_day": 1440}
    return limit.amount * per_unit[limit.unit.value]


def at(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def oracle_due(start: int, minutes: int, unit: LimitUnit) -> int:
    minute = start
    while minutes:
        minutes -= counts(minute, unit)
        minute += 1
    return minute


minutes_of_june = st.integers(0, 20 * 1440)
units = st.sampled_from(LimitUnit)
limits = st.builds(TimeLimit, st.integers(1, 4), units)


@given(minutes_of_june, limits)
def test_due_times_are_those_of_the_oracle(start, limit):
    due = due_at(at(start), limit, CALENDAR)

    assert due == at(oracle_due(start, limit_minutes(limit), limit.unit))
    assert due.tzinfo is UTC


@given(minutes_of_june, minutes_of_june, units)
def test_elapsed_time_is_that_of_the_oracle(one, other, unit):
    start, end = sorted((one, other))

    counted = sum(counts(minute, unit) for minute in range(start, end))

    assert working_seconds(at(start), at(end), unit, CALENDAR) == counted * 60
    assert working_seconds(at(end), at(start), unit, CALENDAR) == -counted * 60


@given(minutes_of_june, st.integers(1, 10**9), st.integers(1, 10**9), units)
def test_adding_twice_is_adding_the_sum_to_the_microsecond(start, first, second, unit):
    once = add(at(start), (first + second) / 1e6, unit, CALENDAR)

    twice = add(add(at(start), first / 1e6, unit, CALENDAR), second / 1e6, unit, CALENDAR)

    assert once == twice


moves = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from(["pause", "resume", "extend"])), max_size=8)


@settings(max_examples=200)
@given(minutes_of_june, limits, moves, st.integers(0, 2000))
def test_a_clock_that_pauses_and_is_extended_agrees_with_counting_minutes(start, limit, moves, wait):
    clock, now, used, running, total = HandlingClock.start(limit, at(start)), start, 0, True, 1
    for pause, move in moves:
        used += sum(counts(m, limit.unit) for m in range(now, now + pause)) if running else 0
        now += pause
        if move == "pause" and running:
            clock, running = clock.pause(at(now), CALENDAR), False
        elif move == "resume" and not running:
            clock, running = clock.resume(at(now)), True
        elif move == "extend":
            clock, total = clock.extend(), total + 1
    used += sum(counts(m, limit.unit) for m in range(now, now + wait)) if running else 0
    now += wait

    allowed = limit_minutes(limit) * total
    assert clock.used_seconds(at(now), CALENDAR) == used * 60
    assert clock.remaining_seconds(at(now), CALENDAR) == (allowed - used) * 60
    if running and used < allowed:
        assert clock.due_at(CALENDAR) == at(oracle_due(now, allowed - used, limit.unit))
    if used != allowed:
        assert clock.is_overdue(at(now), CALENDAR) == (used > allowed)


@given(minutes_of_june, limits, st.integers(0, 3000), st.integers(0, 3000))
def test_a_pause_without_working_time_in_it_changes_nothing(start, limit, before, pause):
    clock = HandlingClock.start(limit, at(start))
    begin, end = start + before, start + before + pause
    if any(counts(minute, limit.unit) for minute in range(begin, end)):
        return

    resumed = clock.pause(at(begin), CALENDAR).resume(at(end))

    assert resumed.due_at(CALENDAR) == clock.due_at(CALENDAR)
    assert resumed.used_fraction(at(end), CALENDAR) == clock.used_fraction(at(end), CALENDAR)


@given(minutes_of_june, limits, st.integers(0, 3000), st.integers(0, 3000))
def test_extending_before_during_or_after_a_pause_is_the_same(start, limit, before, pause):
    clock = HandlingClock.start(limit, at(start))
    begin, end = at(start + before), at(start + before + pause)

    first = clock.extend().pause(begin, CALENDAR).resume(end)
    during = clock.pause(begin, CALENDAR).extend().resume(end)
    last = clock.pause(begin, CALENDAR).resume(end).extend()

    assert first == during == last
    assert first.total_seconds(CALENDAR) == 2 * limit.seconds(CALENDAR)
