"""Ports (端口): what the stages of dispatch need of the world, as promises that a store keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from case_contracts import units
from case_contracts.attachment_tokens import Receipt
from case_contracts.facts import Fact
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.presence import Presence

ToUnit = units.Task | units.TaskWithdrawn | units.ReturnDecided | units.RequestAccepted | units.RequestRefused


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

    def page(
        self,
        *,
        states: Sequence[AssignmentState] = (),
        responsible_unit: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Assignment]:
        """A work list, by case number; ``after`` is the last case number of the page before."""

    def tasks_of(self, responsible_unit: str) -> list[Assignment]:
        """Everything that awaits this unit's signature or is being handled by it."""


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
