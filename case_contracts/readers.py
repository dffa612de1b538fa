"""Which service reads which facts: the bindings of each ``<service>.facts`` queue."""

from case_contracts import assessment, console, dispatch, hotline, intake
from case_contracts.facts import FACTS, Fact


def _of(*kinds: type[Fact]) -> frozenset[tuple[str, str]]:
    return frozenset((kind.sender, kind.name) for kind in kinds)


SERVICES = ("intake", "dispatch", "hotline", "assessment", "console")

SENDERS = (assessment, console, dispatch, hotline, intake)
"""Every module of facts: importing them fills :data:`case_contracts.facts.FACTS`."""

READERS: dict[str, frozenset[tuple[str, str]]] = {
    "intake": _of(
        hotline.ProblemPhonedIn,
        hotline.CallerInformed,
        hotline.CallerUnreachable,
        hotline.CallerDissatisfied,
        dispatch.CaseDispatched,
        dispatch.HandlingStarted,
        dispatch.CaseSentBack,
        dispatch.ReturnAccepted,
        dispatch.ReturnRefused,
        dispatch.ReworkOrdered,
        dispatch.FeedbackSubmitted,
        dispatch.CaseReturnedToIntake,
        dispatch.ExtensionGranted,
        dispatch.CaseSuspended,
        dispatch.CaseResumed,
        dispatch.OutageCredited,
        dispatch.OutageLogged,
        console.AccountOpened,
        console.AccountChanged,
        console.AccountClosed,
        console.HandbookPublished,
    ),
    "dispatch": _of(
        intake.CaseFiled,
        intake.HandlingVerified,
        intake.VerificationFailed,
        intake.CaseClosed,
        intake.CaseVoided,
        intake.CaseForceClosed,
        intake.CaseMerged,
        intake.CaseReopened,
        intake.UrgencyRaised,
        console.HandbookPublished,
    ),
    "hotline": _of(intake.CallBackDue, dispatch.OutageLogged, console.HandbookPublished),
    "assessment": frozenset(FACTS),
    "console": frozenset(FACTS),
}
"""The ledger and the read model read everything; the deciding services what their tables name."""
