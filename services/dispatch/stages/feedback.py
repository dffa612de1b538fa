"""Feedback (处理反馈): the unit says that the problem is gone, with words and photos; its clock stops."""

from collections.abc import Sequence
from datetime import datetime

from case_contracts.attachment_tokens import BadToken
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.reactions import fed_back_key
from services.dispatch.domain.refusals import RuleBroken, require_text
from services.dispatch.domain.states import AssignmentState
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages import handling
from services.dispatch.stages._keeping import keep
from services.dispatch.stages._lapsing import lapse_requests

MOST_PHOTOS = 20


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
    photos = _photos(tx, assignment, receipts)
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


def _photos(tx: DispatchTransaction, assignment: Assignment, receipts: Sequence[str]) -> tuple[str, ...]:
    """The photos that the receipts stand for; each must be this unit's for this case."""
    if not receipts:
        raise RuleBroken("receipts", "至少需要一张处置后照片的上传回执", assignment.case_number)
    if len(receipts) > MOST_PHOTOS:
        raise RuleBroken("receipts", f"照片不能超过 {MOST_PHOTOS} 张", assignment.case_number)
    return tuple(dict.fromkeys(_photo(tx, assignment, receipt) for receipt in receipts))


def _photo(tx: DispatchTransaction, assignment: Assignment, token: str) -> str:
    try:
        receipt = tx.evidence.receipt(token)
    except BadToken as error:
        raise RuleBroken("receipts", "上传回执无效", assignment.case_number) from error
    if receipt.case_number != assignment.case_number:
        raise RuleBroken("receipts", "上传回执属于其他案件", assignment.case_number)
    if receipt.responsible_unit != assignment.responsible_unit:
        raise RuleBroken("receipts", "上传回执属于其他责任单位", assignment.case_number)
    return receipt.sha256
