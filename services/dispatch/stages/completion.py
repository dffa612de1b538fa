"""Completion (办结): intake has verified and closed the case; nobody here has to act any more."""

from datetime import datetime

from case_contracts.intake import CaseClosed, HandlingVerified
from services.dispatch.domain.reactions import Reaction, done_key, reaction_to
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import note, record, save


def note_verification(tx: DispatchTransaction, verified: HandlingVerified, *, at: datetime) -> None:
    """核查通过: written down; the shift supervisor closes the case."""
    assignment = tx.assignments.find(verified.case_number)
    reaction_to(verified, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    note(tx, assignment, verified, at=at)


def finish(tx: DispatchTransaction, closed: CaseClosed, *, at: datetime) -> None:
    """结案: the assignment is done."""
    assignment = tx.assignments.find(closed.case_number)
    reaction = reaction_to(closed, assignment)
    assert assignment is not None, "a fact about no assignment waits"
    if reaction is Reaction.NOTE:
        note(tx, assignment, closed, at=at)
        return
    before = assignment.state
    assignment.finish()
    save(tx, assignment)
    record(tx, assignment, closed, action="finish", from_state=before, actor=closed.sender, at=at)
    tx.released(done_key(closed.case_number))
