"""Reports (上报): a problem somebody told of, until it is a case, part of one, or refused with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import Source, Urgency
from case_contracts.hotline import ProblemPhonedIn
from case_contracts.intake import (
    CaseFiled,
    ConfirmationAsked,
    FilingDeclined,
    ProblemSelfHandled,
    ReportAccepted,
    ReportConfirmed,
    ReportDenied,
    ReportEscalated,
    ReportLinked,
    ReportNotAccepted,
    ReportReceived,
    ReportReturned,
    ReportUrgencyRaised,
    SelfHandlingJudged,
)
from case_contracts.roles import Role
from handbook.values import FilingStandard
from handbook.working_time import HandlingClock
from services.intake.domain import urgency as urgencies
from services.intake.domain.case import Case
from services.intake.domain.clocks import NO_CALENDAR, OnTheClock
from services.intake.domain.courses import Course
from services.intake.domain.fitting import check_fits
from services.intake.domain.position import Position
from services.intake.domain.refusals import HeldByAnother, MoveNotAllowed, RuleBroken, a_reason
from services.intake.domain.report_states import ALLOWED_MOVES, COURSES, OWNERS, ReportState
from services.intake.domain.task import Task

__all__ = ["ALLOWED_MOVES", "COURSES", "HOLD", "OWNERS", "Report", "ReportState"]

HOLD = timedelta(minutes=10)
"""领取: how long a report stays with who took it up; docs/domain.md, "Exceptional paths"."""


@dataclass(kw_only=True)
class Report(OnTheClock):
    """A report and the acceptance clock on it; see docs/domain.md, "Clocks"."""

    report_number: str
    source: Source
    reporter: str
    """person_id of who entered it; for a call, nobody of ours."""
    description: str
    address: str
    received_at: datetime
    reporter_ref: str | None = None
    query_mark: str = ""
    """查询码: by this mark the word is known that opens it on the public page; empty when there is none."""
    position: Position | None = None
    photos: tuple[str, ...] = ()
    subcategory: str | None = None
    component_code: str | None = None
    claimed_at: datetime | None = None
    state: ReportState = ReportState.RECEIVED
    acceptance_left: timedelta | None = None
    """What was left of the acceptance limit when the confirmation paused it; negative when overdue."""
    acceptance_limit: timedelta = timedelta(0)
    """The whole of the limit that was paused."""
    acceptance_clock: HandlingClock | None = None
    """How the paused clock had run."""
    confirmed: bool | None = None
    confirmation_photos: tuple[str, ...] = ()
    filing_standard: str | None = None
    urgency: Urgency | None = None
    raised_urgency: Urgency | None = None
    """What somebody raised it to by hand; no standard lowers it again."""
    after_photos: tuple[str, ...] = ()
    """自处置: what the collector left behind."""
    case_number: str | None = None
    reason: str = ""
    ended_at: datetime | None = None
    held_by: str | None = None
    """领取: person_id of the operator who works on it; others leave it alone until ``held_until``."""
    held_until: datetime | None = None

    @property
    def subject(self) -> str:
        """How facts and flow records call it."""
        return f"report/{self.report_number}"

    @property
    def owner(self) -> Role | None:
        """The post that has to act next."""
        return OWNERS[self.state]

    @property
    def responsibility_grid(self) -> str | None:
        """The 责任网格 it lies in, if any."""
        return self.position.responsibility_grid if self.position else None

    def received(self) -> ReportReceived:
        """上报: the report is stored and has its number."""
        position = self.position
        return ReportReceived(
            report_number=self.report_number,
            source=self.source,
            description=self.description,
            address=self.address,
            received_at=self.received_at,
            reporter_ref=self.reporter_ref,
            subcategory=self.subcategory,
            lon=position.lon if position else None,
            lat=position.lat if position else None,
            unit_grid_code=position.unit_grid_code if position else None,
            responsibility_grid=self.responsibility_grid,
            photos=self.photos,
            claimed_at=self.claimed_at,
            self_handled=self.state is ReportState.SELF_HANDLED,
        )

    def self_handled(self) -> ProblemSelfHandled:
        """自处置: the collector mended it on the spot; the shift supervisor is to judge that."""
        assert self.subcategory is not None
        return ProblemSelfHandled(
            report_number=self.report_number,
            subcategory=self.subcategory,
            collector=self.reporter,
            handled_at=self.received_at,
            photos=self.photos,
            after_photos=self.after_photos,
        )

    def judge_self_handling(
        self, *, valid: bool, reason: str, at: datetime, due_at: datetime, supervisor: str
    ) -> SelfHandlingJudged:
        """自处置审核: it counts for the collector; or, with a reason, it goes on as any other report."""
        self._check_is(ReportState.SELF_HANDLED, ReportState.SELF_HANDLING_VALID)
        self.reason = reason.strip() if valid else a_reason(reason)
        if valid:
            self._end(ReportState.SELF_HANDLING_VALID, at)
        else:
            self._move_to(ReportState.RECEIVED)
            self._clock(at, due_at)
        return SelfHandlingJudged(
            report_number=self.report_number,
            collector=self.reporter,
            valid=valid,
            supervisor=supervisor,
            judged_at=at,
            reason=self.reason,
        )

    def raise_urgency(self, urgency: Urgency, *, reason: str, at: datetime, by: str) -> ReportUrgencyRaised:
        """提高轻重缓急 by hand, before the filing."""
        if self.owner is None:
            raise RuleBroken("report_number", "上报已结束办理", "The report has ended.")
        urgencies.check_raised(self.urgency, urgency)
        why = a_reason(reason)
        self.urgency = self.raised_urgency = urgency
        return ReportUrgencyRaised(
            report_number=self.report_number, urgency=urgency, reason=why, raised_by=by, raised_at=at
        )

    def escalate(self, to: Role, *, reason: str, at: datetime) -> ReportEscalated:
        """逐级上报: nobody touched it in time; the next higher post has it in its list."""
        self.called = to
        return ReportEscalated(report_number=self.report_number, to=to.value, reason=reason, escalated_at=at)

    def hold(self, person_id: str, *, at: datetime) -> None:
        """领取, or renewed by who has it: nobody else works on it for ten minutes."""
        self._check_is(ReportState.RECEIVED, ReportState.RECEIVED)
        self.check_free_for(person_id, at=at)
        self.held_by, self.held_until = person_id, at + HOLD

    def release(self, person_id: str) -> None:
        """放回: anybody may take it; what another holds stays theirs."""
        if self.held_by == person_id:
            self.held_by = self.held_until = None

    def holder(self, at: datetime) -> str | None:
        """Who has it at a moment."""
        return self.held_by if self.held_until is not None and at < self.held_until else None

    def check_free_for(self, person_id: str, *, at: datetime) -> None:
        """Raise HeldByAnother when somebody else has it."""
        holder = self.holder(at)
        if holder is not None and holder != person_id:
            assert self.held_until is not None
            raise HeldByAnother(self.report_number, holder, self.held_until.isoformat())

    def ask_confirmation(self, task: Task, *, at: datetime) -> ConfirmationAsked:
        """核实: a collector is sent; meanwhile the acceptance clock rests."""
        self._move_to(ReportState.CONFIRMING)
        assert self.due_at is not None
        self.acceptance_left, self.acceptance_limit = self.due_at - at, self.limit_given
        self.acceptance_clock = self.running.pause(at, NO_CALENDAR) if self.running else None
        self._clock(task.asked_at, task.due_at)
        return self._asked(task)

    def ask_another(self, task: Task) -> ConfirmationAsked:
        """The collector sent before cannot go any more: another one is."""
        self._check_is(ReportState.CONFIRMING, ReportState.CONFIRMING)
        self._clock(task.asked_at, task.due_at)
        return self._asked(task)

    def confirm(self, task: Task, *, at: datetime) -> ReportConfirmed:
        """核实属实: the collector found the problem."""
        self._back_from_confirmation(task, at, confirmed=True)
        return ReportConfirmed(
            report_number=self.report_number,
            task_id=task.task_id,
            collector=task.collector,
            confirmed_at=at,
            photos=task.photos,
            in_time=task.in_time,
        )

    def deny(self, task: Task, *, at: datetime) -> ReportDenied:
        """核实不属实: the collector found nothing; the operator decides what follows."""
        self._back_from_confirmation(task, at, confirmed=False)
        return ReportDenied(
            report_number=self.report_number,
            task_id=task.task_id,
            collector=task.collector,
            reason=task.words,
            denied_at=at,
            photos=task.photos,
            in_time=task.in_time,
        )

    def propose_filing(
        self, standard: FilingStandard, urgency: Urgency, *, at: datetime, due_at: datetime, operator: str
    ) -> ReportAccepted:
        """受理: complete, confirmed where it must be, and within the city; the shift supervisor decides."""
        self.check_move(ReportState.AWAITING_FILING)
        self._check_complete(standard)
        self._move_to(ReportState.AWAITING_FILING)
        self._clock(at, due_at)
        self.filing_standard = standard.id
        self.urgency = urgencies.greatest(urgency, self.raised_urgency)
        return ReportAccepted(
            report_number=self.report_number,
            subcategory=standard.subcategory,
            filing_standard=standard.id,
            operator=operator,
            accepted_at=at,
        )

    def file(
        self,
        standard: FilingStandard,
        *,
        case_number: str,
        handbook_version: str,
        at: datetime,
        supervisor: str,
        dispatch_due_at: datetime,
    ) -> tuple[Case, CaseFiled]:
        """立案: the report becomes a case, which dispatch is to give to a responsible unit."""
        self.check_move(ReportState.FILED)
        assert self.position is not None
        assert self.urgency is not None
        self._end(ReportState.FILED, at)
        self.case_number = case_number
        case = Case(
            case_number=case_number,
            report_number=self.report_number,
            source=self.source,
            reporter=self.reporter,
            subcategory=standard.subcategory,
            filing_standard=standard.id,
            handbook_version=handbook_version,
            limit=standard.limit,
            limit_unit=standard.limit_unit.value,
            urgency=self.urgency,
            closing_condition=standard.closing_condition,
            description=self.description,
            address=self.address,
            position=self.position,
            supervisor=supervisor,
            filed_at=at,
            owner=Role.DISPATCHER,
            clock_from=at,
            due_at=dispatch_due_at,
            component_code=self.component_code,
            raised_urgency=self.raised_urgency,
            photos=(*self.photos, *self.confirmation_photos),
        )
        return case, case.filed(at=at)

    def decline(self, *, reason: str, at: datetime) -> FilingDeclined:
        """不予立案: the shift supervisor does not file it, and says why."""
        self._refuse(ReportState.NOT_FILED, reason, at)
        return FilingDeclined(report_number=self.report_number, reason=self.reason, declined_at=at)

    def return_for_completion(self, *, reason: str, at: datetime, due_at: datetime) -> ReportReturned:
        """退回受理: something is missing; the operator completes it."""
        self._check_is(ReportState.AWAITING_FILING, ReportState.RECEIVED)
        self.reason = a_reason(reason)
        self._move_to(ReportState.RECEIVED)
        self._clock(at, due_at)
        return ReportReturned(report_number=self.report_number, reason=self.reason, returned_at=at)

    def not_accept(self, *, reason: str, at: datetime) -> ReportNotAccepted:
        """不予受理: not the city's to mend, or not enough to go on."""
        self._refuse(ReportState.NOT_ACCEPTED, reason, at)
        return ReportNotAccepted(report_number=self.report_number, reason=self.reason, refused_at=at)

    def link(self, case_number: str, *, at: datetime) -> ReportLinked:
        """重复案件: it tells of a problem that already is a case."""
        self._end(ReportState.LINKED, at)
        self.case_number = case_number
        return ReportLinked(report_number=self.report_number, case_number=case_number, linked_at=at)

    def check_move(self, state: ReportState) -> None:
        """Raise MoveNotAllowed unless it may go there from where it is."""
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.report_number, self.state, state)

    def _asked(self, task: Task) -> ConfirmationAsked:
        return ConfirmationAsked(
            report_number=self.report_number,
            task_id=task.task_id,
            collector=task.collector,
            due_at=task.due_at,
        )

    def _back_from_confirmation(self, task: Task, at: datetime, *, confirmed: bool) -> None:
        self._check_is(ReportState.CONFIRMING, ReportState.RECEIVED)
        self._move_to(ReportState.RECEIVED)
        self.confirmed = confirmed
        self.confirmation_photos = task.photos if confirmed else ()
        assert self.acceptance_left is not None
        due_at = at + self.acceptance_left
        self._clock(due_at - self.acceptance_limit, due_at)
        self.counted = self.acceptance_clock.resume(at) if self.acceptance_clock else None
        self.acceptance_left = self.acceptance_clock = None

    def _check_complete(self, standard: FilingStandard) -> None:
        check_fits(standard, self.subcategory, self.position)
        if self.source.needs_confirmation and not self.confirmed:
            raise RuleBroken(
                "report_number",
                "此来源的上报须先核实属实",
                "A report from this source must be confirmed first.",
            )

    def _refuse(self, state: ReportState, reason: str, at: datetime) -> None:
        self.check_move(state)
        self.reason = a_reason(reason)
        self._end(state, at)

    def _check_is(self, state: ReportState, wanted: ReportState) -> None:
        if self.state is not state:
            raise MoveNotAllowed(self.report_number, self.state, wanted)

    def _move_to(self, state: ReportState) -> None:
        self.check_move(state)
        self.state = state
        self.held_by = self.held_until = None

    def _end(self, state: ReportState, at: datetime) -> None:
        self._move_to(state)
        self._clock(None, None)
        self.ended_at = at


def course_of(report: Report | None, fact: ProblemPhonedIn) -> Course:
    """The table's word on a phoned-in problem."""
    return COURSES[(report.state if report else None, type(fact))]
