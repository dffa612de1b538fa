"""The algebra of working time (计时): limits, due times, and clocks that pause and are extended.

Pure functions over a `WorkCalendar`, for every service that runs a clock; see docs/domain.md, "Time units".
All moments are aware; what is returned is UTC. Emergency limits run day and night and need no calendar year.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from handbook.calendar import WorkCalendar

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class LimitUnit(StrEnum):
    """Unit of time of a limit (计时单位)."""

    EMERGENCY_HOUR = "emergency_hour"
    EMERGENCY_DAY = "emergency_day"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"

    @property
    def is_continuous(self) -> bool:
        """Whether nights and holidays count."""
        return self in (LimitUnit.EMERGENCY_HOUR, LimitUnit.EMERGENCY_DAY)

    @property
    def chinese(self) -> str:
        return _UNIT_NAMES[self]


_UNIT_NAMES = {
    LimitUnit.EMERGENCY_HOUR: "紧急工作时",
    LimitUnit.EMERGENCY_DAY: "紧急工作日",
    LimitUnit.WORKING_HOUR: "工作时",
    LimitUnit.WORKING_DAY: "工作日",
}


class Light(StrEnum):
    """Warning light (示警灯) of a running limit."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class ClockMoveNotAllowed(ValueError):
    """A paused clock cannot be paused, a running one cannot be resumed."""


@dataclass(frozen=True)
class TimeLimit:
    """A time limit (时限): so many hours or days of one kind."""

    amount: int
    unit: LimitUnit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"a time limit is at least 1, not {self.amount}")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit.chinese}"

    def seconds(self, calendar: WorkCalendar) -> int:
        """The limit in seconds of its own kind of time."""
        match self.unit:
            case LimitUnit.EMERGENCY_DAY:
                return self.amount * 86_400
            case LimitUnit.WORKING_DAY:
                return self.amount * calendar.working_day_seconds
            case LimitUnit.EMERGENCY_HOUR | LimitUnit.WORKING_HOUR:
                return self.amount * 3_600


def due_at(start: datetime, limit: TimeLimit, calendar: WorkCalendar) -> datetime:
    """When a limit that starts now ends (截止时间)."""
    return add(start, limit.seconds(calendar), limit.unit, calendar)


def add(start: datetime, seconds: float, unit: LimitUnit, calendar: WorkCalendar) -> datetime:
    """The earliest moment by which so much time of the unit's kind has passed since `start`."""
    if seconds < 0:
        raise ValueError("time is added forwards only")
    if seconds == 0:
        return _aware(start).astimezone(UTC)
    return _shift(start, _microseconds(seconds), unit, calendar)


def working_seconds(start: datetime, end: datetime, unit: LimitUnit, calendar: WorkCalendar) -> float:
    """Time of the unit's kind between two moments; negative when `end` is before `start`."""
    return _elapsed(start, end, unit, calendar) / _SECOND


def remaining(due: datetime, at: datetime, unit: LimitUnit, calendar: WorkCalendar) -> float:
    """Seconds of the unit's kind left until `due`; negative when overdue (超期)."""
    return working_seconds(at, due, unit, calendar)


def light_of(share: float, *, yellow: float = 0.8, red: float = 1.0) -> Light:
    """示警灯 of the used share of a limit: yellow from 80 %, red above 100 % (docs/domain.md, "Clocks")."""
    if share > red:
        return Light.RED
    return Light.YELLOW if share >= yellow else Light.GREEN


@dataclass(frozen=True)
class Stretch:
    """A stretch of time (时段), from one moment until another."""

    begins_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if _aware(self.ends_at) < _aware(self.begins_at):
            raise ValueError(f"{self.begins_at} is after {self.ends_at}")


@dataclass(frozen=True)
class HandlingClock:
    """The clock of a time limit (计时器): runs, pauses, resumes, is extended; every move gives a new clock.

    `started_at` is when the present stretch of running began; `ran` are the stretches before it, kept as an
    outage may be credited after a pause, and `spent_seconds` is what they used of the limit.
    """

    limit: TimeLimit
    started_at: datetime
    spent_seconds: float = 0.0
    paused_at: datetime | None = None
    granted: tuple[TimeLimit, ...] = ()
    ran: tuple[Stretch, ...] = ()
    outages: tuple[Stretch, ...] = ()
    credited_seconds: float = 0.0

    @classmethod
    def start(cls, limit: TimeLimit, at: datetime) -> "HandlingClock":
        return cls(limit=limit, started_at=_aware(at))

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def extensions(self) -> int:
        """How often the limit was extended (延期次数)."""
        return len(self.granted)

    def pause(self, at: datetime, calendar: WorkCalendar) -> "HandlingClock":
        """挂账, 回退待审, or the end: no time is used until it is resumed."""
        if self.paused_at is not None:
            raise ClockMoveNotAllowed(f"paused since {self.paused_at}, cannot pause at {at}")
        spent = self._spent(at, calendar)
        ran = Stretch(self.started_at, max(_aware(at), self.started_at))
        return replace(self, spent_seconds=spent / _SECOND, paused_at=at, ran=(*self.ran, ran))

    def resume(self, at: datetime) -> "HandlingClock":
        """What was left goes on: after a pause, or by another dispatch to the same unit."""
        if self.paused_at is None:
            raise ClockMoveNotAllowed(f"runs since {self.started_at}, cannot resume at {at}")
        return replace(self, started_at=_aware(at), paused_at=None)

    def restart(self, at: datetime) -> "HandlingClock":
        """A fresh full limit: rework (返工), reopening, or another unit."""
        return HandlingClock.start(self.limit, at)

    def extend(self, limit: TimeLimit) -> "HandlingClock":
        """延期: so much more, usually the original limit once again; it must be of the same kind of time."""
        if limit.unit.is_continuous != self.limit.unit.is_continuous:
            raise ValueError(f"{self.limit} cannot be extended by {limit}: another kind of time")
        return replace(self, granted=(*self.granted, limit))

    def credit(
        self, outage_from: datetime, outage_until: datetime, calendar: WorkCalendar
    ) -> "HandlingClock":
        """Give back what an outage (故障) of ours took: the limit grows by the time that counted during it.

        Only while the clock ran, only in the limit's own kind of time, and the same moments only once.
        """
        fresh = _without(Stretch(outage_from, outage_until), self.outages)
        running = self.ran if self.is_paused else (*self.ran, Stretch(self.started_at, _LAST_MOMENT))
        counted = sum(self._common(outage, stretch, calendar) for outage in fresh for stretch in running)
        return replace(
            self,
            outages=tuple(sorted((*self.outages, *fresh), key=lambda outage: outage.begins_at)),
            credited_seconds=self.credited_seconds + counted / _SECOND,
        )

    def total_seconds(self, calendar: WorkCalendar) -> float:
        """The limit with its extensions and with what was credited."""
        granted = sum(limit.seconds(calendar) for limit in (self.limit, *self.granted))
        return granted + self.credited_seconds

    def due_at(self, calendar: WorkCalendar) -> datetime:
        """When the limit ends; for a paused clock, as if it went on at the moment of pausing."""
        left = _microseconds(self.total_seconds(calendar)) - _microseconds(self.spent_seconds)
        return _shift(self.paused_at or self.started_at, left, self.limit.unit, calendar)

    def used_seconds(self, at: datetime, calendar: WorkCalendar) -> float:
        return self._spent(at, calendar) / _SECOND

    def remaining_seconds(self, at: datetime, calendar: WorkCalendar) -> float:
        """What is left in the limit's own time; negative when overdue."""
        return self.total_seconds(calendar) - self.used_seconds(at, calendar)

    def used_share(self, at: datetime, calendar: WorkCalendar) -> float:
        """The share of the limit that is used, in the limit's own time; above 1 when overdue."""
        return self.used_seconds(at, calendar) / self.total_seconds(calendar)

    def is_overdue(self, at: datetime, calendar: WorkCalendar) -> bool:
        """超期: the due time has passed."""
        return self._is_past(self.used_share(at, calendar), at, calendar)

    def light(self, at: datetime, calendar: WorkCalendar, *, yellow: float = 0.8, red: float = 1.0) -> Light:
        """示警灯: by the share of the limit that is used, in the limit's own time."""
        used = self.used_share(at, calendar)
        if red == 1 and self._is_past(used, at, calendar):
            return Light.RED
        return light_of(used, yellow=yellow, red=red)

    def _is_past(self, used: float, at: datetime, calendar: WorkCalendar) -> bool:
        if used != 1:
            return used > 1
        # The limit ran out exactly at the end of working hours: the evening after it is late all the same.
        return (self.paused_at or at) > self.due_at(calendar)

    def _spent(self, at: datetime, calendar: WorkCalendar) -> int:
        spent = _microseconds(self.spent_seconds)
        if self.paused_at is not None:
            return spent
        return spent + max(_elapsed(self.started_at, at, self.limit.unit, calendar), 0)

    def _common(self, one: Stretch, other: Stretch, calendar: WorkCalendar) -> int:
        begins_at, ends_at = max(one.begins_at, other.begins_at), min(one.ends_at, other.ends_at)
        return _elapsed(begins_at, ends_at, self.limit.unit, calendar) if begins_at < ends_at else 0


def _without(stretch: Stretch, taken: tuple[Stretch, ...]) -> list[Stretch]:
    """The parts of a stretch that lie in none of those taken, which are in order and do not overlap."""
    parts, begins_at = [], stretch.begins_at
    for other in taken:
        if begins_at < min(other.begins_at, stretch.ends_at):
            parts.append(Stretch(begins_at, min(other.begins_at, stretch.ends_at)))
        begins_at = max(begins_at, other.ends_at)
    if begins_at < stretch.ends_at:
        parts.append(Stretch(begins_at, stretch.ends_at))
    return parts


def _elapsed(start: datetime, end: datetime, unit: LimitUnit, calendar: WorkCalendar) -> int:
    if unit.is_continuous:
        return (_aware(end) - _aware(start)) // _MICROSECOND
    return calendar.worked_until(_aware(end)) - calendar.worked_until(_aware(start))


def _shift(start: datetime, microseconds: int, unit: LimitUnit, calendar: WorkCalendar) -> datetime:
    if unit.is_continuous:
        return (_aware(start) + timedelta(microseconds=microseconds)).astimezone(UTC)
    return calendar.moment_when_worked(calendar.worked_until(_aware(start)) + microseconds)


def _microseconds(seconds: float) -> int:
    return round(seconds * _SECOND)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment
