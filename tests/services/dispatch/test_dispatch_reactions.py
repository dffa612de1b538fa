"""What is done with each fact of intake, in each state and for each round: nothing is left open."""

import itertools

import pytest

from case_contracts.console import HandbookPublished
from case_contracts.facts import FACTS
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
from case_contracts.readers import READERS
from services.dispatch.domain.reactions import REACTIONS, Reaction, RoundIs, reaction_to
from services.dispatch.domain.refusals import NotYet
from services.dispatch.domain.states import AssignmentState
from tests.services.dispatch.fakes import (
    CASE,
    a_closed_case,
    a_failed_verification,
    a_filed_case,
    a_force_closed_case,
    a_merged_case,
    a_passed_verification,
    a_raised_urgency,
    a_reopened_case,
    a_voided_case,
)
from tests.services.dispatch.test_dispatch_assignment import in_state

S = AssignmentState
ENDINGS = (CaseVoided, CaseForceClosed, CaseMerged)
READ = (
    CaseFiled, HandlingVerified, VerificationFailed, CaseClosed, CaseReopened, UrgencyRaised, *ENDINGS,
)  # fmt: skip
THE_STATE_IT_FOLLOWS = {
    CaseFiled: S.RETURNED_TO_INTAKE,
    VerificationFailed: S.FED_BACK,
    CaseClosed: S.FED_BACK,
    CaseReopened: S.DONE,
}


def expected(state: AssignmentState | None, kind: type, round_is: RoundIs) -> Reaction:
    """The same in words, written apart from the table."""
    if state is None:
        return Reaction.APPLY if kind is CaseFiled else Reaction.WAIT
    if state is S.WITHDRAWN or kind is HandlingVerified:
        return Reaction.NOTE
    if kind in ENDINGS or kind is UrgencyRaised:
        wins = state is not S.DONE or round_is is RoundIs.AHEAD
        return Reaction.APPLY if wins else Reaction.NOTE
    follows = THE_STATE_IT_FOLLOWS[kind]
    if round_is is RoundIs.PAST or (state is S.DONE and kind is CaseFiled):
        return Reaction.NOTE
    if state is follows and round_is is RoundIs.DUE:
        return Reaction.APPLY
    if state is S.DONE and follows is S.FED_BACK and round_is is RoundIs.DUE:
        return Reaction.NOTE
    return Reaction.WAIT


@pytest.mark.parametrize(("state", "kind", "round_is"), list(itertools.product([None, *S], READ, RoundIs)))
def test_the_table_has_an_answer_for_every_state_fact_and_round(
    state: AssignmentState | None, kind: type, round_is: RoundIs
):
    assert REACTIONS[(state, kind, round_is)] is expected(state, kind, round_is)


def test_the_table_speaks_of_exactly_the_facts_that_dispatch_reads():
    # An edition of the handbook is fetched whatever else is there.
    assert {HandbookPublished, *(kind for _, kind, _ in REACTIONS)} == {
        FACTS[key] for key in READERS["dispatch"]
    }
    assert len(REACTIONS) == (len(S) + 1) * len(READ) * len(RoundIs)


@pytest.mark.parametrize(
    "fact",
    [
        a_failed_verification(),
        a_passed_verification(),
        a_closed_case(),
        a_voided_case(),
        a_force_closed_case(),
        a_merged_case(),
        a_reopened_case(),
        a_raised_urgency(),
    ],
)
def test_a_fact_about_a_case_that_is_not_here_yet_waits_for_its_filing(fact):
    with pytest.raises(NotYet) as early:
        reaction_to(fact, None)

    assert early.value.key == f"assignment/{CASE}"


@pytest.mark.parametrize("state", [S.AWAITING_DISPATCH, S.AWAITING_SIGNATURE, S.HANDLING])
@pytest.mark.parametrize("fact", [a_failed_verification(round=2), a_closed_case(round=1)])
def test_a_judgement_of_feedback_that_is_not_here_yet_waits_for_it(state, fact):
    with pytest.raises(NotYet) as early:
        reaction_to(fact, in_state(state))

    assert early.value.key == f"assignment/{CASE}/fed_back"


@pytest.mark.parametrize(
    ("fact", "reaction"),
    [
        (a_failed_verification(round=1), Reaction.NOTE),
        (a_failed_verification(round=2), Reaction.APPLY),
        (a_closed_case(round=0), Reaction.NOTE),
        (a_closed_case(round=1), Reaction.APPLY),
        (a_passed_verification(round=1), Reaction.NOTE),
        (a_voided_case(round=1), Reaction.APPLY),
        (a_filed_case(), Reaction.NOTE),
    ],
)
def test_in_round_one_after_feedback_each_fact_does_what_its_round_says(fact, reaction: Reaction):
    assert reaction_to(fact, in_state(S.FED_BACK)) is reaction


def test_a_judgement_of_a_round_after_the_next_waits_even_after_feedback():
    with pytest.raises(NotYet):
        reaction_to(a_failed_verification(round=3), in_state(S.FED_BACK))


@pytest.mark.parametrize(
    ("fact", "state", "key"),
    [
        (a_filed_case(round=2), S.AWAITING_DISPATCH, "returned"),
        (a_filed_case(round=3), S.RETURNED_TO_INTAKE, "returned"),
        (a_reopened_case(), S.FED_BACK, "done"),
        (a_reopened_case(round=3), S.DONE, "done"),
        (a_closed_case(round=2), S.DONE, "fed_back"),
    ],
)
def test_what_comes_before_the_move_that_it_follows_waits_for_that_move(fact, state, key: str):
    with pytest.raises(NotYet) as early:
        reaction_to(fact, in_state(state))

    assert early.value.key == f"assignment/{CASE}/{key}"


@pytest.mark.parametrize("fact", [a_voided_case(2), a_force_closed_case(2), a_merged_case(2)])
def test_the_end_of_a_reopened_round_wins_even_when_it_is_heard_of_before_the_reopening(fact):
    assert reaction_to(fact, in_state(S.DONE)) is Reaction.APPLY
    assert reaction_to(a_reopened_case(), in_state(S.WITHDRAWN)) is Reaction.NOTE
