"""The store of dispatch on PostgreSQL: assignments, flow records, and messages to the responsible units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from case_contracts import units, wire
from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from chassis.documents import Documents
from chassis.fetching import FetchedVersions
from chassis.transactions import Announced, Transaction
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.refusals import AssignmentNotFound
from services.dispatch.evidence import SignedEvidence
from services.dispatch.ports import ToUnit
from services.dispatch.presence_store import PostgresPresences

WITH_UNIT = (AssignmentState.AWAITING_SIGNATURE, AssignmentState.HANDLING)

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
    where state in ('awaiting_dispatch', 'awaiting_signature', 'handling', 'return_under_review', 'fed_back')
      and (owner is null or (act_by_at is null and state <> 'fed_back'))"""
_OPEN_BY_UNIT = """
    select responsible_unit, count(*) as open,
           extract(epoch from now() - min(dispatched_at)) as oldest_seconds
    from assignments where state in ('awaiting_signature', 'handling') group by responsible_unit"""
OVERDUE = """
    select state, count(*) filter (where act_by_at < now()) as overdue
    from assignments
    where state in ('awaiting_dispatch', 'awaiting_signature', 'handling', 'return_under_review')
    group by state"""


class PostgresAssignments:
    """All assignments, as documents beside the columns that work lists and gauges ask for."""

    def __init__(self, tx: Transaction) -> None:
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

    def page(
        self,
        *,
        states: Sequence[AssignmentState] = (),
        responsible_unit: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Assignment]:
        """A work list, by case number."""
        equals: dict[str, Any] = {}
        if states:
            equals["state"] = list(states)
        if responsible_unit is not None:
            equals["responsible_unit"] = responsible_unit
        return self._documents.list(after=after, limit=limit, **equals)

    def tasks_of(self, responsible_unit: str) -> list[Assignment]:
        """Everything that awaits this unit's signature or is being handled by it."""
        return self._documents.list(state=list(WITH_UNIT), responsible_unit=responsible_unit)


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
    }
