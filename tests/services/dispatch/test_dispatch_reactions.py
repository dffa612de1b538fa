"""What is done with each fact of intake, in each state and for each round: nothing is left open."""

import itertools

import pytest

from case_contracts.console import HandbookPublished
from case_contracts.facts import FACTS
from case_contracts.intake import CaseClosed, CaseFiled, CaseVoided, HandlingVerified, VerificationFailed
from case_contracts.readers import READERS
from services.dispatch.domain.assignment import AssignmentState
from services.dispatch.domain.reactions import REACTIONS, Reaction, RoundIs, reaction_to
from services.dispatch.domain.refusals import NotYet
from tests.services.dispatch.fakes import (
    CASE,
    a_closed_case,
    a_failed_verification,
    a_filed_case,
    a_passed_verification,
    a_voided_case,
)
from tests.services.dispatch.test_dispatch_assignment import in_state

S = AssignmentState
ENDS = (S.DONE, S.WITHDRAWN)
READ = (CaseFiled, HandlingVerified, VerificationFailed, CaseClosed, CaseVoided)


def expected(state: AssignmentState | None, kind: type, round_is: RoundIs) -> Reaction:
    """The same in words, written apart from the table."""
    if kind is CaseFiled:
        return Reaction.APPLY if state is None else Reaction.NOTE
    if state is None:
        return Reaction.WAIT
    if kind is HandlingVerified or state in ENDS:
        return Reaction.NOTE
    if kind is CaseVoided:
        return Reaction.APPLY
    if round_is is RoundIs.PAST:
        return Reaction.NOTE
    return Reaction.APPLY if state is S.FED_BACK and round_is is RoundIs.DUE else Reaction.WAIT


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
    "fact", [a_failed_verification(), a_passed_verification(), a_closed_case(), a_voided_case()]
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
