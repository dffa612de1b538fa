"""The facts that hotline (话务) publishes on ``hotline.events``."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.codes import AnswerKind, Satisfaction
from case_contracts.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ProblemPhonedIn(Fact, subject="call/{call_id}"):
    """来电上报: a caller told of a problem and was given the report number while on the line."""

    call_id: str
    report_number: str
    reporter_ref: str
    """Opaque reference to the caller, whom only hotline knows."""
    description: str
    address: str
    phoned_in_at: datetime
    lon: float | None = None
    """WGS-84 degrees, when the agent found the place on the map."""
    lat: float | None = None
    subcategory: str | None = None
    """Code such as ``I0101``, when the agent chose one."""


@dataclass(frozen=True, kw_only=True)
class CallerInformed(Fact, subject="call/{call_id}"):
    """回访成功: the caller has heard the answer, and said how satisfied they are."""

    call_id: str
    report_number: str
    kind: AnswerKind
    attempts: int
    satisfaction: Satisfaction
    informed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallerUnreachable(Fact, subject="call/{call_id}"):
    """回访未接通: three tries on three half-days, nobody answered; counted apart, never as answered."""

    call_id: str
    report_number: str
    kind: AnswerKind
    attempts: int
    given_up_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallBackTried(Fact, subject="call/{call_id}"):
    """回访一次未接通: nobody answered, and another try follows; the last try is ``caller_unreachable``."""

    call_id: str
    report_number: str
    kind: AnswerKind
    attempts: int
    tried_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallBackEscalated(Fact, subject="call/{call_id}"):
    """逐级上报: nobody has rung the caller in time; the next higher post has it in its list."""

    call_id: str
    report_number: str
    to: str
    """Role that is called: ``shift_supervisor`` or ``leader``."""
    reason: str
    escalated_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallerDissatisfied(Fact, subject="call/{call_id}"):
    """不满意: the caller says that the problem is not gone, and wants it handled again."""

    call_id: str
    report_number: str
    words: str
    said_at: datetime
