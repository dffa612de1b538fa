"""Rework (返工): verification failed, and the same unit has to do it again with its full limit."""

from datetime import datetime

from case_contracts.intake import VerificationFailed
from handbook import Handbook
from services.dispatch.domain.reactions import Reaction, reaction_to
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep, note
from services.dispatch.stages._telling import tell_task


def order_rework(
    tx: DispatchTransaction, handbook: Handbook, failed: VerificationFailed, *, at: datetime
) -> None:
    """核查不通过: a new round begins with the unit that fed back."""
    assignment = tx.assignments.find(failed.case_number)
    reaction = reaction_to(failed, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, failed, at=at)
        return
    before = assignment.state
    ordered = assignment.order_rework(
        round=failed.round, reason=failed.reason, at=at, calendar=handbook.calendar
    )
    keep(
        tx,
        assignment,
        ordered,
        action="order_rework",
        from_state=before,
        actor=failed.sender,
        at=at,
        reason=failed.reason,
    )
    tell_task(tx, handbook, assignment, at=at)
