"""What dispatch does with each fact of intake (监督) in each state: apply it, let it wait, or note it."""

from enum import StrEnum

from case_contracts.facts import Fact
from case_contracts.intake import CaseClosed, CaseFiled, CaseVoided, HandlingVerified, VerificationFailed
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.dispatch.domain.refusals import NotYet


class Reaction(StrEnum):
    """Facts of others never raise a refusal: one of these is done with each."""

    APPLY = "apply"
    WAIT = "wait"
    NOTE = "note"


class RoundIs(StrEnum):
    """How the round that a fact speaks of stands to the assignment's own."""

    PAST = "past"
    DUE = "due"
    AHEAD = "ahead"


A, W, N = Reaction.APPLY, Reaction.WAIT, Reaction.NOTE
S = AssignmentState

# In each row: what is done when the fact's round is past, due, ahead.
_ROUNDS = (RoundIs.PAST, RoundIs.DUE, RoundIs.AHEAD)
_TABLE: dict[type[Fact], dict[AssignmentState | None, tuple[Reaction, Reaction, Reaction]]] = {
    CaseFiled: {
        None: (A, A, A),
        S.AWAITING_DISPATCH: (N, N, N),
        S.AWAITING_SIGNATURE: (N, N, N),
        S.HANDLING: (N, N, N),
        S.RETURN_UNDER_REVIEW: (N, N, N),
        S.FED_BACK: (N, N, N),
        S.DONE: (N, N, N),
        S.WITHDRAWN: (N, N, N),
    },
    HandlingVerified: {
        None: (W, W, W),
        S.AWAITING_DISPATCH: (N, N, N),
        S.AWAITING_SIGNATURE: (N, N, N),
        S.HANDLING: (N, N, N),
        S.RETURN_UNDER_REVIEW: (N, N, N),
        S.FED_BACK: (N, N, N),
        S.DONE: (N, N, N),
        S.WITHDRAWN: (N, N, N),
    },
    VerificationFailed: {
        None: (W, W, W),
        S.AWAITING_DISPATCH: (N, W, W),
        S.AWAITING_SIGNATURE: (N, W, W),
        S.HANDLING: (N, W, W),
        S.RETURN_UNDER_REVIEW: (N, W, W),
        S.FED_BACK: (N, A, W),
        S.DONE: (N, N, N),
        S.WITHDRAWN: (N, N, N),
    },
    CaseClosed: {
        None: (W, W, W),
        S.AWAITING_DISPATCH: (N, W, W),
        S.AWAITING_SIGNATURE: (N, W, W),
        S.HANDLING: (N, W, W),
        S.RETURN_UNDER_REVIEW: (N, W, W),
        S.FED_BACK: (N, A, W),
        S.DONE: (N, N, N),
        S.WITHDRAWN: (N, N, N),
    },
    # Voiding wins over whatever goes on, in every round.
    CaseVoided: {
        None: (W, W, W),
        S.AWAITING_DISPATCH: (A, A, A),
        S.AWAITING_SIGNATURE: (A, A, A),
        S.HANDLING: (A, A, A),
        S.RETURN_UNDER_REVIEW: (A, A, A),
        S.FED_BACK: (A, A, A),
        S.DONE: (N, N, N),
        S.WITHDRAWN: (N, N, N),
    },
}

REACTIONS: dict[tuple[AssignmentState | None, type[Fact], RoundIs], Reaction] = {
    (state, kind, round_is): reaction
    for kind, rows in _TABLE.items()
    for state, row in rows.items()
    for round_is, reaction in zip(_ROUNDS, row, strict=True)
}
"""Complete: every state (None: no assignment yet), every fact that dispatch reads, every round."""

Known = CaseFiled | HandlingVerified | VerificationFailed | CaseClosed | CaseVoided


def created_key(case_number: str) -> str:
    """What a fact waits for that speaks of a case not filed here yet."""
    return f"assignment/{case_number}"


def fed_back_key(case_number: str) -> str:
    """What a fact waits for that judges feedback which is not here yet."""
    return f"assignment/{case_number}/fed_back"


def reaction_to(fact: Known, assignment: Assignment | None) -> Reaction:
    """Apply or note; raises :class:`NotYet` with the key when the fact is early."""
    state = None if assignment is None else assignment.state
    reaction = REACTIONS[(state, type(fact), _round_is(fact, assignment))]
    if reaction is Reaction.WAIT:
        key = created_key if assignment is None else fed_back_key
        raise NotYet(key(fact.case_number))
    return reaction


def _round_is(fact: Known, assignment: Assignment | None) -> RoundIs:
    if assignment is None:
        return RoundIs.DUE
    # A failed verification names the round that begins with it, the others the round that they judge.
    due = assignment.round + 1 if isinstance(fact, VerificationFailed) else assignment.round
    if fact.round == due:
        return RoundIs.DUE
    return RoundIs.PAST if fact.round < due else RoundIs.AHEAD
