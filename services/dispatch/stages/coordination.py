"""Coordination (协调, 确权): whose a difficult case is, decided in writing; the rules that come of it."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain import responsibility, returning
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.decided_duty import DecidedDuty
from services.dispatch.domain.refusals import RuleBroken, require_text
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages import dispatching
from services.dispatch.stages._keeping import keep


def decide_responsibility(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    decision: str,
    responsible_unit: str | None = None,
    becomes_rule: bool = False,
    fallback: bool = False,
    at: datetime,
    by: Actor,
) -> Announced:
    """确权: the unit gets the task at once and cannot send it back; with ``fallback`` it is the township."""
    by.require(Action.DECIDE_RESPONSIBILITY)
    assignment = tx.assignments.get(case_number)
    decision = require_text("decision", decision, at_most=2000, case_number=case_number)
    unit = _township(handbook, assignment, responsible_unit) if fallback else responsible_unit
    if unit is None:
        raise RuleBroken("responsible_unit", "必填，不能为空", case_number)
    responsibility.require_units(unit, (), handbook.units)
    before = assignment.state
    decided = returning.decide_responsibility(
        assignment,
        unit,
        decision=decision,
        dispatcher=by.person_id,
        at=at,
        becomes_rule=becomes_rule,
        fallback=fallback,
    )
    keep(
        tx,
        assignment,
        decided,
        action="decide_responsibility",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=decision,
    )
    if becomes_rule:
        tx.decided_duties.put(
            DecidedDuty(
                subcategory=assignment.subcategory,
                area=assignment.responsibility_grid,
                responsible_unit=unit,
                decision=decision,
                case_number=case_number,
                decided_by=by.person_id,
                decided_at=at,
            )
        )
    return dispatching.give(
        tx, handbook, assignment, responsible_unit=unit, reason=decision, dispatcher=by.person_id, at=at
    )


def rules(tx: DispatchTransaction, *, after: str | None, limit: int, by: Actor) -> list[DecidedDuty]:
    """确权规则 in force."""
    by.require(Action.READ_CASE_FILES)
    return tx.decided_duties.page(after=after, limit=limit)


def remove_rule(tx: DispatchTransaction, key: str, *, at: datetime, by: Actor) -> DecidedDuty:
    """取消规则: the handbook's duties hold again; who removed it stays written down."""
    by.require(Action.DECIDE_RESPONSIBILITY)
    rule = tx.decided_duties.get(key)
    rule.removed_by, rule.removed_at = by.person_id, at
    tx.decided_duties.put(rule)
    return rule


def _township(handbook: Handbook, assignment: Assignment, given: str | None) -> str:
    township = handbook.township(assignment.unit_grid_code)
    if township is None:
        raise RuleBroken("fallback", "该区域没有可兜底的属地单位", assignment.case_number)
    if given not in (None, township):
        raise RuleBroken("responsible_unit", f"属地兜底单位应为 {township}", assignment.case_number)
    return township
