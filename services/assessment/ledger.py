"""One row of the ledger (台账): a fact as it was announced, with the columns that figures are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts import assessment, console, dispatch, facts, hotline, intake, wire


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A fact of the ledger."""

    message_id: str
    source: str
    type: str
    subject: str
    sequence: int
    time: datetime
    data: dict[str, Any]


TEXTS = ("case_number", "report_number", "responsible_unit", "kind", "satisfaction", "order_number")
FLAGS = ("in_time", "valid", "wrong_dispatch", "reopened")
MOMENTS = ("due_at", "reply_by_at")
COUNTS = ("round", "dispatch_number")

_JOURNEY = tuple(
    kind.name
    for kind in (
        console.AccountOpened, hotline.ProblemPhonedIn, intake.ReportReceived,
        intake.ProblemSelfHandled, intake.SelfHandlingJudged, intake.ReportEscalated,
        intake.ConfirmationAsked, intake.ReportConfirmed, intake.ReportDenied,
        intake.ReportNotAccepted, intake.ReportAccepted, intake.ReportReturned, intake.ReportLinked,
        intake.FilingDeclined, intake.CaseFiled, intake.UrgencyRaised, dispatch.UrgencyChanged,
        intake.CaseEscalated, dispatch.AssignmentEscalated, dispatch.CaseDispatched,
        dispatch.CaseReturnedToIntake, dispatch.HandlingStarted, dispatch.CaseSentBack,
        dispatch.ReturnAccepted, dispatch.ReturnRefused, dispatch.CoordinationCalled,
        dispatch.ResponsibilityDecided, dispatch.ExtensionAsked, dispatch.ExtensionGranted,
        dispatch.ExtensionRefused, dispatch.SuspensionAsked, dispatch.CaseSuspended,
        dispatch.SuspensionRefused, dispatch.CaseResumed, dispatch.UnitUrged,
        dispatch.SupervisionOrdered, dispatch.SupervisionReplied, dispatch.OutageCredited,
        dispatch.DecisionTimeCredited, dispatch.ReplyTimeCredited, dispatch.OutageLogged,
        intake.ReportTimeCredited, intake.CaseTimeCredited,
        dispatch.FeedbackSubmitted, intake.VerificationAsked, intake.VerificationFailed,
        dispatch.ReworkOrdered, intake.HandlingVerified, intake.EvidenceFlagged,
        intake.CaseClosed, intake.CaseVoided,
        intake.CaseForceClosed, intake.CaseMerged, intake.ReopeningAsked, intake.CaseReopened,
        intake.ReopeningDeclined, dispatch.TaskWithdrawn, intake.AnswerDue, intake.CallBackDue,
        hotline.CallBackEscalated, hotline.CallBackTried,
        hotline.CallerInformed, hotline.CallerDissatisfied, hotline.CallerUnreachable,
        intake.AnswerDelivered, intake.AnswerRated, intake.AnswerUndeliverable, assessment.AppealMade,
        assessment.AppealEscalated, assessment.AppealReviewed, assessment.AppealGranted,
        assessment.AppealRefused,
        intake.CollectorWentOnDuty, intake.CollectorWentOffDuty, intake.ShiftHandedOver,
        console.AccountChanged, console.AccountClosed,
    )
)  # fmt: skip
"""The order in which facts of one moment follow from one another."""


def columns(envelope: wire.Envelope) -> dict[str, Any]:
    """The row of a fact; raises :class:`wire.Malformed` when a known fact breaks its contract.

    A fact that this release does not know is kept as well, with the columns its fields fit.
    """
    facts.unseal(envelope)
    data = envelope.data
    row: dict[str, Any] = {
        "message_id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "time": wire.time_text(envelope.time),
        "data": data,
        "origin": data.get("source") if isinstance(data.get("source"), str) else None,
        "called": data.get("to") if isinstance(data.get("to"), str) else None,
        "unseen": data.get("collector") == "" if envelope.type == intake.VerificationFailed.name else None,
    }
    row |= {name: data[name] if isinstance(data.get(name), bool) else None for name in FLAGS}
    row |= {name: _moment(data.get(name)) for name in MOMENTS}
    row |= {name: data[name] if isinstance(data.get(name), str) else None for name in TEXTS}
    return row | {name: _small(data.get(name)) for name in COUNTS}


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """A story as it happened: by time, and within one moment by sequence and the journey's order."""
    told: list[Entry] = []
    moments: dict[datetime, list[Entry]] = {}
    for entry in entries:
        moments.setdefault(entry.time, []).append(entry)
    for moment in sorted(moments):
        told.extend(_within_a_moment(moments[moment]))
    return told


def numbers(entries: Iterable[Entry], name: str) -> list[str]:
    """The different case or report numbers that facts name, in their order."""
    named = (entry.data.get(name) for entry in entries)
    return list(dict.fromkeys(number for number in named if isinstance(number, str)))


def _within_a_moment(entries: list[Entry]) -> Iterable[Entry]:
    queues: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: -entry.sequence):
        queues.setdefault((entry.source, entry.subject), []).append(entry)
    while queues:
        subject = min(queues, key=lambda subject: (_rank(queues[subject][-1].type), subject))
        yield queues[subject].pop()
        if not queues[subject]:
            del queues[subject]


def _rank(type_: str) -> int:
    return _JOURNEY.index(type_) if type_ in _JOURNEY else len(_JOURNEY)


def _small(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if whole else None


def _moment(value: Any) -> str | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return wire.time_text(moment) if moment is not None and moment.tzinfo else None
