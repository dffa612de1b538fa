"""What dispatch is woken for: a task that its unit has not signed for a day is sent again (催签)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.wakes import Wakes
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import handling
from services.dispatch.stages._telling import RESEND


def wake_ups(handbook: Callable[[], Handbook]) -> Wakes:
    """All wake-ups of dispatch."""
    wakes = Wakes()

    @wakes.on(RESEND)
    def on_task_resend(
        tx: DispatchTransaction, subject: str, payload: dict[str, Any], *, at: datetime
    ) -> None:
        turn = Turn(round=payload["round"], dispatch_number=payload["dispatch_number"])
        handling.resend_unsigned(tx, handbook(), subject, turn, at=at)

    return wakes
