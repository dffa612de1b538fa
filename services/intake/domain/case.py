"""Cases (案卷): a filed problem, from command over verification to closing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from case_contracts.codes import Source, Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseSentBack,
    FeedbackSubmitted,
    HandlingStarted,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.facts import Fact
from case_contracts.intake import (
    CaseClosed,
    CaseFiled,
    CaseVoided,
    HandlingVerified,
    VerificationAsked,
    VerificationFailed,
)
from case_contracts.roles import Role
from services.intake.domain.courses import Course
from services.intake.domain.position import Position
from services.intake.domain.refusals import EvidenceMissing, MoveNotAllowed, RuleBroken, a_reason
from services.intake.domain.task import Task

DispatchFact = (
    CaseDispatched
    | HandlingStarted
    | CaseSentBack
    | ReturnAccepted
    | ReturnRefused
    | ReworkOrdered
    | FeedbackSubmitted
)


class CaseState(StrEnum):
    """Where a case stands."""

    IN_COMMAND = "in_command"
    AWAITING_VERIFICATION = "awaiting_verification"
    VERIFYING = "verifying"
    AWAITING_CLOSING = "awaiting_closing"
    CLOSED = "closed"
    VOIDED = "voided"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self]


_STATES = {
    CaseState.IN_COMMAND: "指挥处置中",
    CaseState.AWAITING_VERIFICATION: "待核查",
    CaseState.VERIFYING: "核查中",
    CaseState.AWAITING_CLOSING: "待结案",
    CaseState.CLOSED: "已结案",
    CaseState.VOIDED: "已作废",
}

ALLOWED_MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.IN_COMMAND: frozenset({CaseState.AWAITING_VERIFICATION, CaseState.VOIDED}),
    CaseState.AWAITING_VERIFICATION: frozenset({CaseState.VERIFYING, CaseState.VOIDED}),
    CaseState.VERIFYING: frozenset({CaseState.AWAITING_CLOSING, CaseState.IN_COMMAND, CaseState.VOIDED}),
    CaseState.AWAITING_CLOSING: frozenset({CaseState.CLOSED, CaseState.VOIDED}),
    CaseState.CLOSED: frozenset(),
    CaseState.VOIDED: frozenset(),
}

ENDS = frozenset(state for state, moves in ALLOWED_MOVES.items() if not moves)

_FOLLOWED: tuple[type[Fact], ...] = (
    CaseDispatched,
    HandlingStarted,
    CaseSentBack,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
    FeedbackSubmitted,
)

COURSES: dict[tuple[CaseState | None, type[Fact]], Course] = {
    **{(None, fact): Course.WAIT for fact in _FOLLOWED},
    **{(CaseState.IN_COMMAND, fact): Course.APPLY for fact in _FOLLOWED},
    **{(CaseState.AWAITING_VERIFICATION, fact): Course.NOTE for fact in _FOLLOWED},
    **{(CaseState.VERIFYING, fact): Course.NOTE for fact in _FOLLOWED},
    **{(CaseState.AWAITING_CLOSING, fact): Course.NOTE for fact in _FOLLOWED},
    **{(CaseState.CLOSED, fact): Course.NOTE for fact in _FOLLOWED},
    **{(CaseState.VOIDED, fact): Course.NOTE for fact in _FOLLOWED},
}
"""What dispatch's facts of the case's own round do in each state; None is a case that is not there yet."""


@dataclass(kw_only=True)
class Case:
    """A problem that the city has taken on; somebody owns it at every moment until it ends."""

    case_number: str
    report_number: str
    source: Source
    reporter: str
    subcategory: str
    filing_standard: str
    handbook_version: str
    limit: int
    limit_unit: str
    urgency: Urgency
    closing_condition: str
    description: str
    address: str
    position: Position
    supervisor: str
    filed_at: datetime
    owner: Role | None
    due_at: datetime | None
    """When the owner must have done their part; None once the case has ended."""
    component_code: str | None = None
    state: CaseState = CaseState.IN_COMMAND
    round: int = 1
    photos: tuple[str, ...] = ()
    """From before: the report's own and the confirmation's."""
    linked_reports: tuple[str, ...] = ()
    responsible_unit: str | None = None
    handling_due_at: datetime | None = None
    feedback: str = ""
    feedback_photos: tuple[str, ...] = ()
    verification_photos: tuple[str, ...] = ()
    reason: str = ""
    ended_at: datetime | None = None

    @property
    def subject(self) -> str:
        """How facts and flow records call it."""
        return f"case/{self.case_number}"

    @property
    def report_numbers(self) -> tuple[str, ...]:
        """The report that became the case and those linked to it: all are answered with it."""
        return (self.report_number, *self.linked_reports)

    def filed(self) -> CaseFiled:
        """立案: the case as dispatch needs to know it."""
        assert self.position.unit_grid_code is not None
        assert self.position.responsibility_grid is not None
        return CaseFiled(
            case_number=self.case_number,
            round=self.round,
            report_number=self.report_number,
            source=self.source,
            subcategory=self.subcategory,
            filing_standard=self.filing_standard,
            handbook_version=self.handbook_version,
            limit=self.limit,
            limit_unit=self.limit_unit,
            urgency=self.urgency,
            closing_condition=self.closing_condition,
            description=self.description,
            address=self.address,
            lon=self.position.lon,
            lat=self.position.lat,
            unit_grid_code=self.position.unit_grid_code,
            responsibility_grid=self.position.responsibility_grid,
            supervisor=self.supervisor,
            filed_at=self.filed_at,
            component_code=self.component_code,
            photos=self.photos,
        )

    def is_with(self, responsible_unit: str, *, due_at: datetime | None = None) -> None:
        """The unit has it (派遣, 签收, 返工, 不同意回退), until the due time that dispatch has set."""
        self.responsible_unit = responsible_unit
        self.owner = Role.RESPONSIBLE_UNIT
        self.handling_due_at = due_at or self.handling_due_at
        self.due_at = self.handling_due_at or self.due_at

    def is_with_the_dispatcher(self, *, due_at: datetime) -> None:
        """A return awaits decision, or the case a new dispatch."""
        self.owner = Role.DISPATCHER
        self.due_at = due_at

    def fed_back(self, fact: FeedbackSubmitted, *, due_at: datetime) -> None:
        """反馈: the unit says that the problem is gone; an operator is to have it verified."""
        self._move_to(CaseState.AWAITING_VERIFICATION, Role.INTAKE_OPERATOR, due_at)
        self.responsible_unit = fact.responsible_unit
        self.feedback = fact.text
        self.feedback_photos = fact.photos

    def ask_verification(self, task: Task) -> VerificationAsked:
        """核查: a collector is sent to see whether the problem is gone."""
        self._move_to(CaseState.VERIFYING, Role.COLLECTOR, task.due_at)
        return self._asked(task)

    def ask_another(self, task: Task) -> VerificationAsked:
        """The collector sent before cannot go any more: another one is."""
        if self.state is not CaseState.VERIFYING:
            raise MoveNotAllowed(self.case_number, self.state, CaseState.VERIFYING)
        self.due_at = task.due_at
        return self._asked(task)

    def verified(self, task: Task, *, at: datetime, due_at: datetime) -> HandlingVerified:
        """核查通过: the problem is gone; the shift supervisor is to close."""
        self._move_to(CaseState.AWAITING_CLOSING, Role.SHIFT_SUPERVISOR, due_at)
        self.verification_photos = task.photos
        return HandlingVerified(
            case_number=self.case_number,
            round=self.round,
            task_id=task.task_id,
            collector=task.collector,
            verified_at=at,
            photos=task.photos,
            in_time=task.in_time,
        )

    def verification_failed(self, task: Task, *, at: datetime, due_at: datetime) -> VerificationFailed:
        """核查不通过: a new round begins, in command again."""
        self._move_to(CaseState.IN_COMMAND, Role.DISPATCHER, due_at)
        self.round += 1
        self.handling_due_at = None
        self.feedback, self.feedback_photos, self.verification_photos = "", (), ()
        return VerificationFailed(
            case_number=self.case_number,
            round=self.round,
            task_id=task.task_id,
            collector=task.collector,
            reason=task.words,
            failed_at=at,
            photos=task.photos,
            in_time=task.in_time,
        )

    def close(self, *, at: datetime, supervisor: str) -> CaseClosed:
        """结案: feedback and verification agree, and both have photos."""
        self.check_move(CaseState.CLOSED)
        if missing := self._missing_evidence():
            raise EvidenceMissing(self.case_number, missing)
        self._end(CaseState.CLOSED, at)
        return CaseClosed(
            case_number=self.case_number,
            round=self.round,
            report_numbers=self.report_numbers,
            supervisor=supervisor,
            closed_at=at,
        )

    def void(self, *, reason: str, at: datetime, supervisor: str) -> CaseVoided:
        """作废: it was filed by mistake."""
        self.check_move(CaseState.VOIDED)
        self.reason = a_reason(reason)
        self._end(CaseState.VOIDED, at)
        return CaseVoided(
            case_number=self.case_number,
            round=self.round,
            reason=self.reason,
            report_numbers=self.report_numbers,
            supervisor=supervisor,
            voided_at=at,
        )

    def take_in(self, report_number: str) -> None:
        """重复案件: another report tells of the same problem and shares the answer; not of a voided case."""
        if self.state is CaseState.VOIDED:
            raise RuleBroken("case_number", "该案卷已作废，不能关联", "The case was voided.")
        if report_number not in self.linked_reports:
            self.linked_reports = (*self.linked_reports, report_number)

    def check_move(self, state: CaseState) -> None:
        """Raise MoveNotAllowed unless it may go there from where it is."""
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.case_number, self.state, state)

    def _asked(self, task: Task) -> VerificationAsked:
        return VerificationAsked(
            case_number=self.case_number,
            round=self.round,
            task_id=task.task_id,
            collector=task.collector,
            due_at=task.due_at,
        )

    def _missing_evidence(self) -> list[str]:
        missing = []
        if not self.feedback_photos:
            missing.append("处置后照片 / photo after handling")
        if not self.verification_photos:
            missing.append("核查照片 / photo of the verification")
        return missing

    def _move_to(self, state: CaseState, owner: Role, due_at: datetime) -> None:
        self.check_move(state)
        self.state, self.owner, self.due_at = state, owner, due_at

    def _end(self, state: CaseState, at: datetime) -> None:
        self.check_move(state)
        self.state, self.owner, self.due_at, self.ended_at = state, None, None, at


def course_of(case: Case | None, fact: DispatchFact) -> Course:
    """The table's word after the round's: an older one is noted, a newer one waits unless the case ended."""
    if case is None:
        return COURSES[(None, type(fact))]
    if fact.round > case.round and case.state not in ENDS:
        return Course.WAIT
    if fact.round != case.round:
        return Course.NOTE
    return COURSES[(case.state, type(fact))]


def case_key(case_number: str) -> str:
    """What a fact waits under that comes before its case."""
    return f"case/{case_number}"


def round_key(case_number: str, round: int) -> str:
    """What a fact waits under that comes before its round."""
    return f"case/{case_number}/round/{round}"
