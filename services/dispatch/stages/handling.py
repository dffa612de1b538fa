"""Handling (任务处理): the responsible unit signs its task; what it has lost or left lying is sent again."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.assignment import AssignmentState, Turn
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import RESEND, resend_later, tell_task


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
    """重新同步: the unit lost what it had; all its open tasks are sent again. Answers how many."""
    by.require(Action.HANDLE_TASK)
    tasks = tx.assignments.tasks_of(by.responsible_unit or "")
    for assignment in tasks:
        tell_task(tx, handbook, assignment, at=at)
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
