"""Handling (任务处理): the responsible unit signs its task; what it has lost or left lying is sent again."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.supervision_order import OrderState
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages import supervision_order, suspension
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import RESEND, resend_later, tell_task

MOST_ORDERS = 1_000


def sign(
    tx: DispatchTransaction, case_number: str, *, turn: Turn | None = None, at: datetime, by: Actor
) -> Announced:
    """签收: the unit has the task. ``turn`` says which task is meant; None: the current one."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    before = assignment.state
    started = assignment.sign(at=at)
    tx.cancel_wake(RESEND, case_number)
    return keep(tx, assignment, started, action="sign", from_state=before, actor=by.person_id, at=at)


def resync(tx: DispatchTransaction, handbook: Handbook, *, at: datetime, by: Actor) -> int:
    """重新同步: the unit lost what it had; its open tasks and orders are sent again. How many tasks."""
    by.require(Action.HANDLE_TASK)
    own = by.responsible_unit or ""
    tasks = tx.assignments.tasks_of(own)
    for assignment in tasks:
        tell_task(tx, handbook, assignment, at=at)
        if assignment.state is AssignmentState.SUSPENDED:
            suspension.tell_suspended(tx, assignment, at=at)
    for order in tx.orders.page(states=[OrderState.OPEN], responsible_unit=own, limit=MOST_ORDERS):
        supervision_order.tell_order(tx, order, at=at)
    return len(tasks)


def resend_unsigned(
    tx: DispatchTransaction, handbook: Handbook, case_number: str, turn: Turn, *, at: datetime
) -> None:
    """A day after it was sent: a task that is still unsigned is sent again, and so every day."""
    assignment = tx.assignments.find(case_number)
    if assignment is None or assignment.turn != turn:
        return
    if assignment.state is AssignmentState.AWAITING_SIGNATURE:
        tell_task(tx, handbook, assignment, at=at)
    if assignment.state in (AssignmentState.AWAITING_SIGNATURE, AssignmentState.RETURN_UNDER_REVIEW):
        resend_later(tx, assignment, at=at)
