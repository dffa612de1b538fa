"""The appeal's moves: made, reviewed, then granted or refused, and nothing else."""

import pytest
from assessment_kit import DAY, JUNE

from case_contracts.assessment import AppealGranted, AppealRefused, AppealReviewed
from services.assessment.appeals import ALLOWED_MOVES, Appeal, AppealState, MoveNotAllowed


def an_appeal(state: AppealState = AppealState.MADE) -> Appeal:
    return Appeal(
        case_number="4105232020061500001", responsible_unit="u01", reason="暴雨", appealed_by="p1",
        appealed_at=JUNE, state=state,
    )  # fmt: skip


MOVES = {
    AppealState.REVIEWED: lambda appeal: appeal.reviewed(
        recommended=True, reason="属实", reviewer="d1", at=JUNE + DAY
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
