"""What dispatch is woken for (到时提醒): unsigned tasks, clocks that run out, unanswered orders."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.wakes import Wakes
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import handling, supervision_order, watching
from services.dispatch.stages._keeping import WATCH
from services.dispatch.stages._lapsing import REPLY_DUE
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

    @wakes.on(WATCH)
    def on_watch(tx: DispatchTransaction, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
        watching.look(tx, handbook(), subject, at=at)

    @wakes.on(REPLY_DUE)
    def on_supervision_reply_due(
        tx: DispatchTransaction, subject: str, payload: dict[str, Any], *, at: datetime
    ) -> None:
        supervision_order.reply_was_due(tx, subject, at=at)

    return wakes
