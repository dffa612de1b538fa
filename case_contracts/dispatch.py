"""The facts that dispatch (指挥) publishes on ``dispatch.events``."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.facts import Fact


@dataclass(frozen=True, kw_only=True)
class CaseDispatched(Fact, subject="assignment/{case_number}"):
    """派遣: a responsible unit has the task, and the handling clock runs."""

    case_number: str
    round: int
    dispatch_number: int
    """Counts the dispatches of a case from 1."""
    responsible_unit: str
    due_at: datetime
    dispatched_at: datetime
    dispatcher: str
    """person_id, or ``duty-table`` when dispatched by itself."""
    reason: str = ""
    assisting_units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HandlingStarted(Fact, subject="assignment/{case_number}"):
    """签收: the unit has taken the task."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    signed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseSentBack(Fact, subject="assignment/{case_number}"):
    """回退: the unit says that the task is not its own; the handling clock pauses while it is decided."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    sent_back_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReturnAccepted(Fact, subject="assignment/{case_number}"):
    """同意回退: the case was dispatched wrongly, and awaits a new dispatch."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    dispatcher: str
    accepted_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReturnRefused(Fact, subject="assignment/{case_number}"):
    """不同意回退: the task stays with the unit, and its clock goes on (counted as 推诿)."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    dispatcher: str
    due_at: datetime
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class FeedbackSubmitted(Fact, subject="assignment/{case_number}"):
    """反馈: the unit says that the problem is gone, with photos; its clock stops."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    text: str
    photos: tuple[str, ...]
    due_at: datetime
    fed_back_at: datetime
    in_time: bool


@dataclass(frozen=True, kw_only=True)
class ReworkOrdered(Fact, subject="assignment/{case_number}"):
    """返工: the same unit has to do it again, with its full limit from now."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    due_at: datetime
    ordered_at: datetime


@dataclass(frozen=True, kw_only=True)
class TaskWithdrawn(Fact, subject="assignment/{case_number}"):
    """撤回: the case was voided; the unit need do nothing more."""

    case_number: str
    round: int
    reason: str
    withdrawn_at: datetime
    responsible_unit: str | None = None
