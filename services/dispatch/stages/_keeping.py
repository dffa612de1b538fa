"""Keeping (留痕): a changed assignment is stored together with its flow record and its fact."""

from datetime import datetime

from case_contracts.facts import Fact
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.ports import Announced, DispatchTransaction


def keep(
    tx: DispatchTransaction,
    assignment: Assignment,
    fact: Fact,
    *,
    action: str,
    from_state: str,
    actor: str,
    at: datetime,
    reason: str = "",
) -> Announced:
    """Store one move, write it down and publish it."""
    tx.assignments.save(assignment)
    record(tx, assignment, fact, action=action, from_state=from_state, actor=actor, at=at, reason=reason)
    return tx.announce(fact, at=at)


def record(
    tx: DispatchTransaction,
    assignment: Assignment,
    fact: Fact,
    *,
    action: str,
    from_state: str,
    actor: str,
    at: datetime,
    reason: str = "",
) -> None:
    """Write a flow record."""
    tx.flow.add(
        FlowRecord(
            case_number=assignment.case_number,
            at=at,
            actor=actor,
            action=action,
            from_state=from_state,
            to_state=assignment.state,
            round=assignment.round,
            dispatch_number=assignment.dispatch_number,
            reason=reason,
            fact_type=fact.name,
        )
    )


def note(tx: DispatchTransaction, assignment: Assignment, fact: Fact, *, at: datetime) -> None:
    """A fact of intake that changes nothing here is still written down."""
    record(tx, assignment, fact, action="noted", from_state=assignment.state, actor=fact.sender, at=at)
