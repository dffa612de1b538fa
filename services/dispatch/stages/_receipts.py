"""Receipts (上传回执): the photos that a unit names, each uploaded by it for this case."""

from collections.abc import Sequence

from case_contracts.attachment_tokens import BadToken
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import RuleBroken
from services.dispatch.ports import DispatchTransaction

MOST_PHOTOS = 20


def photos_of(tx: DispatchTransaction, assignment: Assignment, receipts: Sequence[str]) -> tuple[str, ...]:
    """The SHA-256 of what the receipts stand for; raises RuleBroken for one of another unit or case."""
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
