"""Feedback (处理反馈): the unit says that the problem is gone, with words and photos; its clock stops."""

from collections.abc import Sequence
from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.reactions import fed_back_key
from services.dispatch.domain.refusals import RuleBroken, require_text
from services.dispatch.domain.states import AssignmentState
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages import handling
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._lapsing import lapse_requests
from services.dispatch.stages._receipts import photos_of


def submit_feedback(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    text: str,
    receipts: Sequence[str],
    turn: Turn | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """反馈: complete or refused; an unsigned task is signed by it."""
    by.require(Action.HANDLE_TASK)
    assignment = tx.assignments.get(case_number)
    assignment.require(turn, by.responsible_unit)
    if not assignment.with_unit:
        raise assignment.not_allowed(AssignmentState.FED_BACK)
    text = require_text("text", text, at_most=2000, case_number=case_number)
    if not receipts:
        raise RuleBroken("receipts", "至少需要一张处置后照片的上传回执", case_number)
    photos = photos_of(tx, assignment, receipts)
    if assignment.state is AssignmentState.AWAITING_SIGNATURE:
        handling.sign(tx, case_number, turn=turn, at=at, by=by)
        assignment = tx.assignments.get(case_number)
    lapse_requests(tx, assignment, reason="已反馈，申请失效", at=at)
    before = assignment.state
    submitted = assignment.feed_back(text=text, photos=photos, at=at, calendar=handbook.calendar)
    announced = keep(
        tx,
        assignment,
        submitted,
        action="feedback",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=text,
    )
    tx.released(fed_back_key(case_number))
    return announced
