"""States of an assignment (任务状态) and the moves between them, in one table."""

from enum import StrEnum


class AssignmentState(StrEnum):
    """Where an assignment stands."""

    AWAITING_DISPATCH = "awaiting_dispatch"
    AWAITING_SIGNATURE = "awaiting_signature"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    RETURN_UNDER_REVIEW = "return_under_review"
    RETURNED_TO_INTAKE = "returned_to_intake"
    FED_BACK = "fed_back"
    DONE = "done"
    WITHDRAWN = "withdrawn"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self not in (AssignmentState.DONE, AssignmentState.WITHDRAWN)


_STATES = {
    AssignmentState.AWAITING_DISPATCH: "待派遣",
    AssignmentState.AWAITING_SIGNATURE: "待签收",
    AssignmentState.HANDLING: "处置中",
    AssignmentState.SUSPENDED: "挂账",
    AssignmentState.RETURN_UNDER_REVIEW: "回退待审",
    AssignmentState.RETURNED_TO_INTAKE: "已退回受理",
    AssignmentState.FED_BACK: "已反馈",
    AssignmentState.DONE: "已办结",
    AssignmentState.WITHDRAWN: "已撤回",
}

_S = AssignmentState

ALLOWED_MOVES: dict[AssignmentState, frozenset[AssignmentState]] = {
    _S.AWAITING_DISPATCH: frozenset({_S.AWAITING_SIGNATURE, _S.RETURNED_TO_INTAKE, _S.WITHDRAWN}),
    _S.AWAITING_SIGNATURE: frozenset({_S.HANDLING, _S.RETURN_UNDER_REVIEW, _S.WITHDRAWN}),
    _S.HANDLING: frozenset({_S.FED_BACK, _S.RETURN_UNDER_REVIEW, _S.SUSPENDED, _S.WITHDRAWN}),
    _S.SUSPENDED: frozenset({_S.HANDLING, _S.WITHDRAWN}),
    _S.RETURN_UNDER_REVIEW: frozenset(
        {_S.AWAITING_DISPATCH, _S.AWAITING_SIGNATURE, _S.HANDLING, _S.WITHDRAWN}
    ),
    _S.RETURNED_TO_INTAKE: frozenset({_S.AWAITING_DISPATCH, _S.WITHDRAWN}),
    _S.FED_BACK: frozenset({_S.HANDLING, _S.DONE, _S.WITHDRAWN}),
    # A reopening begins a new round; the end of that round may be heard of before its beginning.
    _S.DONE: frozenset({_S.HANDLING, _S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}
WITH_UNIT = (_S.AWAITING_SIGNATURE, _S.HANDLING)
"""The unit has to act, and its clock runs."""
AWAITING_DECISION = (_S.AWAITING_DISPATCH, _S.RETURN_UNDER_REVIEW)
"""The dispatcher has to decide."""
HELD_BY_UNIT = (*WITH_UNIT, _S.SUSPENDED, _S.RETURN_UNDER_REVIEW)
"""The task is some unit's, whoever has to act now; its clock runs or is paused."""
