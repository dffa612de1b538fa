"""What dispatch does with each fact of intake (监督) in each state: apply it, let it wait, or note it."""

from enum import StrEnum

from case_contracts.facts import Fact
from case_contracts.intake import (
    CaseClosed,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
    HandlingVerified,
    UrgencyRaised,
    VerificationFailed,
)
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import NotYet
from services.dispatch.domain.states import AssignmentState


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


S = AssignmentState
_STATES: tuple[AssignmentState | None, ...] = (
    None,
    S.AWAITING_DISPATCH,
    S.AWAITING_SIGNATURE,
    S.HANDLING,
    S.SUSPENDED,
    S.RETURN_UNDER_REVIEW,
    S.RETURNED_TO_INTAKE,
    S.FED_BACK,
    S.DONE,
    S.WITHDRAWN,
)
_LETTERS = {"A": Reaction.APPLY, "W": Reaction.WAIT, "N": Reaction.NOTE}
# A column for each state, None (no assignment yet) first. In each cell: what is done with a fact whose round
# is past, due, ahead. Ends win over whatever goes on, in every round, also in one that is not here yet.
# Urgency is the case's, not the round's.
_TABLE: dict[type[Fact], str] = {
    #                    none disp sign hand susp retu inta fedb done with
    CaseFiled: "          AAA  NWW  NWW  NWW  NWW  NWW  NAW  NWW  NNN  NNN",
    HandlingVerified: "   WWW  NNN  NNN  NNN  NNN  NNN  NNN  NNN  NNN  NNN",
    VerificationFailed: " WWW  NWW  NWW  NWW  NWW  NWW  NWW  NAW  NNW  NNN",
    CaseClosed: "         WWW  NWW  NWW  NWW  NWW  NWW  NWW  NAW  NNW  NNN",
    CaseReopened: "       WWW  NWW  NWW  NWW  NWW  NWW  NWW  NWW  NAW  NNN",
    CaseVoided: "         WWW  AAA  AAA  AAA  AAA  AAA  AAA  AAA  NNA  NNN",
    CaseForceClosed: "    WWW  AAA  AAA  AAA  AAA  AAA  AAA  AAA  NNA  NNN",
    CaseMerged: "         WWW  AAA  AAA  AAA  AAA  AAA  AAA  AAA  NNA  NNN",
    UrgencyRaised: "      WWW  AAA  AAA  AAA  AAA  AAA  AAA  AAA  NNA  NNN",
}

REACTIONS: dict[tuple[AssignmentState | None, type[Fact], RoundIs], Reaction] = {
    (state, kind, round_is): _LETTERS[letter]
    for kind, row in _TABLE.items()
    for state, cell in zip(_STATES, row.split(), strict=True)
    for round_is, letter in zip(RoundIs, cell, strict=True)
}
"""Complete: every state (None: no assignment yet), every fact that dispatch reads, every round."""

Ending = CaseVoided | CaseForceClosed | CaseMerged
Known = CaseFiled | HandlingVerified | VerificationFailed | CaseClosed | CaseReopened | UrgencyRaised | Ending

_BEGINS_A_ROUND = (CaseFiled, VerificationFailed, CaseReopened)
"""These name the round that begins with them, the others the one that they speak about."""


def created_key(case_number: str) -> str:
    """What a fact waits for that speaks of a case not filed here yet."""
    return f"assignment/{case_number}"


def fed_back_key(case_number: str) -> str:
    """What a fact waits for that judges feedback which is not here yet."""
    return f"assignment/{case_number}/fed_back"


def done_key(case_number: str) -> str:
    """What a reopening waits for: the closing."""
    return f"assignment/{case_number}/done"


def returned_key(case_number: str) -> str:
    """What a filing anew waits for: the return to intake."""
    return f"assignment/{case_number}/returned"


_WAITS_FOR = {CaseFiled: returned_key, CaseReopened: done_key}


def reaction_to(fact: Known, assignment: Assignment | None) -> Reaction:
    """Apply or note; raises :class:`NotYet` with the key when the fact is early."""
    state = None if assignment is None else assignment.state
    reaction = REACTIONS[(state, type(fact), _round_is(fact, assignment))]
    if reaction is Reaction.WAIT:
        key = created_key if assignment is None else _WAITS_FOR.get(type(fact), fed_back_key)
        raise NotYet(key(fact.case_number))
    return reaction


def _round_is(fact: Known, assignment: Assignment | None) -> RoundIs:
    if assignment is None:
        return RoundIs.DUE
    due = assignment.round + 1 if isinstance(fact, _BEGINS_A_ROUND) else assignment.round
    if fact.round == due:
        return RoundIs.DUE
    return RoundIs.PAST if fact.round < due else RoundIs.AHEAD
