"""Clocks (时限): when a post must have done its part, who is called when it has not, and the light."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.roles import Role
from handbook.working_time import Light, light_of

STILL_IN_TIME = timedelta(seconds=1)
"""What is done at the due moment is in time, so nobody is called before this has passed."""

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

    @property
    def limit_given(self) -> timedelta:
        """How long the owner has, or had."""
        if self.due_at is None or self.clock_from is None:
            return timedelta(0)
        return self.due_at - self.clock_from

    def calls_next(self, owner: Role | None) -> tuple[Role, datetime] | None:
        """Who is to be called when, if nobody touches it: at the due time, and after as long again."""
        if owner is None or self.due_at is None:
            return None
        posts = CALLED.get(owner, ())
        step = 0 if self.called is None or self.called not in posts else posts.index(self.called) + 1
        if step >= len(posts):
            return None
        return posts[step], self.due_at + step * self.limit_given + STILL_IN_TIME

    def light(self, at: datetime, *, yellow: float, red: float) -> Light | None:
        """示警灯 by the share of the limit that is used; None when no clock of intake's runs."""
        if self.due_at is None:
            return None
        given = self.limit_given
        if self.clock_from is None or given <= timedelta(0):
            return Light.RED if at > self.due_at else Light.GREEN
        return light_of((at - self.clock_from) / given, yellow=yellow, red=red)

    def _clock(self, from_at: datetime | None, due_at: datetime | None) -> None:
        self.clock_from, self.due_at, self.called = from_at, due_at, None
