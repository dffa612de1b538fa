"""What intake reads from hotline, dispatch and console: each fact goes to its stage, an early one waits."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from case_contracts.console import AccountChanged, AccountClosed, AccountOpened, HandbookPublished
from case_contracts.dispatch import (
    CaseDispatched,
    CaseResumed,
    CaseReturnedToIntake,
    CaseSentBack,
    CaseSuspended,
    ExtensionGranted,
    FeedbackSubmitted,
    HandlingStarted,
    OutageCredited,
    OutageLogged,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.facts import Fact
from case_contracts.hotline import CallerDissatisfied, CallerInformed, CallerUnreachable, ProblemPhonedIn
from chassis.reading import Reader, Wait
from services.intake import county
from services.intake.channels.language import CODEC
from services.intake.domain.courses import Early
from services.intake.ports import IntakeTransaction
from services.intake.stages import answering, duty, following, outage, reopening, reporting, verification

F = TypeVar("F", bound=Callable[..., Any])

reader = Reader("intake.facts", codec=CODEC, batch=50, pause=0.2)


def on(kind: type[Fact]) -> Callable[[F], F]:
    """Read one kind of fact; what the stage calls early waits under its key."""

    def register(function: F) -> F:
        def waiting_if_early(tx: IntakeTransaction, fact: Any, *, at: datetime) -> None:
            try:
                function(tx, fact, at=at)
            except Early as early:
                raise Wait(early.key) from early

        reader.on(kind)(waiting_if_early)
        return function

    return register


@on(ProblemPhonedIn)
def on_problem_phoned_in(tx: IntakeTransaction, fact: ProblemPhonedIn, *, at: datetime) -> None:
    """来电上报."""
    reporting.on_problem_phoned_in(tx, county.handbook(at), fact, at=at)


@on(CallerInformed)
def on_caller_informed(tx: IntakeTransaction, fact: CallerInformed, *, at: datetime) -> None:
    """回访成功."""
    answering.on_caller_informed(tx, fact, at=at)


@on(CallerUnreachable)
def on_caller_unreachable(tx: IntakeTransaction, fact: CallerUnreachable, *, at: datetime) -> None:
    """回访未接通."""
    answering.on_caller_unreachable(tx, fact, at=at)


@on(CallerDissatisfied)
def on_caller_dissatisfied(tx: IntakeTransaction, fact: CallerDissatisfied, *, at: datetime) -> None:
    """不满意."""
    reopening.on_caller_dissatisfied(tx, county.handbook(at), fact, at=at)


@on(CaseDispatched)
@on(HandlingStarted)
@on(ReturnRefused)
@on(ReworkOrdered)
@on(CaseResumed)
def on_with_the_unit(tx: IntakeTransaction, fact: following.WithTheUnit, *, at: datetime) -> None:
    """派遣, 签收, 不同意回退, 返工, 恢复处置."""
    following.on_with_the_unit(tx, fact, at=at)


@on(ExtensionGranted)
@on(OutageCredited)
def on_more_time(tx: IntakeTransaction, fact: following.MoreTime, *, at: datetime) -> None:
    """延期, 补时."""
    following.on_more_time(tx, fact, at=at)


@on(OutageLogged)
def on_outage_logged(tx: IntakeTransaction, fact: OutageLogged, *, at: datetime) -> None:
    """故障补时."""
    outage.on_outage_logged(tx, fact, at=at)


@on(CaseSentBack)
@on(ReturnAccepted)
def on_with_the_dispatcher(tx: IntakeTransaction, fact: following.WithTheDispatcher, *, at: datetime) -> None:
    """回退, 同意回退."""
    following.on_with_the_dispatcher(tx, county.handbook(at), fact, at=at)


@on(CaseSuspended)
def on_case_suspended(tx: IntakeTransaction, fact: CaseSuspended, *, at: datetime) -> None:
    """挂账."""
    following.on_case_suspended(tx, fact, at=at)


@on(CaseReturnedToIntake)
def on_case_returned_to_intake(tx: IntakeTransaction, fact: CaseReturnedToIntake, *, at: datetime) -> None:
    """退回受理."""
    following.on_case_returned_to_intake(tx, county.handbook(at), fact, at=at)


@on(FeedbackSubmitted)
def on_feedback_submitted(tx: IntakeTransaction, fact: FeedbackSubmitted, *, at: datetime) -> None:
    """反馈."""
    verification.on_feedback_submitted(tx, county.handbook(at), fact, at=at)


@on(AccountOpened)
def on_account_opened(tx: IntakeTransaction, fact: AccountOpened, *, at: datetime) -> None:
    """开户."""
    duty.on_account_opened(tx, county.handbook(at), fact, at=at)


@on(AccountChanged)
def on_account_changed(tx: IntakeTransaction, fact: AccountChanged, *, at: datetime) -> None:
    """账号变更."""
    duty.on_account_changed(tx, county.handbook(at), fact, at=at)


@on(AccountClosed)
def on_account_closed(tx: IntakeTransaction, fact: AccountClosed, *, at: datetime) -> None:
    """销户."""
    duty.on_account_closed(tx, county.handbook(at), fact, at=at)


@on(HandbookPublished)
def on_handbook_published(tx: IntakeTransaction, fact: HandbookPublished, *, at: datetime) -> None:
    """手册发布: the edition is fetched in the background."""
    tx.will_fetch(county.shelf, fact)
