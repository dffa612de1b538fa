"""Rework (返工): verification failed, and the same unit has to do it again with its full limit."""

from datetime import datetime

from case_contracts.codes import SupervisionKind
from case_contracts.intake import VerificationFailed
from handbook import Handbook
from services.dispatch.domain import rework
from services.dispatch.domain.reactions import Reaction, reaction_to
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import supervision_order
from services.dispatch.stages._keeping import keep, note
from services.dispatch.stages._telling import tell_task


def order_rework(
    tx: DispatchTransaction, handbook: Handbook, failed: VerificationFailed, *, at: datetime
) -> None:
    """核查不通过: a new round begins with the unit that fed back; the second time it is pressed formally."""
    assignment = tx.assignments.find(failed.case_number)
    reaction = reaction_to(failed, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, failed, at=at)
        return
    before = assignment.state
    ordered = rework.order_rework(
        assignment, round=failed.round, reason=failed.reason, at=at, calendar=handbook.calendar
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
    supervision_order.await_replies(tx, assignment, at=at)
    if assignment.reworks >= handbook.settings.rework_supervision_after:
        supervision_order.order(
            tx,
            handbook,
            assignment,
            kind=SupervisionKind.REPEATED_REWORK,
            words=f"已第 {assignment.reworks} 次返工，请说明原因和整改措施",
            at=at,
        )
