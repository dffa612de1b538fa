"""Reopening (重新处置): a closed case was not put right; the same unit has its full limit again."""

from datetime import datetime

from case_contracts.intake import CaseReopened
from handbook import Handbook
from services.dispatch.domain import rework
from services.dispatch.domain.reactions import Reaction, reaction_to
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import supervision_order
from services.dispatch.stages._keeping import keep, note
from services.dispatch.stages._telling import tell_task


def reopen_case(tx: DispatchTransaction, handbook: Handbook, reopened: CaseReopened, *, at: datetime) -> None:
    """Straight to handling: the unit knows the case, and is told why; what was withdrawn stays withdrawn."""
    assignment = tx.assignments.find(reopened.case_number)
    reaction = reaction_to(reopened, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, reopened, at=at)
        return
    before = assignment.state
    ordered = rework.reopen(
        assignment, round=reopened.round, reason=reopened.reason, at=at, calendar=handbook.calendar
    )
    keep(
        tx,
        assignment,
        ordered,
        action="reopen",
        from_state=before,
        actor=reopened.sender,
        at=at,
        reason=reopened.reason,
    )
    tell_task(tx, handbook, assignment, at=at)
    supervision_order.await_replies(tx, assignment, at=at)
