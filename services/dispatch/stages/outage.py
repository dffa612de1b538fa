"""Outage credit (补时): one command gives back what an outage of the centre's own system took."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from case_contracts import units
from case_contracts.roles import Action, Actor
from handbook import Handbook
from handbook.calendar import COUNTY_TIME
from services.dispatch.domain import outage, undecided
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.refusals import require_text
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import supervision_order
from services.dispatch.stages._keeping import keep, record, save
from services.dispatch.stages._lapsing import REPLY_DUE
from services.dispatch.stages._telling import tell_notice


def credit_outage(
    tx: DispatchTransaction,
    handbook: Handbook,
    *,
    outage_from: datetime,
    outage_until: datetime,
    reason: str,
    at: datetime,
    by: Actor,
) -> Outage:
    """补时: every clock that ran meanwhile is set right in one transaction, and each unit is told.

    Whoever else runs clocks is told of the outage, and does the same with theirs.
    """
    by.require(Action.CREDIT_OUTAGE)
    reason = require_text("reason", reason, at_most=500, case_number="")
    outage.require_stretch(outage_from, outage_until, at=at)
    outage_from, outage_until = outage_from.astimezone(UTC), outage_until.astimezone(UTC)
    entry = _Entry(outage_from=outage_from, outage_until=outage_until, by=by.person_id, at=at)
    credited = [_credit(tx, handbook, one, entry) for one in tx.assignments.with_clocks()]
    _credit_replies(tx, handbook, entry)
    logged = Outage(
        id=f"{at.isoformat()}/{by.person_id}",
        outage_from=outage_from,
        outage_until=outage_until,
        reason=reason,
        credited_by=by.person_id,
        credited_at=at,
        credited=sum(credited),
    )
    tx.outages.add(logged)
    tx.announce(logged.logged(), at=at)
    return logged


def log(tx: DispatchTransaction, *, after: str | None, limit: int, by: Actor) -> list[Outage]:
    """补时记录."""
    by.require(Action.READ_CASE_FILES)
    return tx.outages.page(after=after, limit=limit)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What is entered, by whom and when."""

    outage_from: datetime
    outage_until: datetime
    by: str
    at: datetime

    @property
    def stretch(self) -> dict[str, datetime]:
        return {"outage_from": self.outage_from, "outage_until": self.outage_until}

    @property
    def logged(self) -> dict[str, Any]:
        return {**self.stretch, "credited_by": self.by, "at": self.at}

    @property
    def words(self) -> str:
        return f"系统故障补时：{_local(self.outage_from)} 至 {_local(self.outage_until)}"


def _credit(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment, entry: _Entry) -> bool:
    """Set one assignment's clocks right; whether its unit has a later due time."""
    calendar = handbook.calendar
    minutes = outage.credit_minutes(assignment, **entry.stretch, calendar=calendar)
    decision = outage.credit_dispatcher(
        assignment, **entry.logged, settings=handbook.settings, calendar=calendar
    )
    asked = undecided.credit(assignment, **entry.stretch, calendar=calendar)
    handling = outage.credit(assignment, **entry.logged, calendar=calendar)
    for fact in (decision, handling):
        if fact is not None:
            keep(
                tx, assignment, fact,
                action="credit_outage", from_state=assignment.state, actor=entry.by, at=entry.at,
                reason=entry.words,
            )  # fmt: skip
    if handling is not None:
        notice = units.DueTimeChanged(
            **assignment.named, due_at=assignment.due, urgency=assignment.urgency, reason=entry.words
        )
        tell_notice(tx, notice, at=entry.at, urgent=assignment.is_urgent)
    elif decision is None and (minutes or asked):
        save(tx, assignment)
        record(
            tx, assignment, None,
            action="credit_outage", from_state=assignment.state, actor=entry.by, at=entry.at,
            reason=entry.words,
        )  # fmt: skip
    return handling is not None


def _credit_replies(tx: DispatchTransaction, handbook: Handbook, entry: _Entry) -> None:
    """督办: whoever owes a reply has more time for it, also while the work is fed back."""
    for case_number in tx.orders.cases_awaiting_replies():
        # The assignment first: whoever ends or returns a task locks in this order.
        assignment = tx.assignments.get(case_number)
        for order in tx.orders.open_of(case_number):
            was_due_at = order.reply_by_at
            fact = outage.credit_reply(order, **entry.logged, calendar=handbook.calendar)
            if fact is None:
                continue
            tx.orders.save(order)
            if was_due_at > entry.at:  # else the leader was called already
                tx.wake(REPLY_DUE, order.order_number, order.reply_by_at, {})
            keep(
                tx, assignment, fact,
                action="credit_outage", from_state=assignment.state, actor=entry.by, at=entry.at,
                reason=entry.words,
            )  # fmt: skip
            supervision_order.tell_more_time(tx, order, at=entry.at)


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(COUNTY_TIME):%Y-%m-%d %H:%M}"
