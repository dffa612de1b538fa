"""The facts that dispatch (指挥) publishes on ``dispatch.events``."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.codes import SupervisionKind, Urgency
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
    wrong_dispatch: bool = True
    """错误派遣: whether the dispatch counts as a mistake of the dispatcher's."""


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
    """What was done."""
    photos: tuple[str, ...]
    due_at: datetime
    fed_back_at: datetime
    in_time: bool
    limit_share: float | None = None
    """Working time used, as a share of the limit: 0.5 is half of it."""


@dataclass(frozen=True, kw_only=True)
class ReworkOrdered(Fact, subject="assignment/{case_number}"):
    """返工: the same unit has to do it again, with its full limit from now; also when a case is reopened."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    due_at: datetime
    ordered_at: datetime
    reopened: bool = False
    """重新处置: it follows a closing that did not hold, and is no rework in the statistics."""


@dataclass(frozen=True, kw_only=True)
class TaskWithdrawn(Fact, subject="assignment/{case_number}"):
    """撤回: the case was voided; the unit need do nothing more."""

    case_number: str
    round: int
    reason: str
    withdrawn_at: datetime
    responsible_unit: str | None = None


# Back to intake, and cases that nobody owns


@dataclass(frozen=True, kw_only=True)
class CaseReturnedToIntake(Fact, subject="assignment/{case_number}"):
    """退回受理: the dispatcher cannot dispatch it as it was filed; intake files it anew or voids it."""

    case_number: str
    round: int
    reason: str
    dispatcher: str
    returned_at: datetime


@dataclass(frozen=True, kw_only=True)
class CoordinationCalled(Fact, subject="assignment/{case_number}"):
    """协调: units sent the case back too often; it rests until somebody decides whose it is."""

    case_number: str
    round: int
    returns: int
    units: tuple[str, ...]
    """Those that sent it back, in order."""
    called_at: datetime


@dataclass(frozen=True, kw_only=True)
class ResponsibilityDecided(Fact, subject="assignment/{case_number}"):
    """确权: the written decision whose the case is; that unit gets it, and cannot send it back."""

    case_number: str
    round: int
    responsible_unit: str
    decision: str
    """The decision's words, as they were written down."""
    dispatcher: str
    decided_at: datetime
    becomes_rule: bool = False
    """Whether the subcategory in this area is this unit's from now on."""
    fallback: bool = False
    """属地兜底: no owner was found; the township takes it."""


# Extension and suspension


@dataclass(frozen=True, kw_only=True)
class ExtensionAsked(Fact, subject="assignment/{case_number}"):
    """申请延期: the unit needs its limit once more; its clock goes on."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    count: int
    """Which extension of the case this would be: 1 or 2."""
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class ExtensionGranted(Fact, subject="assignment/{case_number}"):
    """同意延期: one more original limit is added to the due time."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    count: int
    due_at: datetime
    decided_by: str
    granted_at: datetime
    limit_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class ExtensionRefused(Fact, subject="assignment/{case_number}"):
    """不同意延期: the due time stays."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    decided_by: str
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class SuspensionAsked(Fact, subject="assignment/{case_number}"):
    """申请挂账: the unit cannot do it before the season or the works allow."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    until_at: datetime
    asked_at: datetime
    photos: tuple[str, ...] = ()
    """SHA-256 of the photos that show why, if the unit gave any."""


@dataclass(frozen=True, kw_only=True)
class CaseSuspended(Fact, subject="assignment/{case_number}"):
    """挂账: the handling clock stands still until the day named."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    until_at: datetime
    decided_by: str
    suspended_at: datetime


@dataclass(frozen=True, kw_only=True)
class SuspensionRefused(Fact, subject="assignment/{case_number}"):
    """不同意挂账: the clock has gone on."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    decided_by: str
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseResumed(Fact, subject="assignment/{case_number}"):
    """恢复处置: the suspension is over, what was left of the limit goes on."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    due_at: datetime
    resumed_by: str
    """person_id, or ``clock`` when the day named came."""
    resumed_at: datetime


# Pressing, and clocks that are set right


@dataclass(frozen=True, kw_only=True)
class UnitUrged(Fact, subject="assignment/{case_number}"):
    """催办: a reminder; nothing else changes."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    words: str
    urged_by: str
    """person_id, or ``clock`` when it was done by itself."""
    urged_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupervisionOrdered(Fact, subject="assignment/{case_number}"):
    """督办: a formal notice that wants a reply; state and due time stay."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    order_number: str
    """The case's number and the order's own, such as ``4105232020061500001-S1``."""
    kind: SupervisionKind
    """What made somebody press the unit formally."""
    words: str
    ordered_by: str
    ordered_at: datetime
    reply_by_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupervisionReplied(Fact, subject="assignment/{case_number}"):
    """督办回复: the unit has said what it does about it."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    order_number: str
    text: str
    """What the unit says it does about it."""
    replied_at: datetime
    in_time: bool = True


@dataclass(frozen=True, kw_only=True)
class UrgencyChanged(Fact, subject="assignment/{case_number}"):
    """轻重缓急 of the task was raised: it sorts first, and its unit is told at once."""

    case_number: str
    round: int
    urgency: Urgency
    changed_at: datetime
    responsible_unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class OutageCredited(Fact, subject="assignment/{case_number}"):
    """补时: an outage of the centre's own system does not count against the unit."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    outage_from: datetime
    outage_until: datetime
    due_at: datetime
    credited_by: str
    credited_at: datetime
    limit_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class OutageLogged(Fact, subject="outage/{outage_id}"):
    """故障补时: the one logged command; whoever runs a clock gives back what the outage took of it."""

    outage_id: str
    outage_from: datetime
    outage_until: datetime
    reason: str
    credited_by: str
    credited_at: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionTimeCredited(Fact, subject="assignment/{case_number}"):
    """派遣补时: an outage of the centre's own system does not count against the dispatcher."""

    case_number: str
    round: int
    outage_from: datetime
    outage_until: datetime
    due_at: datetime
    credited_by: str
    credited_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReplyTimeCredited(Fact, subject="assignment/{case_number}"):
    """督办补时: an outage of the centre's own system leaves the unit more time for its reply."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    order_number: str
    outage_from: datetime
    outage_until: datetime
    reply_by_at: datetime
    credited_by: str
    credited_at: datetime


@dataclass(frozen=True, kw_only=True)
class AssignmentEscalated(Fact, subject="assignment/{case_number}"):
    """逐级上报: nobody touched it in time; the next higher post has it in its list."""

    case_number: str
    round: int
    to: str
    """Role that is called: ``shift_supervisor`` or ``leader``."""
    reason: str
    escalated_at: datetime
    responsible_unit: str | None = None
    about: str = ""
    """What nobody decides: the ``extension`` or ``suspension`` asked for; empty for the task itself."""
