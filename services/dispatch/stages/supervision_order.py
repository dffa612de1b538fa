"""Supervision orders (督办): by hand, or by itself when a task is overdue or reworked again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from case_contracts import units
from case_contracts.codes import SupervisionKind
from case_contracts.roles import Action, Actor, Role
from handbook import Handbook
from services.dispatch.domain import supervision_order
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.escalation import escalate_unanswered_order
from services.dispatch.domain.refusals import OrderNotFound, RuleBroken, require_text
from services.dispatch.domain.states import HELD_BY_UNIT
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder
from services.dispatch.domain.suspension import CLOCK
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep, record
from services.dispatch.stages._lapsing import REPLY_DUE
from services.dispatch.stages._telling import tell_notice

BY_HAND = (SupervisionKind.LEADER, SupervisionKind.IMPORTANT)


def order_supervision(
    tx: DispatchTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    words: str,
    kind: SupervisionKind | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """督办 by hand: a leader's own unless it is said otherwise, anybody else's for an important case."""
    by.require(Action.ORDER_SUPERVISION)
    assignment = tx.assignments.get(case_number)
    words = require_text("words", words, at_most=500, case_number=case_number)
    kind = kind or (SupervisionKind.LEADER if Role.LEADER in by.roles else SupervisionKind.IMPORTANT)
    if kind not in BY_HAND:
        raise RuleBroken("kind", f"应为以下之一：{'、'.join(BY_HAND)}", case_number)
    return order(tx, handbook, assignment, kind=kind, words=words, ordered_by=by.person_id, at=at)


def order(
    tx: DispatchTransaction,
    handbook: Handbook,
    assignment: Assignment,
    *,
    kind: SupervisionKind,
    words: str,
    ordered_by: str = CLOCK,
    at: datetime,
) -> Announced:
    """督办: numbered, kept in its own list, and told on the urgent queue."""
    reply_within = timedelta(hours=handbook.settings.supervision_reply_hours)
    made, ordered = supervision_order.order(
        assignment, kind=kind, words=words, ordered_by=ordered_by, at=at, reply_within=reply_within
    )
    tx.orders.add(made)
    tx.wake(REPLY_DUE, made.order_number, made.reply_by_at, {})
    tell_order(tx, made, at=at)
    state = assignment.state
    return keep(
        tx,
        assignment,
        ordered,
        action="order_supervision",
        from_state=state,
        actor=ordered_by,
        at=at,
        reason=words,
    )


def reply(
    tx: DispatchTransaction,
    order_number: str,
    *,
    text: str,
    case_number: str | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """督办回复: by the unit that the order went to, once."""
    by.require(Action.HANDLE_TASK)
    # The assignment first: whoever ends or returns a task locks in this order.
    assignment = tx.assignments.find(order_number.rpartition("-S")[0])
    if assignment is None:
        raise OrderNotFound(order_number)
    made = tx.orders.get(order_number)
    if made.responsible_unit != by.responsible_unit or case_number not in (None, made.case_number):
        raise OrderNotFound(order_number)
    text = require_text("text", text, at_most=2000, case_number=made.case_number)
    replied = made.reply(text=text, replied_by=by.person_id, at=at)
    tx.orders.save(made)
    tx.cancel_wake(REPLY_DUE, order_number)
    state = assignment.state
    record(
        tx,
        assignment,
        replied,
        action="supervision_reply",
        from_state=state,
        actor=by.person_id,
        at=at,
        reason=text,
    )
    return tx.announce(replied, at=at)


def reply_was_due(tx: DispatchTransaction, order_number: str, *, at: datetime) -> None:
    """Nobody replied: the leader is called, while the unit has the task; not for work that is done."""
    assignment = tx.assignments.find(order_number.rpartition("-S")[0])
    if assignment is None:
        return
    owed = tx.orders.get(order_number)
    if owed.state is not OrderState.OPEN or assignment.state not in HELD_BY_UNIT:
        return
    if owed.reply_by_at > at:  # an outage was credited before this wake-up came
        tx.wake(REPLY_DUE, order_number, owed.reply_by_at, {})
        return
    escalated = escalate_unanswered_order(assignment, order_number, at=at)
    state = assignment.state
    keep(
        tx,
        assignment,
        escalated,
        action="escalate",
        from_state=state,
        actor=CLOCK,
        at=at,
        reason=escalated.reason,
    )


def await_replies(tx: DispatchTransaction, assignment: Assignment, *, at: datetime) -> None:
    """The unit has to work again: what it still owes a reply to calls the leader when due, or at once."""
    for owed in tx.orders.open_of(assignment.case_number):
        tx.wake(REPLY_DUE, owed.order_number, max(owed.reply_by_at, at), {})


def page(
    tx: DispatchTransaction,
    *,
    states: Sequence[OrderState] = (),
    case_number: str | None = None,
    responsible_unit: str | None = None,
    after: str | None = None,
    limit: int,
    by: Actor,
) -> list[SupervisionOrder]:
    """督办列表; a unit's person sees only the unit's own."""
    if by.responsible_unit is not None:
        by.require(Action.HANDLE_TASK)
        responsible_unit = by.responsible_unit
    else:
        by.require(Action.READ_CASE_FILES)
    return tx.orders.page(
        states=states, case_number=case_number, responsible_unit=responsible_unit, after=after, limit=limit
    )


def tell_order(tx: DispatchTransaction, made: SupervisionOrder, *, at: datetime) -> None:
    """The unit is told; again, under the same message id, after a resync."""
    tell_notice(tx, _notice(made), at=at, urgent=True, number=made.order_number)


def tell_more_time(tx: DispatchTransaction, made: SupervisionOrder, *, at: datetime) -> None:
    """补时: the same order once more, with the later time for its reply."""
    number = f"{made.order_number}/{made.reply_by_at.isoformat()}"
    tell_notice(tx, _notice(made), at=at, urgent=True, number=number)


def _notice(made: SupervisionOrder) -> units.SupervisionOrder:
    return units.SupervisionOrder(
        case_number=made.case_number,
        round=made.round,
        dispatch_number=made.dispatch_number,
        responsible_unit=made.responsible_unit,
        order_number=made.order_number,
        kind=made.kind,
        words=made.words,
        ordered_at=made.ordered_at,
        reply_by_at=made.reply_by_at,
    )
