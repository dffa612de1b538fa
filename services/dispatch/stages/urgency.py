"""Urgency (轻重缓急): raised by intake, it sorts the task first, and its unit is told at once."""

from datetime import datetime

from case_contracts import units
from case_contracts.intake import UrgencyRaised
from services.dispatch.domain import urgency
from services.dispatch.domain.reactions import Reaction, reaction_to
from services.dispatch.domain.states import HELD_BY_UNIT
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep, note, save
from services.dispatch.stages._telling import tell_notice


def raise_urgency(tx: DispatchTransaction, raised: UrgencyRaised, *, at: datetime) -> None:
    """State and due time stay; the unit hears of it on its urgent queue."""
    assignment = tx.assignments.find(raised.case_number)
    reaction = reaction_to(raised, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    changed = None
    if reaction is Reaction.APPLY:
        changed = urgency.raise_urgency(assignment, raised.urgency, at=at)
    if changed is None:
        save(tx, assignment)
        note(tx, assignment, raised, at=at)
        return
    state = assignment.state
    keep(
        tx,
        assignment,
        changed,
        action="raise_urgency",
        from_state=state,
        actor=raised.sender,
        at=at,
        reason=raised.reason,
    )
    if state in HELD_BY_UNIT:
        notice = units.DueTimeChanged(
            **assignment.named,
            due_at=assignment.due,
            urgency=assignment.urgency,
            reason=f"案件调整为{assignment.urgency.chinese}：{raised.reason}",
        )
        tell_notice(tx, notice, at=at, urgent=True)
