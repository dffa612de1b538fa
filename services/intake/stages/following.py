"""Following (跟踪指挥): intake keeps up with what dispatch and the units do with a case."""

from datetime import datetime, timedelta

from case_contracts.dispatch import (
    CaseDispatched,
    CaseResumed,
    CaseReturnedToIntake,
    CaseSentBack,
    CaseSuspended,
    ExtensionGranted,
    HandlingStarted,
    OutageCredited,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.roles import SYSTEM
from handbook import Handbook
from services.intake.domain import case_courses
from services.intake.domain.case import Case
from services.intake.domain.case_courses import DispatchFact, case_key, round_key
from services.intake.domain.courses import Course, Early
from services.intake.ports import IntakeTransaction
from services.intake.stages import keeping

WithTheUnit = CaseDispatched | HandlingStarted | ReturnRefused | ReworkOrdered | CaseResumed
MoreTime = ExtensionGranted | OutageCredited
WithTheDispatcher = CaseSentBack | ReturnAccepted


def on_with_the_unit(tx: IntakeTransaction, fact: WithTheUnit, *, at: datetime) -> None:
    """派遣, 签收, 不同意回退, 返工, 恢复处置: the unit has it, until dispatch's due time."""
    case = tx.cases.find(fact.case_number)
    course = course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    due_at = None if isinstance(fact, HandlingStarted) else fact.due_at
    case.is_with(fact.responsible_unit, due_at=due_at)
    keeping.case_followed(tx, case, fact, f"follow_{fact.name}", before=case.state, at=at, by=SYSTEM)


def on_more_time(tx: IntakeTransaction, fact: MoreTime, *, at: datetime) -> None:
    """延期, 补时: the limit is longer; who has the case stays the same."""
    case = tx.cases.find(fact.case_number)
    course = course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    case.is_given_more(fact.limit_seconds, due_at=fact.due_at)
    keeping.case_followed(tx, case, fact, f"follow_{fact.name}", before=case.state, at=at, by=SYSTEM)


def on_with_the_dispatcher(
    tx: IntakeTransaction, handbook: Handbook, fact: WithTheDispatcher, *, at: datetime
) -> None:
    """回退, 同意回退: the dispatcher decides or dispatches anew."""
    case = tx.cases.find(fact.case_number)
    course = course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    case.is_with_the_dispatcher(at=at, due_at=at + timedelta(minutes=handbook.settings.dispatch_minutes))
    keeping.case_followed(tx, case, fact, f"follow_{fact.name}", before=case.state, at=at, by=SYSTEM)


def on_case_suspended(tx: IntakeTransaction, fact: CaseSuspended, *, at: datetime) -> None:
    """挂账: the unit keeps it until the day named."""
    case = tx.cases.find(fact.case_number)
    course = course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    case.is_suspended(until_at=fact.until_at)
    keeping.case_followed(tx, case, fact, f"follow_{fact.name}", before=case.state, at=at, by=SYSTEM)


def on_case_returned_to_intake(
    tx: IntakeTransaction, handbook: Handbook, fact: CaseReturnedToIntake, *, at: datetime
) -> None:
    """退回受理: the shift supervisor files it anew under the same number, or voids it."""
    case = tx.cases.find(fact.case_number)
    course = course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    before = case.state
    case.returned_to_intake(at=at, due_at=at + timedelta(minutes=handbook.settings.accept_minutes))
    keeping.case_followed(
        tx, case, fact, f"follow_{fact.name}", before=before, at=at, by=SYSTEM, reason=fact.reason
    )


def course_of(tx: IntakeTransaction, case: Case | None, fact: DispatchFact, *, at: datetime) -> Course:
    """What becomes of the fact: an early one waits (raises Early), one that is too late is noted here."""
    course = case_courses.course_of(case, fact)
    if course is Course.WAIT:
        number = fact.case_number
        raise Early(case_key(number) if case is None else round_key(number, fact.round))
    if case is not None and course is Course.NOTE:
        reason = f"round {fact.round}"
        keeping.noted(tx, case.subject, fact, state=case.state, round=case.round, at=at, reason=reason)
    return course
