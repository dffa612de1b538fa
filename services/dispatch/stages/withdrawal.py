"""Withdrawal (撤回): a voided case is taken from whoever has it; voiding wins over everything else."""

from datetime import datetime

from case_contracts.intake import CaseVoided
from services.dispatch.domain.reactions import Reaction, reaction_to
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep, note
from services.dispatch.stages._telling import RESEND, tell_withdrawn


def withdraw_task(tx: DispatchTransaction, voided: CaseVoided, *, at: datetime) -> None:
    """作废: the assignment ends; the unit that has it is told, and what it still sends is refused."""
    assignment = tx.assignments.find(voided.case_number)
    reaction = reaction_to(voided, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, voided, at=at)
        return
    before = assignment.state
    withdrawn = assignment.withdraw(reason=voided.reason, at=at)
    tx.cancel_wake(RESEND, voided.case_number)
    keep(
        tx,
        assignment,
        withdrawn,
        action="withdraw",
        from_state=before,
        actor=voided.sender,
        at=at,
        reason=voided.reason,
    )
    if withdrawn.responsible_unit is not None:
        tell_withdrawn(tx, assignment, withdrawn.responsible_unit, reason=voided.reason, at=at)
