"""The facts that assessment (综合评价) publishes on ``assessment.events``."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.facts import Fact


@dataclass(frozen=True, kw_only=True)
class AppealMade(Fact, subject="appeal/{case_number}"):
    """申诉: the unit says, once a case and after its closing, that the overdue time was not its fault."""

    case_number: str
    responsible_unit: str
    reason: str
    appealed_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppealReviewed(Fact, subject="appeal/{case_number}"):
    """申诉初审: the dispatcher's word on it, before the assessor decides."""

    case_number: str
    responsible_unit: str
    recommended: bool
    reason: str
    reviewer: str
    reviewed_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppealGranted(Fact, subject="appeal/{case_number}"):
    """申诉通过: exempt in the statistics; the lists go on saying that it was overdue."""

    case_number: str
    responsible_unit: str
    assessor: str
    granted_at: datetime
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AppealRefused(Fact, subject="appeal/{case_number}"):
    """申诉不通过: the figures stay."""

    case_number: str
    responsible_unit: str
    reason: str
    assessor: str
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppealEscalated(Fact, subject="appeal/{case_number}"):
    """逐级上报: the appeal was not reviewed or decided in time; the next higher post has it in its list."""

    case_number: str
    to: str
    """Role that is called: ``shift_supervisor`` or ``leader``."""
    reason: str
    escalated_at: datetime
