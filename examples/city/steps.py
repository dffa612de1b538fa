"""The steps of a plan in their order, live or at their historical moments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from examples.city.log import Log, Story


@dataclass
class Pace:
    """When a step may be taken.

    Live (``replay`` false) every step is due at once and no moment is claimed. In a replay a step is due
    when the simulated time ``until`` has reached the moment that the plan gives it.
    """

    log: Log
    replay: bool = False
    until: datetime | None = None
    held: Mapping[int, str] = field(default_factory=dict)
    """Plans that stand still for now: index of the plan → the step that nobody takes."""

    def due(self, story: Story, step: str) -> bool:
        """Whether this step may be taken now."""
        if self.held.get(story.plan.index) == step:
            return False
        if not self.replay:
            return True
        moment = self.moment(story, step)
        return moment is not None and self.until is not None and moment < self.until

    def planned(self, story: Story, *steps: str) -> list[str]:
        """Those of the steps that will happen: live all, in a replay those that have a moment."""
        return [step for step in steps if not self.replay or step in story.plan.times]

    def moment(self, story: Story, step: str) -> datetime | None:
        """The historical moment of the step's next turn; None when live or when it never happens."""
        turn = story.done[step] + 1
        return story.plan.times.get(step if turn == 1 else f"{step}.{turn}") if self.replay else None


Desk = Callable[[], int]
"""One look at a work list: does what is due, answers how much that was."""
