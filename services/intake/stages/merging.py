"""Merging (并案): two cases are one problem; one ends, and its reports are answered with the other."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from services.intake.domain.case import Case
from services.intake.domain.refusals import NotFound, RuleBroken
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import closing, keeping


def merge_case(
    tx: IntakeTransaction, case_number: str, into_case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """并案: whatever goes on with the one is called off; the other must still be open."""
    by.require(Action.MERGE_CASE)
    case, other = _held(tx, case_number, into_case_number)
    before = case.state
    merged = case.merge_into(other, at=at, supervisor=by.person_id)
    tx.cases.save(other)
    announced = keeping.case_moved(
        tx, case, merged, "merge_case", before=before, at=at, by=by, reason=into_case_number
    )
    keeping.case_noted(tx, other, merged, "take_in_case", at=at, by=by, reason=case_number)
    closing.call_off(tx, case, at=at)
    return announced


def lasting(tx: IntakeTransaction, case_number: str) -> Case | None:
    """The case that goes on for this one: itself, or what it was merged into; held."""
    case = tx.cases.find(case_number)
    while case is not None and case.merged_into is not None:
        case = tx.cases.find(case.merged_into)
    return case


def _held(tx: IntakeTransaction, case_number: str, into_case_number: str) -> tuple[Case, Case]:
    # Always in the order of numbers: two supervisors may merge the same two cases crosswise.
    found = {number: tx.cases.find(number) for number in sorted({case_number, into_case_number})}
    case, other = found[case_number], found[into_case_number]
    if case is None:
        raise NotFound(f"case/{case_number}")
    if other is None:
        raise RuleBroken("into_case_number", "没有这个案卷", "There is no such case.")
    return case, other
