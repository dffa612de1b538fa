"""Where a case (案卷) stands, and how it may move."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands."""

    IN_COMMAND = "in_command"
    UNDER_REVIEW = "under_review"
    AWAITING_VERIFICATION = "awaiting_verification"
    VERIFYING = "verifying"
    AWAITING_CLOSING = "awaiting_closing"
    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    VOIDED = "voided"
    MERGED = "merged"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self]


_STATES = {
    CaseState.IN_COMMAND: "指挥处置中",
    CaseState.UNDER_REVIEW: "退回复核",
    CaseState.AWAITING_VERIFICATION: "待核查",
    CaseState.VERIFYING: "核查中",
    CaseState.AWAITING_CLOSING: "待结案",
    CaseState.CLOSED: "已结案",
    CaseState.FORCE_CLOSED: "强制结案",
    CaseState.VOIDED: "已作废",
    CaseState.MERGED: "已并案",
}

_ANY_TIME = frozenset({CaseState.FORCE_CLOSED, CaseState.VOIDED, CaseState.MERGED})
"""What the shift supervisor may do to an open case at any time."""

ALLOWED_MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.IN_COMMAND: _ANY_TIME | {CaseState.AWAITING_VERIFICATION, CaseState.UNDER_REVIEW},
    CaseState.UNDER_REVIEW: _ANY_TIME | {CaseState.IN_COMMAND},
    CaseState.AWAITING_VERIFICATION: _ANY_TIME | {CaseState.VERIFYING, CaseState.IN_COMMAND},
    CaseState.VERIFYING: _ANY_TIME
    | {CaseState.AWAITING_CLOSING, CaseState.IN_COMMAND, CaseState.AWAITING_VERIFICATION},
    CaseState.AWAITING_CLOSING: _ANY_TIME | {CaseState.CLOSED, CaseState.VERIFYING},
    CaseState.CLOSED: frozenset({CaseState.IN_COMMAND}),
    CaseState.FORCE_CLOSED: frozenset(),
    CaseState.VOIDED: frozenset(),
    CaseState.MERGED: frozenset(),
}
"""A closed case is reopened only because somebody who reported it was dissatisfied."""

ENDS = frozenset({CaseState.CLOSED, CaseState.FORCE_CLOSED, CaseState.VOIDED, CaseState.MERGED})
"""Where nobody works on it; a closed one may come back."""
