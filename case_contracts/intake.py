"""The facts that intake (监督) publishes on ``intake.events``."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.codes import AnswerKind, Satisfaction, Source, Urgency
from case_contracts.facts import Fact

# Stages 1 and 2: the report


@dataclass(frozen=True, kw_only=True)
class ReportReceived(Fact, subject="report/{report_number}"):
    """上报: a report is stored and has its number."""

    report_number: str
    source: Source
    description: str
    address: str
    received_at: datetime
    reporter_ref: str | None = None
    """Opaque reference to the reporter; never a name, number or openid."""
    subcategory: str | None = None
    lon: float | None = None
    lat: float | None = None
    unit_grid_code: str | None = None
    responsibility_grid: str | None = None
    photos: tuple[str, ...] = ()
    """SHA-256 of each attachment, hex."""
    claimed_at: datetime | None = None
    """What the sender's own clock said; decides nothing."""
    self_handled: bool = False
    """自处置: the collector mended it on the spot; no case follows."""


@dataclass(frozen=True, kw_only=True)
class ReportAccepted(Fact, subject="report/{report_number}"):
    """受理: the intake operator completed the report and proposes to file it."""

    report_number: str
    subcategory: str
    filing_standard: str
    operator: str
    accepted_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportReturned(Fact, subject="report/{report_number}"):
    """退回受理: the shift supervisor wants the report completed before it can be filed."""

    report_number: str
    reason: str
    returned_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportNotAccepted(Fact, subject="report/{report_number}"):
    """不予受理: not the city's to mend, or not enough to go on; the reason is answered."""

    report_number: str
    reason: str
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportLinked(Fact, subject="report/{report_number}"):
    """重复案件: the report tells of a problem that already is a case, and shares its answer."""

    report_number: str
    case_number: str
    linked_at: datetime


@dataclass(frozen=True, kw_only=True)
class ConfirmationAsked(Fact, subject="report/{report_number}"):
    """核实: a collector is sent to see whether the problem is there."""

    report_number: str
    task_id: str
    collector: str
    """person_id of the collector."""
    due_at: datetime
    """By when the collector is to have looked."""


@dataclass(frozen=True, kw_only=True)
class ReportConfirmed(Fact, subject="report/{report_number}"):
    """核实属实: the collector found the problem."""

    report_number: str
    task_id: str
    collector: str
    confirmed_at: datetime
    photos: tuple[str, ...] = ()
    in_time: bool = True


@dataclass(frozen=True, kw_only=True)
class ReportDenied(Fact, subject="report/{report_number}"):
    """核实不属实: the collector found nothing."""

    report_number: str
    task_id: str
    collector: str
    reason: str
    denied_at: datetime
    photos: tuple[str, ...] = ()
    in_time: bool = True


@dataclass(frozen=True, kw_only=True)
class CaseFiled(Fact, subject="case/{case_number}"):
    """立案: the shift supervisor made the report a case. All that dispatch needs is here."""

    case_number: str
    round: int
    report_number: str
    source: Source
    subcategory: str
    filing_standard: str
    handbook_version: str
    limit: int
    limit_unit: str
    """``emergency_hour``, ``emergency_day``, ``working_hour`` or ``working_day``."""
    urgency: Urgency
    closing_condition: str
    description: str
    address: str
    lon: float
    lat: float
    unit_grid_code: str
    responsibility_grid: str
    supervisor: str
    filed_at: datetime
    component_code: str | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FilingDeclined(Fact, subject="report/{report_number}"):
    """不予立案: the shift supervisor does not file it; the reason is answered."""

    report_number: str
    reason: str
    declined_at: datetime


# Stage 6: verification and closing


@dataclass(frozen=True, kw_only=True)
class VerificationAsked(Fact, subject="case/{case_number}"):
    """核查: a collector is sent to see whether the problem is gone."""

    case_number: str
    round: int
    task_id: str
    collector: str
    due_at: datetime
    """By when the collector is to have looked."""


@dataclass(frozen=True, kw_only=True)
class HandlingVerified(Fact, subject="case/{case_number}"):
    """核查通过: the collector saw that the problem is gone."""

    case_number: str
    round: int
    task_id: str
    collector: str
    verified_at: datetime
    photos: tuple[str, ...] = ()
    in_time: bool = True


@dataclass(frozen=True, kw_only=True)
class VerificationFailed(Fact, subject="case/{case_number}"):
    """核查不通过: the problem is still there. ``round`` is the new round that begins with this fact."""

    case_number: str
    round: int
    task_id: str
    collector: str
    reason: str
    failed_at: datetime
    photos: tuple[str, ...] = ()
    in_time: bool = True


@dataclass(frozen=True, kw_only=True)
class VerificationUnclear(Fact, subject="case/{case_number}"):
    """无法判断: the collector could not tell whether the problem is gone; it is looked at once more."""

    case_number: str
    round: int
    task_id: str
    collector: str
    reason: str
    unclear_at: datetime
    in_time: bool = True
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseClosed(Fact, subject="case/{case_number}"):
    """结案: the problem is gone and verified."""

    case_number: str
    round: int
    report_numbers: tuple[str, ...]
    """The report that became the case, and those linked to it: all are answered."""
    supervisor: str
    closed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseVoided(Fact, subject="case/{case_number}"):
    """作废: filed by mistake; does not count as one to be disposed of."""

    case_number: str
    round: int
    reason: str
    report_numbers: tuple[str, ...]
    supervisor: str
    voided_at: datetime


# What else may happen to a case


@dataclass(frozen=True, kw_only=True)
class UrgencyRaised(Fact, subject="case/{case_number}"):
    """轻重缓急 raised by hand after the filing, with the reason."""

    case_number: str
    round: int
    urgency: Urgency
    reason: str
    raised_by: str
    raised_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseForceClosed(Fact, subject="case/{case_number}"):
    """强制结案: ended without being mended, by approval of a leader; counted apart."""

    case_number: str
    round: int
    reason: str
    approved_by: str
    """Who approved it, as the supervisor recorded it: a post or a document number, no reporter."""
    report_numbers: tuple[str, ...]
    supervisor: str
    force_closed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseMerged(Fact, subject="case/{case_number}"):
    """并案: two cases tell of one problem; this one ends, and its reporters are answered with the other."""

    case_number: str
    round: int
    into_case_number: str
    report_numbers: tuple[str, ...]
    supervisor: str
    merged_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReopeningAsked(Fact, subject="case/{case_number}"):
    """不满意: a reporter says that the problem is not gone; the shift supervisor decides."""

    case_number: str
    report_number: str
    words: str
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseReopened(Fact, subject="case/{case_number}"):
    """重新处置: the problem is not gone; the same unit has its full limit again. ``round`` is the new one."""

    case_number: str
    round: int
    report_number: str
    """The report whose reporter was dissatisfied."""
    reason: str
    supervisor: str
    reopened_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReopeningDeclined(Fact, subject="case/{case_number}"):
    """不予重新处置: the closing stands; the reason is answered."""

    case_number: str
    round: int
    report_number: str
    reason: str
    supervisor: str
    declined_at: datetime


# 自处置, collectors on duty, and what nobody touched


@dataclass(frozen=True, kw_only=True)
class ReportUrgencyRaised(Fact, subject="report/{report_number}"):
    """轻重缓急 raised by hand before the filing, with the reason; the case begins with it."""

    report_number: str
    urgency: Urgency
    reason: str
    raised_by: str
    raised_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProblemSelfHandled(Fact, subject="report/{report_number}"):
    """自处置: the collector mended it on the spot, with photos before and after."""

    report_number: str
    subcategory: str
    collector: str
    handled_at: datetime
    photos: tuple[str, ...] = ()
    """Before, as in ``report_received``."""
    after_photos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SelfHandlingJudged(Fact, subject="report/{report_number}"):
    """自处置审核: it counts for the collector, or it does not."""

    report_number: str
    collector: str
    valid: bool
    supervisor: str
    judged_at: datetime
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CollectorWentOnDuty(Fact, subject="person/{collector}"):
    """上岗: tasks may be sent. No position travels."""

    collector: str
    responsibility_grid: str
    on_duty_at: datetime


@dataclass(frozen=True, kw_only=True)
class CollectorWentOffDuty(Fact, subject="person/{collector}"):
    """下岗: no more tasks; what is open is given on."""

    collector: str
    off_duty_at: datetime


@dataclass(frozen=True, kw_only=True)
class ShiftHandedOver(Fact, subject="post/{post}"):
    """交接班: a post changed hands, with what was open."""

    post: str
    """The role of the post."""
    handed_over_by: str
    taken_over_by: str
    open_items: int
    words: str
    handed_over_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportEscalated(Fact, subject="report/{report_number}"):
    """逐级上报: nobody touched the report in time; the next higher post has it in its list."""

    report_number: str
    to: str
    """Role that is called: ``shift_supervisor`` or ``leader``."""
    reason: str
    escalated_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseEscalated(Fact, subject="case/{case_number}"):
    """逐级上报: nobody touched the case's part with intake in time; the next higher post has it."""

    case_number: str
    round: int
    to: str
    """Role that is called: ``shift_supervisor`` or ``leader``."""
    reason: str
    escalated_at: datetime


# Evidence


@dataclass(frozen=True, kw_only=True)
class ReportTimeCredited(Fact, subject="report/{report_number}"):
    """上报补时: an outage of the centre's own system does not count against whoever has the report."""

    report_number: str
    outage_from: datetime
    outage_until: datetime
    credited_seconds: float
    credited_by: str
    credited_at: datetime
    due_at: datetime | None = None
    """截止时间; none when it is the acceptance clock's, which rests during the confirmation."""
    task_id: str = ""
    """The collector's errand; empty when it is a post's clock."""


@dataclass(frozen=True, kw_only=True)
class CaseTimeCredited(Fact, subject="case/{case_number}"):
    """案件补时: an outage of the centre's own system does not count against whoever has the case."""

    case_number: str
    round: int
    outage_from: datetime
    outage_until: datetime
    credited_seconds: float
    credited_by: str
    credited_at: datetime
    due_at: datetime
    task_id: str = ""
    """The collector's errand; empty when it is a post's clock."""


@dataclass(frozen=True, kw_only=True)
class EvidenceFlagged(Fact, subject="report/{report_number}"):
    """照片疑点: something about a photo is doubtful; the shift supervisor sees it before closing."""

    report_number: str
    occasion: str
    """``report``, ``confirmation``, ``feedback``, ``verification`` or ``self_handling``."""
    photo: str
    """SHA-256, hex."""
    doubts: tuple[str, ...]
    """``used_before``, ``too_far``, ``too_old``, ``from_the_future``, ``unreadable``."""
    flagged_at: datetime
    case_number: str | None = None
    round: int = 0
    metres: float | None = None
    """How far from the problem it was taken, when that is too far."""
    other_report_number: str | None = None
    """Where the same photo had been used before."""
    other_case_number: str | None = None
    """The case that it had been used in, if there was one yet."""
    other_occasion: str = ""
    """On which occasion, as in ``occasion``."""


# Answers


@dataclass(frozen=True, kw_only=True)
class AnswerDue(Fact, subject="report/{report_number}"):
    """应答复: the reporter is to be told this, through this channel."""

    report_number: str
    kind: AnswerKind
    channel: Source
    text: str
    """What the reporter is told."""
    due_since: datetime


@dataclass(frozen=True, kw_only=True)
class CallBackDue(Fact, subject="report/{report_number}"):
    """应回访: a telephone answer, which hotline makes."""

    report_number: str
    kind: AnswerKind
    text: str
    """What the caller is told."""
    due_since: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerDelivered(Fact, subject="report/{report_number}"):
    """已答复: the reporter has the answer, or it stands where they read it."""

    report_number: str
    kind: AnswerKind
    channel: Source
    delivered_at: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerRated(Fact, subject="report/{report_number}"):
    """评价: the reporter said on the public page how satisfied they are with an answer, once an answer."""

    report_number: str
    kind: AnswerKind
    channel: Source
    satisfaction: Satisfaction
    rated_at: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerUndeliverable(Fact, subject="report/{report_number}"):
    """未能答复: the reporter could not be reached; counted apart from the answered."""

    report_number: str
    kind: AnswerKind
    channel: Source
    given_up_at: datetime
