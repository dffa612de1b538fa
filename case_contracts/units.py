"""The messages between dispatch and the responsible units' own systems (docs/units.md).

To a unit: exchange ``units.tasks``, queues ``unit.<code>.tasks`` and ``unit.<code>.urgent``.
From a unit: exchange ``units.feedback``, routing key ``<code>.<type>.<case number>``.
"""

from dataclasses import dataclass
from datetime import datetime

# To a unit


@dataclass(frozen=True, kw_only=True)
class Task:
    """派遣: a task; (case_number, round, dispatch_number) is its identity. ``round`` > 1 is a rework."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    subcategory: str
    subcategory_name: str
    filing_condition: str
    closing_condition: str
    urgency: str
    description: str
    address: str
    lon: float
    lat: float
    limit: int
    limit_unit: str
    due_at: datetime
    """截止时间: reckoned from the dispatch, not from signing."""
    dispatched_at: datetime
    photos: tuple[str, ...] = ()
    """Links to the photos of the problem, signed, below the centre's address."""
    upload_url: str = ""
    """Where the unit puts its own photos: ``PUT <upload_url>/<sha256>``, below the centre's address."""
    upload_token: str = ""
    """Bearer token for the uploads of this task."""
    rework_reason: str = ""
    """Why the work is to be done again; empty in the first round."""


@dataclass(frozen=True, kw_only=True)
class TaskWithdrawn:
    """撤回: nothing more is to be done; what is still sent about it will be refused."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReturnDecided:
    """回退审批: the dispatcher's word on a task that the unit sent back."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    accepted: bool
    """True: the task is no longer the unit's."""
    reason: str
    """Why not; may be empty when accepted."""
    due_at: datetime | None = None
    """The due time that now holds when the task stays with the unit."""


@dataclass(frozen=True, kw_only=True)
class ExtensionDecided:
    """延期审批: the word on a request for more time."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    accepted: bool
    reason: str
    due_at: datetime
    """The due time that now holds."""


@dataclass(frozen=True, kw_only=True)
class SuspensionDecided:
    """挂账审批: the word on a request to let the task rest."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    accepted: bool
    reason: str
    until_at: datetime | None = None
    """When the task goes on by itself; None when refused."""


@dataclass(frozen=True, kw_only=True)
class TaskResumed:
    """恢复处置: the task goes on, with what was left of its limit."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    due_at: datetime
    """The due time that now holds."""


@dataclass(frozen=True, kw_only=True)
class DueTimeChanged:
    """时限调整: the due time or the urgency has changed without the unit's asking."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    due_at: datetime
    """The due time that now holds."""
    urgency: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Urge:
    """催办: a reminder; no answer is wanted."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    words: str
    urged_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupervisionOrder:
    """督办: a formal notice; reply with ``supervision_reply`` by the time named."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    order_number: str
    kind: str
    """``overdue`` 超时, ``repeated_rework`` 多次返工, ``leader`` 领导 or ``important`` 重要案件."""
    words: str
    ordered_at: datetime
    reply_by_at: datetime


@dataclass(frozen=True, kw_only=True)
class RequestAccepted:
    """已接收: a message of the unit was accepted; ``request_id`` is that message's id."""

    request_id: str
    request: str
    case_number: str = ""
    """The case, or empty."""


@dataclass(frozen=True, kw_only=True)
class RequestRefused:
    """未接收: a message of the unit broke a rule or came too late; ``field`` names the field, if one."""

    request_id: str
    request: str
    reason: str
    """What was wrong, in Chinese, for a person to read."""
    case_number: str = ""
    """The case, or empty."""
    field: str = ""


# From a unit


@dataclass(frozen=True, kw_only=True)
class Sign:
    """签收: the unit has the task."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str


@dataclass(frozen=True, kw_only=True)
class SendBack:
    """回退: the unit says that the task is not its own, and why."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    """Why it is not the unit's, 1 to 500 characters."""


@dataclass(frozen=True, kw_only=True)
class AskExtension:
    """申请延期: one more original limit; at most two a case, and never after the due time."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AskSuspension:
    """申请挂账: let the task rest until a day; once a case, at most 365 days."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    reason: str
    until_at: datetime
    receipts: tuple[str, ...] = ()
    """上传回执: 0 to 20, of photos that show why it has to rest: the place, a notice, a plan of works."""


@dataclass(frozen=True, kw_only=True)
class Resume:
    """恢复处置: the unit can go on before the day named."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """反馈: the problem is gone; ``receipts`` are what the upload door answered for each photo."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    text: str
    """What was done, 1 to 2000 characters."""
    receipts: tuple[str, ...]
    """上传回执: 1 to 20, of photos taken after the work."""


@dataclass(frozen=True, kw_only=True)
class SupervisionReply:
    """督办回复: what the unit does about it."""

    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    order_number: str
    text: str
    """What the unit does about it."""


@dataclass(frozen=True, kw_only=True)
class Resync:
    """重新同步: the unit lost what it had, and asks for all its open tasks again."""

    responsible_unit: str


TO_UNIT: dict[str, type] = {
    "task": Task,
    "task_withdrawn": TaskWithdrawn,
    "return_decided": ReturnDecided,
    "extension_decided": ExtensionDecided,
    "suspension_decided": SuspensionDecided,
    "task_resumed": TaskResumed,
    "due_time_changed": DueTimeChanged,
    "urge": Urge,
    "supervision_order": SupervisionOrder,
    "request_accepted": RequestAccepted,
    "request_refused": RequestRefused,
}
FROM_UNIT: dict[str, type] = {
    "sign": Sign,
    "send_back": SendBack,
    "ask_extension": AskExtension,
    "ask_suspension": AskSuspension,
    "resume": Resume,
    "feedback": Feedback,
    "supervision_reply": SupervisionReply,
    "resync": Resync,
}
