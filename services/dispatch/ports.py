"""Ports (端口): what the stages of dispatch need of the world, as promises that a store keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from case_contracts import units
from case_contracts.attachment_tokens import Receipt
from case_contracts.facts import Fact
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.decided_duty import DecidedDuty
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.presence import Presence
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder

Notice = (
    units.ReturnDecided
    | units.ExtensionDecided
    | units.SuspensionDecided
    | units.TaskResumed
    | units.DueTimeChanged
    | units.Urge
    | units.SupervisionOrder
)
ToUnit = units.Task | units.TaskWithdrawn | Notice | units.RequestAccepted | units.RequestRefused


@dataclass(frozen=True, kw_only=True)
class WorkListFilter:
    """待办筛选: which assignments a list is of; what is left out does not matter."""

    states: Sequence[AssignmentState] = ()
    responsible_unit: str | None = None
    escalated_to: str | None = None
    """Role that was called because nobody acted."""
    extension_asked: int | None = None
    """Which extension is asked for and undecided: 1 or 2."""
    suspension_asked: bool | None = None
    difficult: bool | None = None
    """疑难案件."""
    was_suspended: bool | None = None
    """挂账问题库: suspended now or once."""
    assisted_by: str | None = None
    """协办: the unit that assists whoever has the task."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """在办: what one unit has in hand now."""

    open: int
    """Tasks that await its signature, are being handled, rest, or whose return is under review."""
    overdue: int
    """Of these, those that await it and are past their due time."""


class Announced(Protocol):
    """What a published fact counts as: its subject, and the number of that subject's facts so far."""

    @property
    def subject(self) -> str: ...
    @property
    def sequence(self) -> int: ...


class Assignments(Protocol):
    """All assignments, by case number."""

    def get(self, case_number: str) -> Assignment:
        """The assignment, locked until the transaction ends; raises ``AssignmentNotFound``."""

    def find(self, case_number: str) -> Assignment | None:
        """The same, or None."""

    def add(self, assignment: Assignment) -> None:
        """Keep a new one."""

    def save(self, assignment: Assignment) -> None:
        """Keep the changes of one that was got."""

    def page(self, wanted: WorkListFilter, *, after: str | None = None, limit: int) -> list[Assignment]:
        """A work list: the most urgent first, then by case number; ``after`` is the last case number of the
        page before.
        """

    def tasks_of(self, responsible_unit: str) -> list[Assignment]:
        """Everything that awaits this unit's signature, is being handled by it, or rests with it."""

    def loads(self, at: datetime) -> dict[str, Load]:
        """What each unit has in hand at a moment, by its code; without those that have nothing."""

    def with_clocks(self) -> list[Assignment]:
        """Everything that a clock of dispatch runs or is paused for, locked until the transaction ends."""


class SupervisionOrders(Protocol):
    """All supervision orders, by order number."""

    def get(self, order_number: str) -> SupervisionOrder:
        """The order, locked until the transaction ends; raises ``OrderNotFound``."""

    def add(self, order: SupervisionOrder) -> None:
        """Keep a new one."""

    def save(self, order: SupervisionOrder) -> None:
        """Keep the changes of one that was got."""

    def open_of(self, case_number: str) -> list[SupervisionOrder]:
        """The case's orders that await their reply, locked until the transaction ends."""

    def cases_awaiting_replies(self) -> list[str]:
        """The numbers of cases with orders that await their reply, in order."""

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


class DecidedDuties(Protocol):
    """Rules that written decisions made, by subcategory and area."""

    def holding(self, keys: Sequence[str]) -> dict[str, DecidedDuty]:
        """Those of these keys that are in force."""

    def get(self, key: str) -> DecidedDuty:
        """The rule in force, locked until the transaction ends; raises ``RuleNotFound``."""

    def put(self, duty: DecidedDuty) -> None:
        """Keep a new or changed rule; it takes the place of an earlier one about the same."""

    def page(self, *, after: str | None = None, limit: int) -> list[DecidedDuty]:
        """Those in force, by key."""


class Outages(Protocol):
    """The log of outages that were credited."""

    def add(self, outage: Outage) -> None:
        """Keep one."""

    def page(self, *, after: str | None = None, limit: int) -> list[Outage]:
        """The log, the latest first."""


class FlowRecords(Protocol):
    """The flow records of all cases; written once, never changed."""

    def add(self, record: FlowRecord) -> None:
        """Write one more."""

    def of(self, case_number: str) -> list[FlowRecord]:
        """The records of a case in the order they were written."""


class Presences(Protocol):
    """When each responsible unit's own system was last seen."""

    def all(self) -> list[Presence]:
        """Every unit whose system was ever seen, by code."""

    def note_read(self, codes: Sequence[str], at: datetime) -> None:
        """Somebody reads these units' queues."""

    def note_spoken(self) -> None:
        """Whoever has spoken since the last look."""

    def unsigned_tasks(self) -> dict[str, int]:
        """How many tasks await each unit's signature."""


class Evidence(Protocol):
    """Signed words about photos, which intake keeps."""

    def receipt(self, token: str) -> Receipt:
        """What a receipt of the upload door says; raises ``BadToken``."""

    def upload_token(self, assignment: Assignment) -> str:
        """The unit's right to upload photos for its current task."""

    def photo_link(self, sha256: str) -> str:
        """A link, below the centre's address, with which the unit sees a photo."""


class DispatchTransaction(Protocol):
    """One transaction of dispatch: what is kept, published and sent in it commits together."""

    @property
    def assignments(self) -> Assignments: ...
    @property
    def orders(self) -> SupervisionOrders: ...
    @property
    def decided_duties(self) -> DecidedDuties: ...
    @property
    def outages(self) -> Outages: ...
    @property
    def flow(self) -> FlowRecords: ...
    @property
    def presences(self) -> Presences: ...
    @property
    def evidence(self) -> Evidence: ...

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact to all who listen."""

    def tell(
        self, responsible_unit: str, message: ToUnit, *, message_id: str, urgent: bool, at: datetime
    ) -> None:
        """Send a message to a responsible unit, after everything sent to it before."""

    def released(self, key: str) -> None:
        """What other facts waited for under this key is here."""

    def wake(self, kind: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> None:
        """Be woken at a moment; replaces an earlier wish for the same kind and subject."""

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
