"""Outage credit (补时): one command gives back what an outage of the centre's own system took."""

from datetime import UTC, datetime

from case_contracts import units
from case_contracts.roles import Action, Actor
from handbook import Handbook
from handbook.calendar import COUNTY_TIME
from services.dispatch.domain import outage, undecided
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.refusals import require_text
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages._keeping import keep, record, save
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
    """补时: every clock that ran meanwhile is set right in one transaction, and each unit is told."""
    by.require(Action.CREDIT_OUTAGE)
    reason = require_text("reason", reason, at_most=500, case_number="")
    outage.require_stretch(outage_from, outage_until, at=at)
    outage_from, outage_until = outage_from.astimezone(UTC), outage_until.astimezone(UTC)
    credited = [
        _credit(tx, handbook, one, outage_from=outage_from, outage_until=outage_until, at=at, by=by)
        for one in tx.assignments.with_clocks()
    ]
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
    return logged


def log(tx: DispatchTransaction, *, after: str | None, limit: int, by: Actor) -> list[Outage]:
    """补时记录."""
    by.require(Action.READ_CASE_FILES)
    return tx.outages.page(after=after, limit=limit)


def _credit(
    tx: DispatchTransaction,
    handbook: Handbook,
    assignment: Assignment,
    *,
    outage_from: datetime,
    outage_until: datetime,
    at: datetime,
    by: Actor,
) -> bool:
    """Set one assignment's clocks right; whether its unit has a later due time."""
    words = f"系统故障补时：{_local(outage_from)} 至 {_local(outage_until)}"
    state, actor = assignment.state, by.person_id
    dispatcher = outage.credit_dispatcher(
        assignment,
        outage_from=outage_from,
        outage_until=outage_until,
        settings=handbook.settings,
        calendar=handbook.calendar,
    )
    decider = undecided.credit(
        assignment, outage_from=outage_from, outage_until=outage_until, calendar=handbook.calendar
    )
    fact = outage.credit(
        assignment,
        outage_from=outage_from,
        outage_until=outage_until,
        credited_by=actor,
        at=at,
        calendar=handbook.calendar,
    )
    if fact is not None:
        keep(
            tx, assignment, fact,
            action="credit_outage", from_state=state, actor=actor, at=at, reason=words,
        )  # fmt: skip
        notice = units.DueTimeChanged(
            **assignment.named, due_at=assignment.due, urgency=assignment.urgency, reason=words
        )
        tell_notice(tx, notice, at=at, urgent=assignment.is_urgent)
    elif dispatcher or decider:
        save(tx, assignment)
        record(
            tx, assignment, None,
            action="credit_outage", from_state=state, actor=actor, at=at, reason=words,
        )  # fmt: skip
    return fact is not None


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(COUNTY_TIME):%Y-%m-%d %H:%M}"
