"""Calling up (逐级上报): the clock of whoever has to act, and the posts above, called when they do not."""

from dataclasses import dataclass, replace
from datetime import datetime

from case_contracts.roles import Role
from handbook.calendar import CalendarYearMissing, WorkCalendar
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit


@dataclass(frozen=True, kw_only=True)
class CallingClock:
    """候办计时: when the limit has run out the first post is called, after as long again the next."""

    clock: HandlingClock
    posts: tuple[Role, ...]
    """Who is called, in turn."""
    calls_at: datetime | None = None
    """When the next post is called if nobody acts until then; None when there is none above."""
    called: Role | None = None
    """The highest post that was called."""

    @classmethod
    def start(
        cls, limit: TimeLimit, posts: tuple[Role, ...], *, at: datetime, calendar: WorkCalendar
    ) -> "CallingClock":
        """The owner's time begins."""
        return cls(clock=HandlingClock.start(limit, at), posts=posts)._watched(calendar)

    def is_due(self, at: datetime) -> bool:
        """Whether a post is to be called by now."""
        return self.calls_at is not None and self.calls_at <= at

    def call(self, calendar: WorkCalendar) -> "CallingClock":
        """The next post has it in its list."""
        assert self.calls_at is not None, "there is a post above"
        return replace(self, called=self.posts[self._step])._watched(calendar)

    def credit(self, outage_from: datetime, outage_until: datetime, calendar: WorkCalendar) -> "CallingClock":
        """补时: what an outage of ours took is given back, once, in the limit's own kind of time."""
        return replace(self, clock=self.clock.credit(outage_from, outage_until, calendar))._watched(calendar)

    @property
    def _step(self) -> int:
        return 0 if self.called is None else self.posts.index(self.called) + 1

    def _watched(self, calendar: WorkCalendar) -> "CallingClock":
        if self._step >= len(self.posts):
            return replace(self, calls_at=None)
        clock = self.clock
        for _ in range(self._step):
            clock = clock.extend(clock.limit)
        return replace(self, calls_at=_due_at(clock, calendar))


def _due_at(clock: HandlingClock, calendar: WorkCalendar) -> datetime:
    try:
        return clock.due_at(calendar)
    except CalendarYearMissing:
        # Nothing waits for a calendar that nobody has entered: until then such a limit runs day and night.
        continuous = {
            LimitUnit.WORKING_HOUR: LimitUnit.EMERGENCY_HOUR,
            LimitUnit.WORKING_DAY: LimitUnit.EMERGENCY_DAY,
        }
        limits = [
            TimeLimit(one.amount, continuous.get(one.unit, one.unit)) for one in (clock.limit, *clock.granted)
        ]
        return replace(clock, limit=limits[0], granted=tuple(limits[1:])).due_at(calendar)
