"""A reader's pause: under load batches grow for a moment; without load, or when one is full, none waits."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from message_kit import CODEC, CONTENT_TYPE

from chassis import entrypoints
from chassis.entrypoints import BatchQueueReader
from chassis.reading import Delivery, Reader
from chassis.receiving import Outcome, Receiver, Verdict

BATCH = 4
PAUSE = 10.0


class Clock:
    """Time that passes when told, and what is to be done then."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.planned: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.seconds

    def spawn_after(self, seconds: float, function: Callable[[], None]) -> None:
        self.planned.append((self.seconds + seconds, function))

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        due = [function for at, function in self.planned if at <= self.seconds]
        self.planned = [(at, function) for at, function in self.planned if at > self.seconds]
        for function in due:
            function()


class Workers:
    """A container whose workers finish when told; one begins for each batch."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self._finish: Any = None

    def spawn_worker(
        self, _entrypoint: Any, arguments: tuple[Sequence[Delivery]], _named: Any, *, handle_result: Any
    ) -> None:
        (deliveries,) = arguments
        self.batches.append(len(deliveries))
        self._finish = lambda: handle_result(None, [Verdict(Outcome.OK) for _ in deliveries], None)

    def finish(self) -> None:
        self._finish()


class Queue:
    """A queue's reader with its clock and workers; ``come`` delivers."""

    def __init__(self, clock: Clock, **named: Any) -> None:
        reader = Reader("basket", codec=CODEC, batch=BATCH, **named)
        reader.on_batch(lambda tx, envelopes: None)
        self.clock = clock
        self.workers = Workers()
        self.entrypoint = BatchQueueReader(Receiver(SimpleNamespace(service="orchard"), reader))  # type: ignore[arg-type]
        self.entrypoint.container = self.workers
        self.channel = object()

    @property
    def batches(self) -> list[int]:
        return self.workers.batches

    def come(self, count: int = 1) -> None:
        for _ in range(count):
            message = SimpleNamespace(
                body=b"",
                content_type=CONTENT_TYPE,
                headers={},
                properties={},
                delivery_info={"exchange": "yard", "routing_key": "apple"},
                channel=self.channel,
                ack=lambda **_: None,
            )
            self.entrypoint._take(message)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(entrypoints, "time", clock)
    monkeypatch.setattr(entrypoints, "eventlet", clock)
    return clock


@pytest.fixture
def queue(clock: Clock) -> Queue:
    """A reader that pauses, and has just finished its first message."""
    queue = Queue(clock, pause=PAUSE)
    queue.come()
    queue.workers.finish()
    return queue


def test_the_first_message_does_not_wait(queue: Queue) -> None:
    assert queue.batches == [1]


def test_what_comes_in_the_pause_is_one_batch_that_begins_by_itself(queue: Queue) -> None:
    queue.come()
    queue.come()
    queue.clock.advance(PAUSE - 1)
    queue.come()
    assert queue.batches == [1]

    queue.clock.advance(1)

    assert queue.batches == [1, 3]


def test_a_full_batch_begins_in_the_middle_of_the_pause(queue: Queue) -> None:
    queue.come(BATCH - 1)
    assert queue.batches == [1]

    queue.come()

    assert queue.batches == [1, BATCH]


def test_after_a_quiet_time_nothing_waits(queue: Queue) -> None:
    queue.clock.advance(PAUSE)

    queue.come()

    assert queue.batches == [1, 1]


def test_the_pause_counts_from_the_beginning_of_the_batch_before(queue: Queue) -> None:
    queue.clock.advance(PAUSE)
    queue.come()
    queue.clock.advance(PAUSE - 1)
    queue.workers.finish()
    queue.come()
    assert queue.batches == [1, 1]

    queue.clock.advance(1)

    assert queue.batches == [1, 1, 1]


def test_one_pause_has_one_end_and_the_next_pause_another(queue: Queue) -> None:
    queue.come(2)
    assert len(queue.clock.planned) == 1
    queue.clock.advance(PAUSE)
    queue.workers.finish()

    queue.come()
    queue.clock.advance(PAUSE)

    assert queue.batches == [1, 2, 1]
    assert queue.clock.planned == []


def test_a_pause_that_ends_while_a_batch_is_in_work_begins_none_beside_it(queue: Queue) -> None:
    queue.come()
    queue.come(BATCH - 1)
    queue.come()
    queue.clock.advance(PAUSE)
    assert queue.batches == [1, BATCH]

    queue.workers.finish()

    assert queue.batches == [1, BATCH, 1]


def test_a_reader_that_was_told_of_no_pause_makes_none(clock: Clock) -> None:
    queue = Queue(clock)
    for _ in range(3):
        queue.come()
        queue.workers.finish()

    assert queue.batches == [1, 1, 1]
    assert clock.planned == []
