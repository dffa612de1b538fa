"""Cases (案卷): a filed problem, from command over verification to its end, and back when it was none."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from case_contracts.codes import Urgency
from case_contracts.dispatch import FeedbackSubmitted
from case_contracts.intake import (
    CaseClosed,
    CaseEscalated,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
    HandlingVerified,
    ReopeningAsked,
    ReopeningDeclined,
    UrgencyRaised,
    VerificationAsked,
    VerificationFailed,
    VerificationUnclear,
)
from case_contracts.roles import Role
from handbook.values import FilingStandard
from services.intake.domain import urgency as urgencies
from services.intake.domain.case_record import CaseRecord
from services.intake.domain.case_states import ALLOWED_MOVES, ENDS, CaseState
from services.intake.domain.fitting import check_fits
from services.intake.domain.refusals import EvidenceMissing, MoveNotAllowed, RuleBroken, a_reason
from services.intake.domain.reopening import NOT_OPEN_TO_IT, ReopeningNotPossible, ReopeningRequest
from services.intake.domain.task import Task

__all__ = ["ALLOWED_MOVES", "ENDS", "Case", "CaseState"]


@dataclass(kw_only=True)
class Case(CaseRecord):
    """A problem that the city has taken on; somebody owns it at every moment until it ends."""

    def is_with(self, responsible_unit: str, *, due_at: datetime | None = None) -> None:
        """The unit has it (派遣, 签收, 返工, 不同意回退), until the due time that dispatch has set."""
        if responsible_unit != self.responsible_unit:
            self.limit_seconds = None
        self.responsible_unit = responsible_unit
        self.owner = Role.RESPONSIBLE_UNIT
        self.handling_due_at = due_at or self.handling_due_at
        self._clock(None, self.handling_due_at or self.due_at)

    def is_given_more(self, limit_seconds: float | None, *, due_at: datetime) -> None:
        """延期, 补时: the limit grows, whoever has the case meanwhile; a clock that stands still stays so."""
        self.limit_seconds = limit_seconds
        if self.handling_due_at is None:
            return
        self.handling_due_at = due_at
        if self.owner is Role.RESPONSIBLE_UNIT:
            self._clock(None, due_at)

    def is_suspended(self, *, until_at: datetime) -> None:
        """挂账: the unit keeps it, and its clock stands still until then."""
        self.handling_due_at = None
        self._clock(None, until_at)

    def is_with_the_dispatcher(self, *, at: datetime, due_at: datetime) -> None:
        """A return awaits decision, or the case a new dispatch."""
        self.owner = Role.DISPATCHER
        self._clock(at, due_at)

    def returned_to_intake(self, *, at: datetime, due_at: datetime) -> None:
        """退回受理: not to be dispatched as it was filed; the shift supervisor files it anew or voids it."""
        self._move_to(CaseState.UNDER_REVIEW, Role.SHIFT_SUPERVISOR, at, due_at)
        self.handling_due_at = None
        self.limit_seconds = None

    def raise_urgency(self, urgency: Urgency, *, reason: str, at: datetime, by: str) -> UrgencyRaised:
        """提高轻重缓急 by hand, while the case is open."""
        if self.state in ENDS:
            raise RuleBroken("case_number", "案卷已结束办理", "The case has ended.")
        urgencies.check_raised(self.urgency, urgency)
        why = a_reason(reason)
        self.urgency = self.raised_urgency = urgency
        return UrgencyRaised(
            case_number=self.case_number,
            round=self.round,
            urgency=urgency,
            reason=why,
            raised_by=by,
            raised_at=at,
        )

    def fed_back(self, fact: FeedbackSubmitted, *, at: datetime, due_at: datetime) -> None:
        """反馈: the unit says that the problem is gone; an operator is to have it verified."""
        self._check_is(CaseState.IN_COMMAND, CaseState.AWAITING_VERIFICATION)
        self._move_to(CaseState.AWAITING_VERIFICATION, Role.INTAKE_OPERATOR, at, due_at)
        self.responsible_unit = fact.responsible_unit
        self.feedback = fact.text
        self.feedback_photos = fact.photos

    def ask_verification(self, task: Task) -> VerificationAsked:
        """核查: a collector is sent to see whether the problem is gone."""
        self._move_to(CaseState.VERIFYING, Role.COLLECTOR, task.asked_at, task.due_at)
        return self._asked(task)

    def ask_another(self, task: Task) -> VerificationAsked:
        """The collector sent before cannot go any more: another one is."""
        self._check_is(CaseState.VERIFYING, CaseState.VERIFYING)
        self._clock(task.asked_at, task.due_at)
        return self._asked(task)

    def cannot_be_judged(self, task: Task, *, at: datetime, due_at: datetime) -> VerificationUnclear:
        """无法判断: the collector could not tell; it is looked at again, or an operator sends it back."""
        self._check_is(CaseState.VERIFYING, CaseState.AWAITING_VERIFICATION)
        self._move_to(CaseState.AWAITING_VERIFICATION, Role.INTAKE_OPERATOR, at, due_at)
        return VerificationUnclear(
            case_number=self.case_number,
            round=self.round,
            task_id=task.task_id,
            collector=task.collector,
            reason=task.words,
            unclear_at=at,
            photos=task.photos,
            in_time=task.in_time,
        )

    def verified(self, task: Task, *, at: datetime, due_at: datetime) -> HandlingVerified:
        """核查通过: the problem is gone; the shift supervisor is to close."""
        self._move_to(CaseState.AWAITING_CLOSING, Role.SHIFT_SUPERVISOR, at, due_at)
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
        self._check_is(CaseState.VERIFYING, CaseState.IN_COMMAND)
        self._begin_round(at, due_at)
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

    def send_back(self, *, reason: str, at: datetime, due_at: datetime) -> VerificationFailed:
        """退回返工: the feedback is plainly not enough, nobody need go to see; a new round begins."""
        self._check_is(CaseState.AWAITING_VERIFICATION, CaseState.IN_COMMAND)
        why = a_reason(reason)
        self._begin_round(at, due_at)
        return VerificationFailed(
            case_number=self.case_number, round=self.round, task_id="", collector="", reason=why, failed_at=at
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

    def force_close(self, *, reason: str, approved_by: str, at: datetime, supervisor: str) -> CaseForceClosed:
        """强制结案: it ends without being mended, because somebody above has approved that."""
        self.check_move(CaseState.FORCE_CLOSED)
        why = a_reason(reason)
        if not approved_by.strip():
            raise RuleBroken("approved_by", "必须注明批准人或批准文号", "Say who approved it.")
        self.reason, self.approved_by = why, approved_by.strip()
        self._end(CaseState.FORCE_CLOSED, at)
        return CaseForceClosed(
            case_number=self.case_number,
            round=self.round,
            reason=self.reason,
            approved_by=self.approved_by,
            report_numbers=self.report_numbers,
            supervisor=supervisor,
            force_closed_at=at,
        )

    def merge_into(self, other: "Case", *, at: datetime, supervisor: str) -> CaseMerged:
        """并案: both tell of one problem; this one ends, and its reports are answered with the other."""
        self.check_move(CaseState.MERGED)
        if other.case_number == self.case_number:
            raise RuleBroken("into_case_number", "不能并入自身", "A case cannot be merged into itself.")
        if other.state in ENDS:
            rule = f"目标案卷{other.state.chinese}，不能并入"
            raise RuleBroken("into_case_number", rule, f"That case has ended: {other.state}.")
        for report_number in self.report_numbers:
            other.take_in(report_number)
        self.merged_into = other.case_number
        self._end(CaseState.MERGED, at)
        return CaseMerged(
            case_number=self.case_number,
            round=self.round,
            into_case_number=other.case_number,
            report_numbers=self.report_numbers,
            supervisor=supervisor,
            merged_at=at,
        )

    def take_in(self, report_number: str) -> None:
        """重复案件: another report tells of the same problem and shares the answer; not of a voided case."""
        if self.state is CaseState.VOIDED:
            raise RuleBroken("case_number", "该案卷已作废，不能关联", "The case was voided.")
        if self.state is CaseState.MERGED:
            rule = f"该案卷已并入 {self.merged_into}，请关联后者"
            raise RuleBroken("case_number", rule, f"The case was merged into {self.merged_into}.")
        if report_number not in self.report_numbers:
            self.linked_reports = (*self.linked_reports, report_number)

    def ask_reopening(
        self, report_number: str, *, words: str, at: datetime, due_at: datetime, window: timedelta
    ) -> ReopeningAsked:
        """不满意: once a report, and not long after the closing; the shift supervisor decides."""
        self._check_reopening(report_number, at, window)
        request = ReopeningRequest(report_number=report_number, words=words.strip(), asked_at=at)
        if not self.reopenings_to_decide:
            self.owner = Role.SHIFT_SUPERVISOR
            self._clock(at, due_at)
        self.reopenings = (*self.reopenings, request)
        return ReopeningAsked(
            case_number=self.case_number, report_number=report_number, words=request.words, asked_at=at
        )

    def reopen(self, *, reason: str, at: datetime, due_at: datetime, supervisor: str) -> CaseReopened:
        """重新处置: whoever asked is right; the same unit has its full limit again."""
        asked = self._request(None)
        why = a_reason(reason)
        self._begin_round(at, due_at)
        self.ended_at = None
        self._decide({request.report_number for request in self.reopenings_to_decide}, granted=True)
        return CaseReopened(
            case_number=self.case_number,
            round=self.round,
            report_number=asked.report_number,
            reason=why,
            supervisor=supervisor,
            reopened_at=at,
        )

    def decline_reopening(
        self, report_number: str | None, *, reason: str, at: datetime, supervisor: str
    ) -> ReopeningDeclined:
        """不予重新处置: the closing stands for this reporter, the oldest who asked unless one is named."""
        asked = self._request(report_number)
        why = a_reason(reason)
        self._decide({asked.report_number}, granted=False)
        if not self.reopenings_to_decide:
            self.owner = None
            self._clock(None, None)
        return ReopeningDeclined(
            case_number=self.case_number,
            round=self.round,
            report_number=asked.report_number,
            reason=why,
            supervisor=supervisor,
            declined_at=at,
        )

    def escalate(self, to: Role, *, reason: str, at: datetime) -> CaseEscalated:
        """逐级上报: nobody touched it in time; the next higher post has it in its list."""
        self.called = to
        return CaseEscalated(
            case_number=self.case_number, round=self.round, to=to.value, reason=reason, escalated_at=at
        )

    def file_again(
        self,
        standard: FilingStandard,
        urgency: Urgency,
        *,
        handbook_version: str,
        at: datetime,
        due_at: datetime,
        supervisor: str,
    ) -> CaseFiled:
        """重新立案: under the same number, with what was corrected, in a new round."""
        self._check_is(CaseState.UNDER_REVIEW, CaseState.IN_COMMAND)
        check_fits(standard, self.subcategory, self.position)
        self._begin_round(at, due_at)
        self.responsible_unit = None
        self.filing_standard, self.handbook_version = standard.id, handbook_version
        self.limit, self.limit_unit = standard.limit, standard.limit_unit.value
        self.closing_condition, self.supervisor = standard.closing_condition, supervisor
        self.urgency = urgencies.greatest(urgency, self.raised_urgency)
        return self.filed(at=at)

    def _check_reopening(self, report_number: str, at: datetime, window: timedelta) -> None:
        if self.state is not CaseState.CLOSED:
            raise ReopeningNotPossible(report_number, *NOT_OPEN_TO_IT[self.state])
        if any(request.report_number == report_number for request in self.reopenings):
            reason = "该上报已提出过一次重新处置要求"
            raise ReopeningNotPossible(report_number, reason, "It was asked for once before.")
        assert self.ended_at is not None
        if at > self.ended_at + window:
            reason = f"已超过结案后 {window.days} 日的期限"
            raise ReopeningNotPossible(report_number, reason, f"More than {window.days} days ago.")

    def _request(self, report_number: str | None) -> ReopeningRequest:
        to_decide = self.reopenings_to_decide
        if self.state is not CaseState.CLOSED or not to_decide:
            raise MoveNotAllowed(self.case_number, self.state, CaseState.IN_COMMAND)
        if report_number is None:
            return to_decide[0]
        for request in to_decide:
            if request.report_number == report_number:
                return request
        raise RuleBroken("report_number", "该上报没有待定的要求", "This report asks for nothing.")

    def _decide(self, report_numbers: set[str], *, granted: bool) -> None:
        self.reopenings = tuple(
            replace(request, granted=granted)
            if request.granted is None and request.report_number in report_numbers
            else request
            for request in self.reopenings
        )
