"""Urging (催办): a reminder to the unit that has a task; nothing else changes."""

from datetime import datetime

from case_contracts import units
from case_contracts.dispatch import UnitUrged
from case_contracts.roles import Action, Actor
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import require_text
from services.dispatch.domain.supervision_order import require_pressable
from services.dispatch.domain.suspension import CLOCK
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._telling import tell_notice


def urge_unit(tx: DispatchTransaction, case_number: str, *, words: str, at: datetime, by: Actor) -> Announced:
    """催办 by hand."""
    by.require(Action.URGE_UNIT)
    assignment = tx.assignments.get(case_number)
    words = require_text("words", words, at_most=500, case_number=case_number)
    return urge(tx, assignment, words=words, at=at, urged_by=by.person_id)


def urge(
    tx: DispatchTransaction, assignment: Assignment, *, words: str, at: datetime, urged_by: str = CLOCK
) -> Announced:
    """催办, by itself when an unsigned task has waited too long."""
    require_pressable(assignment, "催办")
    urged = UnitUrged(**assignment.named, words=words, urged_by=urged_by, urged_at=at)
    notice = units.Urge(**assignment.named, words=words, urged_at=at)
    tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    state = assignment.state
    return keep(tx, assignment, urged, action="urge", from_state=state, actor=urged_by, at=at, reason=words)
