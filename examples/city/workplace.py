"""What every desk of the example's centre has: a work list, many hands, and a log to write in."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from examples.city.bends import Bend
from examples.city.doors import Refused
from examples.city.log import Log, Story
from examples.city.photos import Camera
from examples.city.plans import plan_index
from examples.city.reporters import People
from examples.city.steps import Pace

T = TypeVar("T")


class Workplace:
    """``hands`` is how many things of all lists are done at the same time."""

    def __init__(self, people: People, log: Log, pace: Pace, camera: Camera, *, hands: int = 1) -> None:
        self.people = people
        self.camera = camera
        self._hands = ThreadPoolExecutor(hands)
        self.log = log
        self.pace = pace
        self._to_visit: list[tuple[str, str]] = []
        """(task_id, person_id of the collector)."""
        self._lock = threading.Lock()

    def _each(self, things: Iterable[T], work: Callable[[T], int]) -> int:
        return sum(self._hands.map(work, things))

    def _list(self, person: Any, path: str, name: str, state: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = person.get(f"/api/{path}", state=state, limit=200)[name]
        return rows

    def _story(self, row: Mapping[str, Any]) -> Story | None:
        index = plan_index(row.get("description", ""))
        story = self.log.stories.get(index) if index is not None else None
        return story if story is not None and story.report_number else None

    def _begun(self, bend: Bend, step: str) -> Iterator[Story]:
        """What the unit has in hand and the desk has still to act on; in a replay it has signed first."""
        for story in self.log.under_way:
            in_hand = story.done["sign"] or (story.tasks and not self.pace.replay)
            if story.plan.bend is bend and story.case_number and in_hand and not story.done[step]:
                yield story

    def _ask(self, operator: Any, story: Story, step: str, path: str) -> int:
        if not self.pace.due(story, step):
            return 0
        at = self.pace.moment(story, step)
        answer = self._post(operator, story, step, path, {}, at)
        if answer is None:
            return 0
        with self._lock:
            self._to_visit.append((answer["task_id"], answer["collector"]))
            story.visitors.append(answer["collector"])
        self.log.record(story, step, at)
        return 1

    def _do(
        self,
        person: Any,
        story: Story,
        step: str,
        path: str,
        command: dict[str, Any],
        *,
        learn: tuple[str, ...] = (),
        **seen: object,
    ) -> int:
        if not self.pace.due(story, step):
            return 0
        at = self.pace.moment(story, step)
        answer = self._post(person, story, step, path, command, at)
        if answer is None:
            return 0
        self.log.record(story, step, at, **seen, **{name: answer[name] for name in learn})
        return 1

    def _post(self, person: Any, story: Story, step: str, path: str, command: dict[str, Any], at: Any) -> Any:
        """The command, under a key of its step; None when a colleague was quicker or the list was old."""
        key = f"example-{story.plan.index}-{step}-{story.done[step]}"
        try:
            return person.post(f"/api/{path}", command, at=at, key=key)
        except Refused as refusal:
            # The photos were examined only after the list was read: the next look shows what was found.
            if refusal.kind in ("move-not-allowed", "evidence-not-seen"):
                return None
            raise
