"""The appeal's moves: made, reviewed, then granted or refused, and nothing else."""

from datetime import timedelta

import pytest
from assessment_kit import DAY, JUNE

from case_contracts.assessment import AppealGranted, AppealRefused, AppealReviewed
from handbook.calendar import WorkCalendar
from handbook.working_time import LimitUnit, TimeLimit
from services.assessment.appeals import ALLOWED_MOVES, Appeal, AppealState, MoveNotAllowed, Rules

RULES = Rules(
    review_within=TimeLimit(2, LimitUnit.WORKING_DAY),
    decide_within=TimeLimit(3, LimitUnit.WORKING_DAY),
    calendar=WorkCalendar(range(2020, 2022), {}, {}),
)


def an_appeal(state: AppealState = AppealState.MADE) -> Appeal:
    return Appeal(
        case_number="4105232020061500001", responsible_unit="u01", reason="暴雨", appealed_by="p1",
        appealed_at=JUNE, state=state,
    )  # fmt: skip


MOVES = {
    AppealState.REVIEWED: lambda appeal: appeal.reviewed(
        recommended=True, reason="属实", reviewer="d1", at=JUNE + DAY, rules=RULES
    ),
    AppealState.GRANTED: lambda appeal: appeal.granted(reason="", assessor="a1", at=JUNE + DAY),
    AppealState.REFUSED: lambda appeal: appeal.refused(reason="证据不足", assessor="a1", at=JUNE + DAY),
}


@pytest.mark.parametrize("state", AppealState)
@pytest.mark.parametrize("wanted", MOVES)
def test_an_appeal_moves_only_as_its_table_says(state, wanted):
    appeal = an_appeal(state)

    if wanted in ALLOWED_MOVES[state]:
        MOVES[wanted](appeal)
        assert appeal.state is wanted
    else:
        with pytest.raises(MoveNotAllowed):
            MOVES[wanted](appeal)
        assert appeal.state is state


def test_each_move_is_told_with_who_made_it():
    reviewed = MOVES[AppealState.REVIEWED](an_appeal())
    granted = MOVES[AppealState.GRANTED](an_appeal(AppealState.REVIEWED))
    refused = MOVES[AppealState.REFUSED](an_appeal(AppealState.REVIEWED))

    assert isinstance(reviewed, AppealReviewed)
    assert (reviewed.subject, reviewed.reviewer, reviewed.recommended) == (
        "appeal/4105232020061500001", "d1", True,
    )  # fmt: skip
    assert isinstance(granted, AppealGranted)
    assert (granted.responsible_unit, granted.assessor, granted.granted_at) == ("u01", "a1", JUNE + DAY)
    assert isinstance(refused, AppealRefused)
    assert refused.reason == "证据不足"


def calls_at(appeal: Appeal) -> str | None:
    """When the next post is called, as the city's clock shows it."""
    moment = appeal.clock and appeal.clock.calls_at
    return moment and f"{moment + timedelta(hours=8):%m-%d %H:%M}"


def escalated(appeal: Appeal) -> tuple[str, str]:
    told = appeal.escalate(at=appeal.clock.calls_at, rules=RULES)
    return told.to, told.reason


def test_an_appeal_that_nobody_reviews_goes_to_the_shift_supervisor_and_then_to_the_leader():
    appeal = an_appeal()
    appeal.await_step(at=JUNE, rules=RULES)  # Monday 1 June, midnight
    assert calls_at(appeal) == "06-02 18:00"
    assert appeal.escalate(at=appeal.clock.calls_at - timedelta(seconds=1), rules=RULES) is None

    assert escalated(appeal) == ("shift_supervisor", "申诉超时未初审")
    assert calls_at(appeal) == "06-04 18:00"
    assert escalated(appeal) == ("leader", "申诉超时未初审")
    assert calls_at(appeal) is None
    assert appeal.called == "leader"


def test_a_reviewed_appeal_has_its_own_time_and_goes_to_the_leader_over_the_assessor():
    appeal = an_appeal()
    appeal.await_step(at=JUNE, rules=RULES)
    escalated(appeal)

    MOVES[AppealState.REVIEWED](appeal)

    assert (appeal.called, calls_at(appeal)) == (None, "06-04 18:00")  # three days from Tuesday on
    assert escalated(appeal) == ("leader", "申诉超时未决定")
    assert calls_at(appeal) is None


@pytest.mark.parametrize("wanted", [AppealState.GRANTED, AppealState.REFUSED])
def test_a_decided_appeal_calls_nobody(wanted):
    appeal = an_appeal(AppealState.REVIEWED)
    appeal.await_step(at=JUNE, rules=RULES)
    MOVES[wanted](appeal)

    assert appeal.clock is None
    assert appeal.escalate(at=JUNE + 60 * DAY, rules=RULES) is None
