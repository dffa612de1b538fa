"""Assignment (任务): what one case asks of one responsible unit, from awaiting dispatch to done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from case_contracts.codes import Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseSentBack,
    FeedbackSubmitted,
    HandlingStarted,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
    TaskWithdrawn,
)
from case_contracts.intake import CaseFiled
from handbook.calendar import WorkCalendar
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit
from services.dispatch.domain.refusals import AssignmentNotFound, MoveNotAllowed, TaskOutdated


class AssignmentState(StrEnum):
    """Where an assignment stands."""

    AWAITING_DISPATCH = "awaiting_dispatch"
    AWAITING_SIGNATURE = "awaiting_signature"
    HANDLING = "handling"
    RETURN_UNDER_REVIEW = "return_under_review"
    FED_BACK = "fed_back"
    DONE = "done"
    WITHDRAWN = "withdrawn"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self not in (AssignmentState.DONE, AssignmentState.WITHDRAWN)


_STATES = {
    AssignmentState.AWAITING_DISPATCH: "待派遣",
    AssignmentState.AWAITING_SIGNATURE: "待签收",
    AssignmentState.HANDLING: "处置中",
    AssignmentState.RETURN_UNDER_REVIEW: "回退待审",
    AssignmentState.FED_BACK: "已反馈",
    AssignmentState.DONE: "已办结",
    AssignmentState.WITHDRAWN: "已撤回",
}

ALLOWED_MOVES: dict[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.AWAITING_DISPATCH: frozenset(
        {AssignmentState.AWAITING_SIGNATURE, AssignmentState.WITHDRAWN}
    ),
    AssignmentState.AWAITING_SIGNATURE: frozenset(
        {AssignmentState.HANDLING, AssignmentState.RETURN_UNDER_REVIEW, AssignmentState.WITHDRAWN}
    ),
    AssignmentState.HANDLING: frozenset(
        {AssignmentState.FED_BACK, AssignmentState.RETURN_UNDER_REVIEW, AssignmentState.WITHDRAWN}
    ),
    AssignmentState.RETURN_UNDER_REVIEW: frozenset(
        {
            AssignmentState.AWAITING_DISPATCH,
            AssignmentState.AWAITING_SIGNATURE,
            AssignmentState.HANDLING,
            AssignmentState.WITHDRAWN,
        }
    ),
    AssignmentState.FED_BACK: frozenset(
        {AssignmentState.HANDLING, AssignmentState.DONE, AssignmentState.WITHDRAWN}
    ),
    AssignmentState.DONE: frozenset(),
    AssignmentState.WITHDRAWN: frozenset(),
}

DISPATCHERS = "dispatcher"
"""Owner of what awaits a dispatcher's decision."""
SUPERVISION = "intake"
"""Owner of what has been fed back: intake verifies and closes."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Which task of a case is meant: its round, and which dispatch of the case."""

    round: int
    dispatch_number: int

    def __str__(self) -> str:
        return f"第{self.round}轮第{self.dispatch_number}次派遣"


@dataclass(kw_only=True)
class Assignment:
    """One a case; born with the filing, kept through return and rework."""

    case_number: str
    subcategory: str
    filing_standard: str
    limit: int
    limit_unit: LimitUnit
    urgency: Urgency
    closing_condition: str
    description: str
    address: str
    lon: float
    lat: float
    unit_grid_code: str
    responsibility_grid: str
    handbook_version: str
    filed_at: datetime
    decide_by_at: datetime
    """By when the dispatcher must decide, while a dispatch or a return awaits decision."""
    component_code: str | None = None
    photos: tuple[str, ...] = ()
    state: AssignmentState = AssignmentState.AWAITING_DISPATCH
    round: int = 1
    dispatch_number: int = 0
    responsible_unit: str | None = None
    assisting_units: tuple[str, ...] = ()
    earlier_units: tuple[str, ...] = ()
    """Every unit that was ever given the case, the latest last; its time is what the clock holds."""
    clock: HandlingClock | None = None
    due_at: datetime | None = None
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    sent_back_at: datetime | None = None
    sent_back_from: AssignmentState | None = None
    send_back_reason: str = ""
    returns: int = 0
    rework_reason: str = ""
    feedback_text: str = ""
    feedback_photos: tuple[str, ...] = ()
    fed_back_at: datetime | None = None
    withdrawal_reason: str = ""

    @classmethod
    def of(cls, filed: CaseFiled, *, decide_by_at: datetime) -> "Assignment":
        """A case was filed: somebody has to be chosen."""
        return cls(
            case_number=filed.case_number,
            round=filed.round,
            subcategory=filed.subcategory,
            filing_standard=filed.filing_standard,
            limit=filed.limit,
            limit_unit=LimitUnit(filed.limit_unit),
            urgency=filed.urgency,
            closing_condition=filed.closing_condition,
            description=filed.description,
            address=filed.address,
            lon=filed.lon,
            lat=filed.lat,
            unit_grid_code=filed.unit_grid_code,
            responsibility_grid=filed.responsibility_grid,
            handbook_version=filed.handbook_version,
            filed_at=filed.filed_at,
            decide_by_at=decide_by_at,
            component_code=filed.component_code,
            photos=filed.photos,
        )

    @property
    def turn(self) -> Turn:
        """The task that counts now."""
        return Turn(round=self.round, dispatch_number=self.dispatch_number)

    @property
    def is_urgent(self) -> bool:
        """Whether the task goes to the unit's urgent queue."""
        return self.urgency is not Urgency.ORDINARY

    @property
    def with_unit(self) -> bool:
        """Whether the responsible unit has to act."""
        return self.state in (AssignmentState.AWAITING_SIGNATURE, AssignmentState.HANDLING)

    @property
    def owner(self) -> str | None:
        """Who has to act now; None only after the end."""
        if self.with_unit:
            return self.responsible_unit
        if self.state is AssignmentState.FED_BACK:
            return SUPERVISION
        return DISPATCHERS if self.state.is_open else None

    @property
    def act_by_at(self) -> datetime | None:
        """By when the owner must have acted, as far as dispatch keeps that clock."""
        if self.with_unit:
            return self.due_at
        awaits_decision = (AssignmentState.AWAITING_DISPATCH, AssignmentState.RETURN_UNDER_REVIEW)
        return self.decide_by_at if self.state in awaits_decision else None

    def require(self, turn: Turn | None, responsible_unit: str | None) -> None:
        """The unit may act only on a task that it was given, and only on the latest one."""
        if responsible_unit is None or responsible_unit not in self.earlier_units:
            raise AssignmentNotFound(self.case_number)
        if (turn is not None and turn != self.turn) or responsible_unit != self.earlier_units[-1]:
            raise TaskOutdated(self.case_number, str(turn or "较早的派遣"), str(self.turn))

    def dispatch_to(
        self,
        responsible_unit: str,
        *,
        dispatcher: str,
        at: datetime,
        calendar: WorkCalendar,
        assisting_units: tuple[str, ...] = (),
        reason: str = "",
    ) -> CaseDispatched:
        """派遣: the handling clock starts; for the unit that just had the case, what was left goes on."""
        self._move_to(AssignmentState.AWAITING_SIGNATURE, only_from=AssignmentState.AWAITING_DISPATCH)
        if self.clock is not None and self.earlier_units[-1:] == (responsible_unit,):
            self._run(self.clock.resume(at), calendar)
        else:
            self._run(self._fresh_clock(at), calendar)
        self.dispatch_number += 1
        self.responsible_unit = responsible_unit
        self.earlier_units = (*self.earlier_units, responsible_unit)
        self.assisting_units = assisting_units
        self.dispatched_at = at
        return CaseDispatched(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=responsible_unit,
            due_at=self._due(),
            dispatched_at=at,
            dispatcher=dispatcher,
            reason=reason,
            assisting_units=assisting_units,
        )

    def sign(self, *, at: datetime) -> HandlingStarted:
        """签收: the unit has taken the task; its clock runs since the dispatch."""
        self._move_to(AssignmentState.HANDLING, only_from=AssignmentState.AWAITING_SIGNATURE)
        self.signed_at = at
        return HandlingStarted(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self._unit(),
            signed_at=at,
        )

    def send_back(
        self, *, reason: str, at: datetime, decide_by_at: datetime, calendar: WorkCalendar
    ) -> CaseSentBack:
        """回退: the unit says that the task is not its own; the clock pauses while that is decided."""
        before = self.state
        self._move_to(AssignmentState.RETURN_UNDER_REVIEW)
        self.sent_back_from = before
        self.clock = self._clock().pause(at, calendar)
        self.sent_back_at = at
        self.send_back_reason = reason
        self.decide_by_at = decide_by_at
        self.returns += 1
        return CaseSentBack(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self._unit(),
            reason=reason,
            sent_back_at=at,
        )

    def accept_return(self, *, dispatcher: str, at: datetime, decide_by_at: datetime) -> ReturnAccepted:
        """同意回退: the case was dispatched wrongly, and awaits a new dispatch in the same round."""
        self._move_to(AssignmentState.AWAITING_DISPATCH)
        returned_by = self._unit()
        self.responsible_unit = None
        self.assisting_units = ()
        self.due_at = None
        self.signed_at = None
        self.sent_back_from = None
        self.decide_by_at = decide_by_at
        return ReturnAccepted(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=returned_by,
            dispatcher=dispatcher,
            accepted_at=at,
        )

    def refuse_return(
        self, *, reason: str, dispatcher: str, at: datetime, calendar: WorkCalendar
    ) -> ReturnRefused:
        """不同意回退: the task stays with the unit as it was, and its clock goes on (counted as 推诿)."""
        back_to = self.sent_back_from or AssignmentState.AWAITING_SIGNATURE
        self._move_to(back_to, only_from=AssignmentState.RETURN_UNDER_REVIEW)
        self.sent_back_from = None
        self._run(self._clock().resume(at), calendar)
        return ReturnRefused(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self._unit(),
            reason=reason,
            dispatcher=dispatcher,
            due_at=self._due(),
            refused_at=at,
        )

    def feed_back(
        self, *, text: str, photos: tuple[str, ...], at: datetime, calendar: WorkCalendar
    ) -> FeedbackSubmitted:
        """反馈: the unit says that the problem is gone; its clock stops."""
        self._move_to(AssignmentState.FED_BACK)
        self.clock = self._clock().pause(at, calendar)
        self.feedback_text = text
        self.feedback_photos = photos
        self.fed_back_at = at
        return FeedbackSubmitted(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self._unit(),
            text=text,
            photos=photos,
            due_at=self._due(),
            fed_back_at=at,
            in_time=at <= self._due(),
        )

    def order_rework(self, *, round: int, reason: str, at: datetime, calendar: WorkCalendar) -> ReworkOrdered:
        """返工: the same unit has to do it again, with its full limit from now."""
        self._move_to(AssignmentState.HANDLING, only_from=AssignmentState.FED_BACK)
        self.round = round
        self.rework_reason = reason
        self._run(self._fresh_clock(at), calendar)
        return ReworkOrdered(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self._unit(),
            reason=reason,
            due_at=self._due(),
            ordered_at=at,
        )

    def finish(self) -> None:
        """办结: intake has closed the case; no more is asked of anybody here."""
        self._move_to(AssignmentState.DONE)

    def withdraw(self, *, reason: str, at: datetime) -> TaskWithdrawn:
        """撤回: the case was voided; whoever has the task need do nothing more."""
        self._move_to(AssignmentState.WITHDRAWN)
        self.withdrawal_reason = reason
        return TaskWithdrawn(
            case_number=self.case_number,
            round=self.round,
            reason=reason,
            withdrawn_at=at,
            responsible_unit=self.responsible_unit,
        )

    def _move_to(self, wanted: AssignmentState, *, only_from: AssignmentState | None = None) -> None:
        # Two different moves may lead to one state: the second argument tells them apart.
        if wanted not in ALLOWED_MOVES[self.state] or only_from not in (None, self.state):
            raise self.not_allowed(wanted)
        self.state = wanted

    def not_allowed(self, wanted: AssignmentState) -> MoveNotAllowed:
        """The refusal of a move, in the words that the asker reads."""
        reason = f"案件 {self.case_number} 当前为“{self.state.chinese}”，不能转为“{wanted.chinese}”"
        if self.state is AssignmentState.WITHDRAWN:
            reason = f"案件 {self.case_number} 已撤回：{self.withdrawal_reason}"
        return MoveNotAllowed(self.case_number, self.state, wanted, reason)

    def _fresh_clock(self, at: datetime) -> HandlingClock:
        return HandlingClock.start(TimeLimit(self.limit, self.limit_unit), at)

    def _run(self, clock: HandlingClock, calendar: WorkCalendar) -> None:
        self.clock = clock
        self.due_at = clock.due_at(calendar)

    def _clock(self) -> HandlingClock:
        assert self.clock is not None, "a dispatched task has a clock"
        return self.clock

    def _due(self) -> datetime:
        assert self.due_at is not None, "a running clock has a due time"
        return self.due_at

    def _unit(self) -> str:
        assert self.responsible_unit is not None, "a dispatched task has its unit"
        return self.responsible_unit
