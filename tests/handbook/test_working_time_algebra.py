"""The algebra of working time against an oracle that looks at every single minute."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import handbook
from handbook import COUNTY_TIME, HandlingClock, Light, LimitUnit, TimeLimit, add, due_at, working_seconds

CALENDAR = handbook.load().calendar
BEGIN = datetime(2020, 6, 13, tzinfo=COUNTY_TIME)
FREE = {date(2020, 6, 25), date(2020, 6, 26), date(2020, 6, 27)}
MADE_UP = {date(2020, 6, 28)}
MINUTES = 100 * 1440


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


class SlowClock:
    """A handling clock that keeps every single minute: the oracle of `HandlingClock`."""

    def __init__(self, limit: TimeLimit, start: int) -> None:
        self.limit, self.start, self.now = limit, start, start
        self.running, self.times = True, 1
        self.ran: list[int] = []
        self.outage: set[int] = set()

    def wait(self, minutes: int) -> None:
        if self.running:
            self.ran += range(self.now, self.now + minutes)
        self.now += minutes

    @property
    def used(self) -> int:
        return sum(counts(minute, self.limit.unit) for minute in self.ran)

    @property
    def allowed(self) -> int:
        credited = sum(counts(minute, self.limit.unit) for minute in self.outage.intersection(self.ran))
        return limit_minutes(self.limit) * self.times + credited


MOVES = ["pause", "resume", "extend", "credit", "to another unit", "to the same unit"]
moves = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from(MOVES), st.integers(0, 3000)), max_size=8)


def move_both(clock: HandlingClock, slow: SlowClock, move: str, extent: int) -> HandlingClock:
    """One move of both clocks, where it is allowed."""
    now = at(slow.now)
    if move == "extend" and slow.times < 4:
        slow.times += 1
        return clock.extend(slow.limit)
    if move == "credit":
        # What is credited is over: an outage of that length, some of it perhaps before the clock began.
        begin = max(slow.now - extent, 0)
        end = min(begin + extent // 2, slow.now)
        slow.outage.update(range(begin, end))
        return clock.credit(at(begin), at(end), CALENDAR)
    if move == "to another unit":
        slow.__init__(slow.limit, slow.now)
        return clock.restart(now)
    if move == "pause" and slow.running:
        slow.running = False
        return clock.pause(now, CALENDAR)
    if move in ("resume", "to the same unit") and not slow.running:
        slow.running = True
        return clock.resume(now)
    return clock


@settings(max_examples=100)
@given(minutes_of_june, limits, moves, st.integers(0, 2000))
def test_a_clock_agrees_with_counting_every_minute_whatever_happens_to_it(start, limit, moves, wait):
    clock, slow = HandlingClock.start(limit, at(start)), SlowClock(limit, start)

    for pause, move, extent in moves:
        slow.wait(pause)
        clock = move_both(clock, slow, move, extent)
    slow.wait(wait)

    now, left = at(slow.now), slow.allowed - slow.used
    assert clock.used_seconds(now, CALENDAR) == slow.used * 60
    assert clock.remaining_seconds(now, CALENDAR) == left * 60
    assert clock.used_share(now, CALENDAR) == slow.used / slow.allowed
    assert clock.extensions == slow.times - 1
    if slow.running and left > 0:
        assert clock.due_at(CALENDAR) == at(oracle_due(slow.now, left, limit.unit))
    if left:
        assert clock.is_overdue(now, CALENDAR) == (left < 0)
        lights = {left < 0: Light.RED, 5 * slow.used < 4 * slow.allowed: Light.GREEN}
        assert clock.light(now, CALENDAR) is lights.get(True, Light.YELLOW)


@given(minutes_of_june, limits, st.integers(0, 3000), st.integers(0, 3000))
def test_a_pause_without_working_time_in_it_changes_nothing(start, limit, before, pause):
    clock = HandlingClock.start(limit, at(start))
    begin, end = start + before, start + before + pause
    assume(not any(counts(minute, limit.unit) for minute in range(begin, end)))

    resumed = clock.pause(at(begin), CALENDAR).resume(at(end))

    assert resumed.due_at(CALENDAR) == clock.due_at(CALENDAR)
    assert resumed.used_share(at(end), CALENDAR) == clock.used_share(at(end), CALENDAR)


@given(minutes_of_june, limits, st.integers(0, 3000), st.integers(0, 3000))
def test_an_extension_survives_a_pause_whether_it_came_before_within_or_after(start, limit, before, pause):
    clock = HandlingClock.start(limit, at(start))
    begin, end = at(start + before), at(start + before + pause)

    first = clock.extend(limit).pause(begin, CALENDAR).resume(end)
    during = clock.pause(begin, CALENDAR).extend(limit).resume(end)
    last = clock.pause(begin, CALENDAR).resume(end).extend(limit)

    assert first == during == last
    assert first.total_seconds(CALENDAR) == 2 * limit.seconds(CALENDAR)


spans = st.tuples(st.integers(0, 3000), st.integers(0, 2000))


@given(minutes_of_june, limits, spans, spans)
def test_outages_and_extensions_may_be_told_in_any_order(start, limit, one, other):
    clock = HandlingClock.start(limit, at(start))

    def credited(clock: HandlingClock, span: tuple[int, int]) -> HandlingClock:
        return clock.credit(at(start + span[0]), at(start + span[0] + span[1]), CALENDAR)

    orders = [
        credited(credited(clock, one), other).extend(limit),
        credited(credited(clock, other).extend(limit), one),
        credited(credited(clock.extend(limit), one), other),
    ]

    assert len({order.total_seconds(CALENDAR) for order in orders}) == 1
    assert len({order.due_at(CALENDAR) for order in orders}) == 1


@given(minutes_of_june, limits, spans, st.integers(0, 3000))
def test_an_outage_counts_the_same_before_and_after_a_later_pause(start, limit, outage, later):
    clock = HandlingClock.start(limit, at(start))
    begin, end = at(start + outage[0]), at(start + sum(outage))
    paused_at, resumed_at = at(start + sum(outage) + later), at(start + sum(outage) + later + 500)

    at_once = clock.credit(begin, end, CALENDAR).pause(paused_at, CALENDAR)
    afterwards = clock.pause(paused_at, CALENDAR).credit(begin, end, CALENDAR)
    resumed = clock.pause(paused_at, CALENDAR).resume(resumed_at).credit(begin, end, CALENDAR)

    assert at_once == afterwards
    assert at_once.resume(resumed_at) == resumed


@given(minutes_of_june, limits, st.lists(spans, max_size=4))
def test_overlapping_outages_are_credited_as_the_time_they_cover_together(start, limit, outages):
    clock = HandlingClock.start(limit, at(start))
    covered: set[int] = set()

    for begin, length in outages:
        clock = clock.credit(at(start + begin), at(start + begin + length), CALENDAR)
        covered.update(range(start + begin, start + begin + length))

    assert clock.credited_seconds == 60 * sum(counts(minute, limit.unit) for minute in covered)


@given(minutes_of_june, st.integers(1, 60), st.integers(1, 60), units)
def test_a_longer_limit_is_never_due_earlier(start, one, other, unit):
    short, long = sorted((one, other))

    dues = [due_at(at(start), TimeLimit(amount, unit), CALENDAR) for amount in (short, long)]

    assert (dues[0] < dues[1]) == (short < long)
    assert dues[0] <= dues[1]


@given(minutes_of_june, minutes_of_june, limits)
def test_who_starts_later_is_never_due_earlier(one, other, limit):
    early, late = sorted((one, other))

    assert due_at(at(early), limit, CALENDAR) <= due_at(at(late), limit, CALENDAR)
