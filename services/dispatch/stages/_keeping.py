"""Keeping (留痕): a changed assignment is stored together with its flow record, its fact and its wake-up."""

from datetime import datetime

from case_contracts.facts import Fact
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.ports import Announced, DispatchTransaction

WATCH = "watch"
"""The wake-up of an assignment: one of its clocks runs out."""


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
    save(tx, assignment)
    record(tx, assignment, fact, action=action, from_state=from_state, actor=actor, at=at, reason=reason)
    return tx.announce(fact, at=at)


def save(tx: DispatchTransaction, assignment: Assignment) -> None:
    """Store an assignment, and be woken when the next of its clocks runs out."""
    watch(tx, assignment)
    tx.assignments.save(assignment)


def watch(tx: DispatchTransaction, assignment: Assignment) -> None:
    """Wish for the wake-up that the assignment needs now, if it is another one than before."""
    if assignment.next_look_at == assignment.watched_at:
        return
    assignment.watched_at = assignment.next_look_at
    if assignment.watched_at is None:
        tx.cancel_wake(WATCH, assignment.case_number)
    else:
        tx.wake(WATCH, assignment.case_number, assignment.watched_at, {})


def record(
    tx: DispatchTransaction,
    assignment: Assignment,
    fact: Fact | None,
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
            fact_type="" if fact is None else fact.name,
        )
    )


def note(tx: DispatchTransaction, assignment: Assignment, fact: Fact, *, at: datetime) -> None:
    """A fact of intake that changes nothing here is still written down."""
    record(tx, assignment, fact, action="noted", from_state=assignment.state, actor=fact.sender, at=at)
