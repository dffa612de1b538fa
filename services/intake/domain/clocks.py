"""Clocks (时限): when a post must have done its part, who is called when it has not, and the light."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.roles import Role
from handbook.calendar import WorkCalendar
from handbook.working_time import HandlingClock, Light, LimitUnit, Stretch, TimeLimit, light_of

STILL_IN_TIME = timedelta(seconds=1)
"""What is done at the due moment is in time, so nobody is called before this has passed."""

DAY_AND_NIGHT = TimeLimit(1, LimitUnit.EMERGENCY_HOUR)
"""The kind of time in which every clock of intake's runs; how long its limit is, the due time says."""
NO_CALENDAR = WorkCalendar(range(2020, 2021), {}, {})
"""What runs day and night looks at no calendar, whatever year it is."""

CALLED: dict[Role, tuple[Role, ...]] = {
    Role.INTAKE_OPERATOR: (Role.SHIFT_SUPERVISOR, Role.LEADER),
    Role.COLLECTOR: (Role.SHIFT_SUPERVISOR, Role.LEADER),
    Role.SHIFT_SUPERVISOR: (Role.LEADER,),
}
"""逐级上报: who is called, in turn, when this post has not touched it; docs/domain.md, "Clocks"."""


@dataclass(kw_only=True)
class OnTheClock:
    """What a report and a case share: the time of its owner, and who was called because it ran out."""

    due_at: datetime | None
    """When the owner must have done their part; None once nobody has anything to do."""
    clock_from: datetime | None = None
    """When that limit began; None when it is not intake's to know."""
    called: Role | None = None
    """The highest post that was called because nobody touched it."""
    counted: HandlingClock | None = None
    """How that clock has run, once it has rested or an outage was credited; None: ever since it began."""

    @property
    def limit_given(self) -> timedelta:
        """How long the owner has, or had."""
        if self.due_at is None or self.clock_from is None:
            return timedelta(0)
        return self.due_at - self.clock_from

    @property
    def running(self) -> HandlingClock | None:
        """The owner's clock as the algebra of working time knows it; None when it is not intake's."""
        if self.due_at is None or self.clock_from is None:
            return None
        return self.counted or HandlingClock.start(DAY_AND_NIGHT, self.clock_from)

    def give_back(self, outage: Stretch) -> timedelta:
        """补时: the limit grows by what its clock counted of an outage, and by no moment twice."""
        if (clock := self.running) is None or self.due_at is None:
            return timedelta(0)
        self.counted, taken = given_back(clock, outage)
        self.due_at += taken
        return taken

    def calls_next(self, owner: Role | None) -> tuple[Role, datetime] | None:
        """Who is to be called when, if nobody touches it: at the due time, and after as long again."""
        if owner is None or self.due_at is None:
            return None
        posts = CALLED.get(owner, ())
        step = 0 if self.called is None or self.called not in posts else posts.index(self.called) + 1
        if step >= len(posts):
            return None
        once_more = self.limit_given - timedelta(seconds=self.counted.credited_seconds if self.counted else 0)
        return posts[step], self.due_at + step * once_more + STILL_IN_TIME

    def light(self, at: datetime, *, yellow: float, red: float) -> Light | None:
        """示警灯 by the share of the limit that is used; None when no clock of intake's runs."""
        if self.due_at is None:
            return None
        given = self.limit_given
        if self.clock_from is None or given <= timedelta(0):
            return Light.RED if at > self.due_at else Light.GREEN
        return light_of((at - self.clock_from) / given, yellow=yellow, red=red)

    def _clock(self, from_at: datetime | None, due_at: datetime | None) -> None:
        self.clock_from, self.due_at, self.called, self.counted = from_at, due_at, None, None


def given_back(clock: HandlingClock, outage: Stretch) -> tuple[HandlingClock, timedelta]:
    """A clock with an outage credited, and how much time that gave back."""
    credited = clock.credit(outage.begins_at, outage.ends_at, NO_CALENDAR)
    return credited, timedelta(seconds=credited.credited_seconds - clock.credited_seconds)
