"""Tasks (现场任务): a collector is sent to confirm a problem before filing, or to verify that it is gone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handbook.working_time import HandlingClock
from services.intake.domain.position import Position
from services.intake.domain.refusals import MoveNotAllowed, RuleBroken, TaskGivenOn


class TaskKind(StrEnum):
    """核实 (before filing) or 核查 (after handling)."""

    CONFIRMATION = "confirmation"
    VERIFICATION = "verification"

    @property
    def chinese(self) -> str:
        """What a collector reads."""
        return {"confirmation": "核实", "verification": "核查"}[self.value]


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What the collector found: 属实, 不属实; 已解决, 未解决, 无法判断."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    GONE = "gone"
    REMAINS = "remains"
    UNCLEAR = "unclear"


ALLOWED_MOVES: dict[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.ANSWERED, TaskState.WITHDRAWN}),
    TaskState.ANSWERED: frozenset(),
    TaskState.WITHDRAWN: frozenset(),
}

OUTCOMES: dict[TaskKind, frozenset[Outcome]] = {
    TaskKind.CONFIRMATION: frozenset({Outcome.CONFIRMED, Outcome.DENIED}),
    TaskKind.VERIFICATION: frozenset({Outcome.GONE, Outcome.REMAINS, Outcome.UNCLEAR}),
}

_NEEDS_WORDS = frozenset({Outcome.DENIED, Outcome.REMAINS, Outcome.UNCLEAR})


@dataclass(kw_only=True)
class Task:
    """One errand of one collector, due within the minutes of docs/domain.md, "Clocks"."""

    task_id: str
    kind: TaskKind
    report_number: str
    collector: str
    asked_at: datetime
    due_at: datetime
    case_number: str | None = None
    round: int = 0
    state: TaskState = TaskState.OPEN
    outcome: Outcome | None = None
    words: str = ""
    photos: tuple[str, ...] = ()
    position: Position | None = None
    ended_at: datetime | None = None
    claimed_at: datetime | None = None
    counted: HandlingClock | None = None
    """What outages gave back of its time; None before any did."""
    withdrawn_because: str = ""
    """Why nobody waits for this collector any more; empty when the case itself ended."""

    @property
    def in_time(self) -> bool:
        """Whether it was answered within its limit."""
        return self.ended_at is not None and self.ended_at <= self.due_at

    def answer(
        self,
        outcome: Outcome,
        *,
        words: str,
        photos: tuple[str, ...],
        position: Position | None,
        at: datetime,
    ) -> None:
        """The collector says what is to be seen there."""
        if self.state is TaskState.WITHDRAWN and self.withdrawn_because:
            raise TaskGivenOn(self.task_id, self.withdrawn_because)
        self._move_to(TaskState.ANSWERED)
        self._check(outcome, words, photos)
        self.outcome, self.words, self.photos, self.position = outcome, words.strip(), photos, position
        self.ended_at = at

    def withdraw(self, *, at: datetime, because: str = "") -> None:
        """Nobody needs to go any more, or somebody else does."""
        self._move_to(TaskState.WITHDRAWN)
        self.withdrawn_because = because
        self.ended_at = at

    def _check(self, outcome: Outcome, words: str, photos: tuple[str, ...]) -> None:
        if outcome not in OUTCOMES[self.kind]:
            allowed = ", ".join(sorted(OUTCOMES[self.kind]))
            raise RuleBroken("outcome", f"应为以下之一：{allowed}", f"Must be one of: {allowed}.")
        if outcome in _NEEDS_WORDS and not words.strip():
            raise RuleBroken("words", "必须说明现场情况", "Say what was found.")
        if self.kind is TaskKind.VERIFICATION and not photos and outcome is not Outcome.UNCLEAR:
            raise RuleBroken("photos", "核查至少需要一张照片", "A verification needs at least one photo.")

    def _move_to(self, state: TaskState) -> None:
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.task_id, self.state, state)
        self.state = state
