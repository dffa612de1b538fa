"""Answers (答复): every report is answered once for each outcome, through the channel it came by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from case_contracts.codes import AnswerKind, Satisfaction, Source
from case_contracts.facts import Fact
from case_contracts.hotline import CallerInformed, CallerUnreachable
from case_contracts.intake import AnswerDelivered, AnswerDue, AnswerRated, AnswerUndeliverable, CallBackDue
from services.intake.domain.courses import Course
from services.intake.domain.refusals import AlreadyRated, MoveNotAllowed, a_reason


class AnswerState(StrEnum):
    """How far an answer has come."""

    DUE = "due"
    SENT = "sent"
    DELIVERED = "delivered"
    UNREACHABLE = "unreachable"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {"due": "待答复", "sent": "回访中", "delivered": "已答复", "unreachable": "未能答复"}[
            self.value
        ]


ALLOWED_MOVES: dict[AnswerState, frozenset[AnswerState]] = {
    AnswerState.DUE: frozenset({AnswerState.DELIVERED, AnswerState.UNREACHABLE}),
    AnswerState.SENT: frozenset({AnswerState.DELIVERED, AnswerState.UNREACHABLE}),
    AnswerState.DELIVERED: frozenset(),
    AnswerState.UNREACHABLE: frozenset(),
}

COURSES: dict[tuple[AnswerState | None, type[Fact]], Course] = {
    (None, CallerInformed): Course.WAIT,
    (None, CallerUnreachable): Course.WAIT,
    (AnswerState.DUE, CallerInformed): Course.NOTE,
    (AnswerState.DUE, CallerUnreachable): Course.NOTE,
    (AnswerState.SENT, CallerInformed): Course.APPLY,
    (AnswerState.SENT, CallerUnreachable): Course.APPLY,
    (AnswerState.DELIVERED, CallerInformed): Course.NOTE,
    (AnswerState.DELIVERED, CallerUnreachable): Course.NOTE,
    (AnswerState.UNREACHABLE, CallerInformed): Course.NOTE,
    (AnswerState.UNREACHABLE, CallerUnreachable): Course.NOTE,
}
"""What hotline's facts do to an answer in each state; None is an answer that is not there yet."""

READABLE_AT_ONCE = frozenset({Source.OPEN311, Source.PUBLIC_PAGE})
"""Channels where an answer counts as delivered as soon as it can be read, unless a query word opens it."""

READ_BY_THEMSELVES = frozenset({Source.COLLECTOR, Source.VIDEO, Source.LEADER})
"""Channels whose reporters find the answer in their own list."""

_TEXTS = {
    AnswerKind.NOT_ACCEPTED: "您反映的问题（{report_number}）经审核不予受理，原因：{reason}",
    AnswerKind.NOT_FILED: "您反映的问题（{report_number}）经审核不予立案，原因：{reason}",
    AnswerKind.CLOSED: "您反映的问题（{report_number}）已处置完毕并经现场核查，现已结案。感谢您的关心！",
    AnswerKind.FORCE_CLOSED: "您反映的问题（{report_number}）经批准强制结案，原因：{reason}",
    AnswerKind.VOIDED: "您反映的问题（{report_number}）已停止办理，原因：{reason}",
    AnswerKind.REOPENED: "您反映的问题（{report_number}）将重新处置，办结后再行答复。说明：{reason}",
    AnswerKind.REOPENING_DECLINED: "您反映的问题（{report_number}）经复核不再重新处置，原因：{reason}",
    AnswerKind.SELF_HANDLED: "您自行处置的问题（{report_number}）经审核有效，计入工作量。",
}


def waiting_key(report_number: str, kind: AnswerKind) -> str:
    """What a fact about an answer waits under when it comes before the answer."""
    return f"answer/{report_number}/{kind}"


@dataclass(kw_only=True)
class Answer:
    """One answer of a report: the first, or a later one when its case was reopened or was not."""

    report_number: str
    kind: AnswerKind
    channel: Source
    text: str
    due_since: datetime
    state: AnswerState = AnswerState.DUE
    reason: str = ""
    ended_at: datetime | None = None
    number: int = 1
    """Counts the answers of a report."""
    satisfaction: Satisfaction | None = None
    rated_at: datetime | None = None

    @property
    def answer_id(self) -> str:
        """The report's number; from the second answer on with its own number behind."""
        return self.report_number if self.number == 1 else f"{self.report_number}-{self.number}"

    @classmethod
    def open(
        cls,
        report_number: str,
        kind: AnswerKind,
        channel: Source,
        *,
        reason: str,
        at: datetime,
        number: int = 1,
        to_be_opened: bool = False,
    ) -> tuple["Answer", Fact]:
        """应答复: the outcome is known; the channel decides how it is told (docs/domain.md, "Answers").

        ``to_be_opened``: whoever reported has a query word, and has it when they have opened it with that.
        """
        text = _TEXTS[kind].format(report_number=report_number, reason=reason)
        answer = cls(
            report_number=report_number, kind=kind, channel=channel, text=text, due_since=at, number=number
        )
        if channel is Source.HOTLINE:
            answer.state = AnswerState.SENT
            return answer, CallBackDue(report_number=report_number, kind=kind, text=text, due_since=at)
        if channel in READABLE_AT_ONCE and not to_be_opened:
            return answer, answer.delivered(at=at)
        return answer, AnswerDue(
            report_number=report_number, kind=kind, channel=channel, text=text, due_since=at
        )

    def delivered(self, *, at: datetime) -> AnswerDelivered:
        """已答复: the reporter has it."""
        self._move_to(AnswerState.DELIVERED, at)
        return AnswerDelivered(
            report_number=self.report_number, kind=self.kind, channel=self.channel, delivered_at=at
        )

    def rate(self, satisfaction: Satisfaction, *, at: datetime) -> AnswerRated:
        """评价: once an answer, however late."""
        if self.satisfaction is not None:
            raise AlreadyRated(self.report_number)
        self.satisfaction, self.rated_at = satisfaction, at
        return AnswerRated(
            report_number=self.report_number,
            kind=self.kind,
            channel=self.channel,
            satisfaction=satisfaction,
            rated_at=at,
        )

    def given_up(self, *, reason: str, at: datetime) -> AnswerUndeliverable:
        """未能答复: the reporter could not be reached."""
        self.reason = a_reason(reason)
        self._move_to(AnswerState.UNREACHABLE, at)
        return AnswerUndeliverable(
            report_number=self.report_number, kind=self.kind, channel=self.channel, given_up_at=at
        )

    def _move_to(self, state: AnswerState, at: datetime) -> None:
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.report_number, self.state, state)
        self.state = state
        self.ended_at = at


def spoken_of(answers: Iterable[Answer], fact: CallerInformed | CallerUnreachable) -> Answer | None:
    """The answer that hotline speaks of: of its kind, and if there are several the first on its way."""
    of_its_kind = [answer for answer in answers if answer.kind is fact.kind]
    on_its_way = [answer for answer in of_its_kind if answer.state is AnswerState.SENT]
    return next(iter(on_its_way or of_its_kind), None)


def course_of(answer: Answer | None, fact: CallerInformed | CallerUnreachable) -> Course:
    """The table's word on this fact; an answer of another kind is not the one the fact speaks of."""
    ours = answer if answer is not None and answer.kind is fact.kind else None
    return COURSES[(ours.state if ours else None, type(fact))]
