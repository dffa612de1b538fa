"""Withdrawal (撤回): a case that ended otherwise is taken from whoever has it, whatever goes on."""

from datetime import datetime

from case_contracts.intake import CaseForceClosed, CaseMerged
from services.dispatch.domain.reactions import (
    Ending,
    Reaction,
    done_key,
    fed_back_key,
    reaction_to,
    returned_key,
)
from services.dispatch.domain.states import HELD_BY_UNIT, AssignmentState
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep, note
from services.dispatch.stages._lapsing import lapse_orders, lapse_requests
from services.dispatch.stages._telling import RESEND, tell_withdrawn


def withdraw_task(tx: DispatchTransaction, ended: Ending, *, at: datetime) -> None:
    """作废, 强制结案, 并案: the unit that has the task is told, and what it still sends is refused."""
    assignment = tx.assignments.find(ended.case_number)
    reaction = reaction_to(ended, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, ended, at=at)
        return
    before, reason = assignment.state, _reason(ended)
    lapse_requests(tx, assignment, reason=f"任务已撤回：{reason}", at=at)
    lapse_orders(tx, assignment, reason=f"任务已撤回：{reason}")
    withdrawn = assignment.withdraw(reason=reason, at=at)
    tx.cancel_wake(RESEND, ended.case_number)
    keep(
        tx,
        assignment,
        withdrawn,
        action="withdraw",
        from_state=before,
        actor=ended.sender,
        at=at,
        reason=reason,
    )
    if before in (*HELD_BY_UNIT, AssignmentState.FED_BACK):
        tell_withdrawn(tx, assignment, assignment.unit, reason=reason, at=at)
    # What waited for a move that will not come is noted now.
    for key in (fed_back_key, done_key, returned_key):
        tx.released(key(ended.case_number))


def _reason(ended: Ending) -> str:
    if isinstance(ended, CaseMerged):
        return f"并入案件 {ended.into_case_number}"
    return f"强制结案：{ended.reason}" if isinstance(ended, CaseForceClosed) else ended.reason
