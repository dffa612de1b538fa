"""The example's own log: what its people did and were told, kept apart from what the system says."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from examples.city.bends import Bend
from examples.city.plans import Plan

LOOKS_EVERY = 0.02
"""Seconds."""


@dataclass
class Story:
    """What has happened to one plan so far, as its people saw it."""

    plan: Plan
    report_number: str = ""
    case_number: str = ""
    outcome: str = ""
    """``not_accepted``, ``not_filed``, ``linked``, ``self_handled``, ``closed``, ``voided``,
    ``force_closed`` or ``merged``, once it is decided."""
    answer: str = ""
    """``answered`` or ``unreachable``, once its reporter was told, or could not be."""
    heard: tuple[str, ...] = ()
    """The kinds of the answers that its reporter was told, in their order."""
    answer_text: str = ""
    """The newest answer."""
    steps: list[tuple[str, datetime | None]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    tasks: list[dict[str, object]] = field(default_factory=list)
    """Each task as the unit received it, in order."""
    urgencies: list[str] = field(default_factory=list)
    """How urgent its unit was told that it is, in order."""
    due_times: list[datetime] = field(default_factory=list)
    """By when its unit was told to have done it, in order."""
    urged_with: list[str] = field(default_factory=list)
    """催办: the words that its unit read."""
    visitors: list[str] = field(default_factory=list)
    """person_id of each collector who was sent for it, in order."""
    begun_at: float = 0.0
    ended_after: float = 0.0
    """Seconds from the report to the end, by the wall clock."""

    @property
    def ended(self) -> bool:
        """Nothing is left to do about it."""
        return bool(self.outcome) and self.done["answer"] >= self.plan.answers

    @property
    def becomes_rule(self) -> bool:
        """Whether the written decision about it is one for the next problem of its kind as well."""
        return self.plan.index % 2 == 0


class Log:
    """All stories; several threads write."""

    def __init__(self, plans: list[Plan]) -> None:
        self.stories = {plan.index: Story(plan) for plan in plans}
        self.by_report: dict[str, Story] = {}
        self.by_case: dict[str, Story] = {}
        self._under_way: dict[int, Story] = {}
        self._merged_into: dict[int | None, list[Story]] = {}
        for story in self.stories.values():
            if story.plan.bend is Bend.MERGED:
                self._merged_into.setdefault(story.plan.original, []).append(story)
        self.appealed = [story for story in self.stories.values() if "appeal" in story.plan.times]
        """Whose unit will appeal (申诉)."""
        self.ended = 0
        self._lock = threading.RLock()
        self.steps_done = 0

    def record(self, story: Story, step: str, at: datetime | None = None, **seen: object) -> None:
        """Write down that a step was taken, and what was learned by it."""
        with self._lock:
            story.steps.append((step, at))
            story.done[step] += 1
            self.steps_done += 1
            for name, value in seen.items():
                setattr(story, name, value)
            if step == "report":
                story.begun_at = time.monotonic()
                self._under_way[story.plan.index] = story
            if story.ended and not story.ended_after:
                story.ended_after = time.monotonic() - story.begun_at
                self.ended += 1
                self._under_way.pop(story.plan.index, None)
            if story.report_number:
                self.by_report[story.report_number] = story
            if story.case_number and story.plan.bend is not Bend.DUPLICATE:
                self.by_case[story.case_number] = story

    def original_of(self, story: Story) -> Story | None:
        """The story that tells of the same problem, for a duplicate and for what is merged."""
        return None if story.plan.original is None else self.stories[story.plan.original]

    def merged_into(self, story: Story) -> list[Story]:
        """The stories that are to be merged into this one's case."""
        return self._merged_into.get(story.plan.index, [])

    @property
    def under_way(self) -> list[Story]:
        """The stories that have begun and are not at their end."""
        with self._lock:
            return list(self._under_way.values())

    @property
    def all_ended(self) -> bool:
        """Nothing is left to do about any plan."""
        return self.ended == len(self.stories)

    def wait_until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition over the log holds; False when the time is over first.

        To be woken by every step would cost more than to look now and then.
        """
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                if reached():
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(LOOKS_EVERY)

    def counts(self) -> dict[str, int]:
        """The figures of the day by this log alone."""
        stories = list(self.stories.values())
        outcomes = Counter(story.outcome for story in stories)
        answers = Counter(story.answer for story in stories)

        def done(step: str) -> int:
            return sum(story.done[step] for story in stories)

        return {
            "reports": sum(1 for story in stories if story.report_number),
            "cases": len(self.by_case),
            "closed": outcomes["closed"],
            "voided": outcomes["voided"],
            "force_closed": outcomes["force_closed"],
            "not_accepted": outcomes["not_accepted"],
            "not_filed": outcomes["not_filed"],
            "linked": outcomes["linked"],
            "self_handled": outcomes["self_handled"],
            "merged": outcomes["merged"],
            "reopened": done("reopen"),
            "reopenings_declined": done("decline-reopening"),
            "coordinated": done("decide_unit"),
            "urgency_raised": done("raise"),
            "extensions_refused": done("refuse-extension"),
            "suspensions_refused": done("refuse-suspension"),
            "extended_twice": sum(1 for story in stories if story.done["grant-extension"] == 2),
            "urged": done("urge"),
            "answered": answers["answered"],
            "unreachable": answers["unreachable"],
            "rework": sum(1 for story in stories if story.plan.bend is Bend.REWORK and story.done["verify"]),
            "sent_back": done("send_back"),
        }
