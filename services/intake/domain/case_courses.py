"""What dispatch's facts (指挥) do to a case in each state: apply, wait, or note."""

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
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.facts import Fact
from services.intake.domain.case import Case
from services.intake.domain.case_states import ENDS, CaseState
from services.intake.domain.courses import Course

DispatchFact = (
    CaseDispatched
    | HandlingStarted
    | CaseSentBack
    | ReturnAccepted
    | ReturnRefused
    | ReworkOrdered
    | FeedbackSubmitted
    | CaseReturnedToIntake
    | ExtensionGranted
    | CaseSuspended
    | CaseResumed
    | OutageCredited
)

FOLLOWED: tuple[type[Fact], ...] = (
    CaseDispatched,
    HandlingStarted,
    CaseSentBack,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
    FeedbackSubmitted,
    CaseReturnedToIntake,
    ExtensionGranted,
    CaseSuspended,
    CaseResumed,
    OutageCredited,
)

COURSES: dict[tuple[CaseState | None, type[Fact]], Course] = {
    **{(None, fact): Course.WAIT for fact in FOLLOWED},
    **{(CaseState.IN_COMMAND, fact): Course.APPLY for fact in FOLLOWED},
    **{(CaseState.UNDER_REVIEW, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.AWAITING_VERIFICATION, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.VERIFYING, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.AWAITING_CLOSING, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.CLOSED, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.FORCE_CLOSED, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.VOIDED, fact): Course.NOTE for fact in FOLLOWED},
    **{(CaseState.MERGED, fact): Course.NOTE for fact in FOLLOWED},
}
"""What dispatch's facts of the case's own round do in each state; None is a case that is not there yet."""


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
