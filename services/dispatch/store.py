"""The store of dispatch on PostgreSQL: assignments, flow records, and messages to the responsible units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from case_contracts import units, wire
from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from chassis.documents import Documents
from chassis.fetching import FetchedVersions
from chassis.transactions import Announced, Transaction
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.decided_duty import DecidedDuty
from services.dispatch.domain.filing import RANKS
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.refusals import AssignmentNotFound, OrderNotFound, RuleNotFound
from services.dispatch.domain.states import AWAITING_DECISION, HELD_BY_UNIT, WITH_UNIT, AssignmentState
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder
from services.dispatch.evidence import SignedEvidence
from services.dispatch.ports import Load, ToUnit, WorkListFilter
from services.dispatch.presence_store import PostgresPresences

_MESSAGE_TYPES = {kind: name for name, kind in units.TO_UNIT.items()}

_ADD_FLOW = """
    insert into flow_records (subject, at, actor, action, from_state, to_state, round, dispatch_number,
                              reason, fact_type)
    values (:case_number, :at, :actor, :action, :from_state, :to_state, :round, :dispatch_number,
            :reason, :fact_type)"""
_FLOW_OF = """
    select subject as case_number, at, actor, action, from_state, to_state, round, dispatch_number,
           reason, fact_type
    from flow_records where subject = :case_number order by id"""
WITHOUT_OWNER = """
    select count(*) as open,
           coalesce(extract(epoch from now() - min((body ->> 'filed_at')::timestamptz)), 0) as oldest_seconds
    from assignments
    where state in ('awaiting_dispatch', 'awaiting_signature', 'handling', 'suspended', 'return_under_review',
                    'returned_to_intake', 'fed_back')
      and (owner is null or (act_by_at is null and state not in ('returned_to_intake', 'fed_back')))"""
_LOADS = """
    select responsible_unit, count(*) as open,
           count(*) filter (where act_by_at < :at and state in ('awaiting_signature', 'handling')) as overdue
    from assignments
    where responsible_unit is not null
      and state in ('awaiting_signature', 'handling', 'suspended', 'return_under_review')
    group by responsible_unit"""
_OPEN_BY_UNIT = """
    select responsible_unit, count(*) as open,
           extract(epoch from now() - min(dispatched_at)) as oldest_seconds
    from assignments where state in ('awaiting_signature', 'handling') group by responsible_unit"""
OVERDUE = """
    select state, count(*) filter (where act_by_at < now()) as overdue
    from assignments
    where state in ('awaiting_dispatch', 'awaiting_signature', 'handling', 'suspended', 'return_under_review')
    group by state"""


class PostgresAssignments:
    """All assignments, as documents beside the columns that work lists and gauges ask for."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._documents = Documents(
            tx, "assignments", Assignment, key=lambda one: one.case_number, columns=_columns
        )

    def get(self, case_number: str) -> Assignment:
        """The assignment, locked until the transaction ends."""
        found = self.find(case_number)
        if found is None:
            raise AssignmentNotFound(case_number)
        return found

    def find(self, case_number: str) -> Assignment | None:
        """The same, or None."""
        return self._documents.find(case_number)

    def add(self, assignment: Assignment) -> None:
        """Keep a new one."""
        self._documents.add(assignment)

    def save(self, assignment: Assignment) -> None:
        """Keep the changes of one that was got."""
        self._documents.save(assignment)

    def page(self, wanted: WorkListFilter, *, after: str | None = None, limit: int) -> list[Assignment]:
        """A work list: the most urgent first, then by case number."""
        equals: dict[str, Any] = {
            "responsible_unit": wanted.responsible_unit,
            "escalated_to": wanted.escalated_to,
            "extension_asked": wanted.extension_asked,
            "suspension_asked": wanted.suspension_asked,
            "difficult": wanted.difficult,
        }
        equals = {name: value for name, value in equals.items() if value is not None}
        if wanted.states:
            equals["state"] = list(wanted.states)
        conditions = []
        if wanted.was_suspended is not None:
            until = self._documents.column("suspended_until_at")
            conditions.append(until.is_not(None) if wanted.was_suspended else until.is_(None))
        if wanted.assisted_by is not None:
            # The index holds those that somebody assists.
            assisting = sa.literal_column("(body -> 'assisting_units')")
            conditions.append(sa.literal_column("body -> 'assisting_units' <> '[]'", sa.Boolean))
            conditions.append(assisting.op("@>")(sa.func.to_jsonb(sa.cast(wanted.assisted_by, sa.Text))))
        return self._documents.list(*conditions, order_by="rank", after=after, limit=limit, **equals)

    def tasks_of(self, responsible_unit: str) -> list[Assignment]:
        """Everything that awaits this unit's signature, is being handled by it, or rests with it."""
        states = [*WITH_UNIT, AssignmentState.SUSPENDED]
        return self._documents.list(state=states, responsible_unit=responsible_unit)

    def loads(self, at: datetime) -> dict[str, Load]:
        """What each unit has in hand at a moment, by its code."""
        rows = self._tx.read(_LOADS, {"at": at})
        return {row.responsible_unit: Load(open=row.open, overdue=row.overdue) for row in rows}

    def with_clocks(self) -> list[Assignment]:
        """Everything that a clock of dispatch runs or is paused for, locked."""
        return self._documents.list(state=list({*HELD_BY_UNIT, *AWAITING_DECISION}), lock=True)


class PostgresSupervisionOrders:
    """All supervision orders, as documents."""

    def __init__(self, tx: Transaction) -> None:
        self._documents = Documents(
            tx,
            "supervision_orders",
            SupervisionOrder,
            key=lambda one: one.order_number,
            columns=_order_columns,
        )

    def get(self, order_number: str) -> SupervisionOrder:
        """The order, locked until the transaction ends."""
        found = self._documents.find(order_number)
        if found is None:
            raise OrderNotFound(order_number)
        return found

    def add(self, order: SupervisionOrder) -> None:
        """Keep a new one."""
        self._documents.add(order)

    def save(self, order: SupervisionOrder) -> None:
        """Keep the changes of one that was got."""
        self._documents.save(order)

    def open_of(self, case_number: str) -> list[SupervisionOrder]:
        """The case's orders that await their reply, locked."""
        return self._documents.list(case_number=case_number, state=OrderState.OPEN, lock=True)

    def cases_awaiting_replies(self) -> list[str]:
        """The numbers of cases with orders that await their reply, in order."""
        return list(dict.fromkeys(one.case_number for one in self._documents.list(state=OrderState.OPEN)))

    def page(
        self,
        *,
        states: Sequence[OrderState] = (),
        case_number: str | None = None,
        responsible_unit: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[SupervisionOrder]:
        """A list, by order number."""
        equals: dict[str, Any] = {"case_number": case_number, "responsible_unit": responsible_unit}
        equals = {name: value for name, value in equals.items() if value is not None}
        if states:
            equals["state"] = list(states)
        return self._documents.list(after=after, limit=limit, **equals)


class PostgresDecidedDuties:
    """Rules that written decisions made; a removed one stays, and holds no more."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._documents = Documents(
            tx,
            "decided_duties",
            DecidedDuty,
            key=lambda one: one.key,
            columns=lambda one: {"holds": one.holds},
        )

    def holding(self, keys: Sequence[str]) -> dict[str, DecidedDuty]:
        """Those of these keys that are in force."""
        return {one.key: one for one in self._documents.list(key=list(set(keys)), holds=True)}

    def get(self, key: str) -> DecidedDuty:
        """The rule in force, locked until the transaction ends."""
        found = self._documents.find(key)
        if found is None or not found.holds:
            raise RuleNotFound(key)
        return found

    def put(self, duty: DecidedDuty) -> None:
        """Keep a new or changed rule; it takes the place of an earlier one about the same."""
        self._tx.lock(f"decided_duties/{duty.key}")  # two first decisions about the same come one by one
        keep = self._documents.add if self._documents.find(duty.key) is None else self._documents.save
        keep(duty)

    def page(self, *, after: str | None = None, limit: int) -> list[DecidedDuty]:
        """Those in force, by key."""
        return self._documents.list(holds=True, after=after, limit=limit)


class PostgresOutages:
    """The log of outages that were credited."""

    def __init__(self, tx: Transaction) -> None:
        self._documents = Documents(tx, "outages", Outage, key=lambda one: one.id)

    def add(self, outage: Outage) -> None:
        """Keep one."""
        self._documents.add(outage)

    def page(self, *, after: str | None = None, limit: int) -> list[Outage]:
        """The log, the latest first."""
        return self._documents.list(descending=True, after=after, limit=limit)


class PostgresFlowRecords:
    """Flow records are only ever added; the table refuses changes."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, record: FlowRecord) -> None:
        """Write one more."""
        self._tx.write(_ADD_FLOW, vars(record))

    def of(self, case_number: str) -> list[FlowRecord]:
        """The records of a case in the order they were written."""
        rows = self._tx.read(_FLOW_OF, {"case_number": case_number}).mappings()
        return [FlowRecord(**row) for row in rows]


class PostgresStore:
    """One transaction of dispatch on PostgreSQL."""

    def __init__(self, tx: Transaction, evidence: SignedEvidence) -> None:
        self._tx = tx
        self.assignments = PostgresAssignments(tx)
        self.orders = PostgresSupervisionOrders(tx)
        self.decided_duties = PostgresDecidedDuties(tx)
        self.outages = PostgresOutages(tx)
        self.flow = PostgresFlowRecords(tx)
        self.presences = PostgresPresences(tx)
        self.evidence = evidence

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact when the transaction commits."""
        return self._tx.announce(fact, at=at)

    def tell(
        self, responsible_unit: str, message: ToUnit, *, message_id: str, urgent: bool, at: datetime
    ) -> None:
        """Send a message to a responsible unit, after everything sent to it before."""
        subject = f"assignment/{message.case_number}" if message.case_number else f"unit/{responsible_unit}"
        envelope = wire.Envelope(
            id=message_id,
            source="dispatch",
            type=_MESSAGE_TYPES[type(message)],
            time=at,
            subject=subject,
            data=wire.pack(message),
        )
        self._tx.post(
            exchange="units.tasks",
            routing_key=f"{responsible_unit}.{'urgent' if urgent else 'tasks'}",
            message=envelope,
            message_id=message_id,
            subject=subject,
            at=at,
            ordering_key=f"unit/{responsible_unit}",
        )

    def will_fetch(self, shelf: FetchedVersions, published: HandbookPublished) -> None:
        """An edition of the handbook was published, and is to be fetched."""
        shelf.told(self._tx, published.version, sha256=published.sha256, valid_from=published.valid_from)

    def released(self, key: str) -> None:
        """What other facts waited for under this key is here."""
        self._tx.released(key)

    def wake(self, kind: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> None:
        """Be woken at a moment."""
        self._tx.wake(kind, subject, at, dict(payload))

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
        self._tx.cancel_wake(kind, subject)

    def open_without_owner(self) -> tuple[int, float]:
        """Open work that nobody owns or that has no clock, and the age of the oldest in seconds; 0 by
        construction."""
        row = self._tx.read(WITHOUT_OWNER).one()
        return row.open, float(row.oldest_seconds)

    def open_by_unit(self) -> list[tuple[str, int, float]]:
        """Each unit with how many tasks it has, and how old the oldest is in seconds."""
        rows = self._tx.read(_OPEN_BY_UNIT)
        return [(row.responsible_unit, row.open, float(row.oldest_seconds)) for row in rows]

    def overdue_by_state(self) -> list[tuple[str, int]]:
        """How many open assignments of each state are past the time by which their owner had to act."""
        return [(row.state, row.overdue) for row in self._tx.read(OVERDUE)]


def _columns(assignment: Assignment) -> dict[str, Any]:
    return {
        "state": assignment.state,
        "responsible_unit": assignment.responsible_unit,
        "owner": assignment.owner,
        "act_by_at": assignment.act_by_at,
        "dispatched_at": assignment.dispatched_at,
        "rank": RANKS[assignment.urgency],
        "escalated_to": assignment.called,
        "extension_asked": assignment.extension_request and assignment.extension_request.count,
        "suspension_asked": assignment.suspension_request is not None,
        "difficult": assignment.is_difficult,
        "suspended_until_at": assignment.suspended_until_at,
    }


def _order_columns(order: SupervisionOrder) -> dict[str, Any]:
    return {
        "case_number": order.case_number,
        "responsible_unit": order.responsible_unit,
        "state": order.state,
        "reply_by_at": order.reply_by_at,
    }
