"""What is kept of a case (案卷), how it is told, and the moves that all its steps are made of."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.codes import Source, Urgency
from case_contracts.intake import CaseFiled, VerificationAsked
from case_contracts.roles import Role
from services.intake.domain.case_states import ALLOWED_MOVES, CaseState
from services.intake.domain.clocks import OnTheClock
from services.intake.domain.position import Position
from services.intake.domain.refusals import MoveNotAllowed
from services.intake.domain.reopening import ReopeningRequest
from services.intake.domain.task import Task


@dataclass(kw_only=True)
class CaseRecord(OnTheClock):
    """What is kept of a case, and how it moves at all; the steps are the subclass's."""

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
    component_code: str | None = None
    raised_urgency: Urgency | None = None
    """What somebody raised it to by hand; filing it anew does not lower it."""
    state: CaseState = CaseState.IN_COMMAND
    round: int = 1
    photos: tuple[str, ...] = ()
    """From before: the report's own and the confirmation's."""
    linked_reports: tuple[str, ...] = ()
    responsible_unit: str | None = None
    handling_due_at: datetime | None = None
    limit_seconds: float | None = None
    """The limit that extensions or credited outages made longer; None: it is as the case was filed."""
    feedback: str = ""
    feedback_photos: tuple[str, ...] = ()
    verification_photos: tuple[str, ...] = ()
    reason: str = ""
    approved_by: str = ""
    merged_into: str | None = None
    reopenings: tuple[ReopeningRequest, ...] = ()
    ended_at: datetime | None = None

    @property
    def subject(self) -> str:
        """How facts and flow records call it."""
        return f"case/{self.case_number}"

    @property
    def report_numbers(self) -> tuple[str, ...]:
        """The report that became the case and those linked to it: all are answered with it."""
        return (self.report_number, *self.linked_reports)

    @property
    def reopenings_to_decide(self) -> tuple[ReopeningRequest, ...]:
        """What dissatisfied reporters have asked for and nobody has decided, the oldest first."""
        return tuple(request for request in self.reopenings if request.granted is None)

    def filed(self, *, at: datetime) -> CaseFiled:
        """立案: the case as dispatch needs to know it; filed anew, with the round that begins."""
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
            filed_at=at,
            component_code=self.component_code,
            photos=self.photos,
        )

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

    def _check_is(self, state: CaseState, wanted: CaseState) -> None:
        if self.state is not state:
            raise MoveNotAllowed(self.case_number, self.state, wanted)

    def _begin_round(self, at: datetime, due_at: datetime) -> None:
        self._move_to(CaseState.IN_COMMAND, Role.DISPATCHER, at, due_at)
        self.round += 1
        self.limit_seconds = None
        self.handling_due_at = None
        self.feedback, self.feedback_photos, self.verification_photos = "", (), ()

    def _move_to(self, state: CaseState, owner: Role, at: datetime, due_at: datetime) -> None:
        self.check_move(state)
        self.state, self.owner = state, owner
        self._clock(at, due_at)

    def _end(self, state: CaseState, at: datetime) -> None:
        self.check_move(state)
        self.state, self.owner, self.ended_at = state, None, at
        self._clock(None, None)
