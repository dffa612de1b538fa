"""The example city alive: its people at their desks and its 29 units, each on a thread, until all is done."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from case_contracts.codes import Source
from examples.city.bends import (
    ASKS_FOR_REST,
    ASKS_FOR_TIME,
    DISSATISFIED,
    ENDED_EARLY,
    MENDED_ON_THE_SPOT,
    SENT_BACK,
    Bend,
)
from examples.city.desks import Desks
from examples.city.log import Log
from examples.city.photos import Camera
from examples.city.reporters import People, Reporters
from examples.city.steps import Desk, Pace
from examples.city.units import Units


class City(AbstractContextManager["City"]):
    """All threads of the example; leaving the context ends them.

    ``idle`` is how long, in seconds, a desk rests when its list holds nothing that is due; ``hands`` how
    many things the desks do at the same time.
    """

    def __init__(
        self,
        people: People,
        units: Units,
        log: Log,
        pace: Pace,
        *,
        reporters: int = 2,
        hands: int = 1,
        idle: float = 0.1,
        camera: Camera | None = None,
    ) -> None:
        self.log = log
        self.pace = pace
        self.units = units
        self.idle = idle
        self.errors: list[BaseException] = []
        self.ending = threading.Event()
        voices = Reporters(people, log, pace, camera or Camera(), hands=hands)
        desks = Desks(people, log, pace, camera or Camera(), hands=hands)
        planned = {story.plan.bend for story in log.stories.values()}
        reported = {story.plan.source for story in log.stories.values()}

        def rare(desk: Desk, *bends: Bend) -> tuple[Desk, ...]:
            """A work list that nobody looks at on a day without such a bend."""
            return (desk,) if planned.intersection(bends) else ()

        def by_way_of(desk: Desk, *sources: Source) -> tuple[Desk, ...]:
            """Answers that nobody fetches on a day without such reports."""
            return (desk,) if reported.intersection(sources) else ()

        appeals = (desks.appeal, desks.review_appeals, desks.decide_appeals)
        self._rounds: dict[str, tuple[Desk, ...]] = {
            **{f"reporters-{number}": (voices.report,) for number in range(reporters)},
            "intake": (desks.receive, desks.send_to_verify),
            "supervisor": (
                *rare(desks.judge, *MENDED_ON_THE_SPOT),
                desks.file,
                desks.close,
                *rare(desks.file_again, Bend.FILED_ANEW),
                *rare(desks.raise_urgency, Bend.RAISED),
                *rare(desks.end_early, *ENDED_EARLY),
                *rare(desks.decide_reopenings, *DISSATISFIED),
            ),
            "dispatcher": (
                desks.dispatch,
                *rare(desks.decide_returns, *SENT_BACK),
                *rare(desks.decide_requests, *ASKS_FOR_TIME, *ASKS_FOR_REST),
                *rare(desks.urge, Bend.URGED),
                *rare(desks.supervise, Bend.SUPERVISED),
            ),
            **({"appeals": appeals} if log.appealed else {}),
            "collectors": (desks.walk,),
            "answers": (
                *by_way_of(voices.carry_answers, Source.WECHAT, Source.TRANSFERRED_12345),
                *by_way_of(voices.call_back, Source.HOTLINE),
                *by_way_of(voices.look_up, Source.OPEN311),
                *by_way_of(voices.read_lists, Source.COLLECTOR, Source.VIDEO),
                *rare(voices.complain, *DISSATISFIED),
            ),
        }
        self._threads = [
            threading.Thread(target=self._work, args=(rounds,), name=name, daemon=True)
            for name, rounds in self._rounds.items()
        ]

    def __enter__(self) -> Self:
        self.units.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        for thread in self._threads:
            thread.join(60)
        self.units.stop()

    def wait_until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Wait until the log says so; an error on any thread is raised here."""
        met = self.log.wait_until(lambda: bool(self.errors) or reached(), seconds)
        if self.errors:
            raise self.errors[0]
        return met

    def _work(self, rounds: tuple[Desk, ...]) -> None:
        try:
            while not self.ending.is_set():
                if not sum(desk() for desk in rounds):
                    self.ending.wait(self.idle)
        except Exception as error:
            self.errors.append(error)
            self.ending.set()
