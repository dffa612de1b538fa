"""Where a report (上报) stands, how it may move, who holds it, and what other services' facts do to it."""

from enum import StrEnum

from case_contracts.facts import Fact
from case_contracts.hotline import ProblemPhonedIn
from case_contracts.roles import Role
from services.intake.domain.courses import Course


class ReportState(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    CONFIRMING = "confirming"
    AWAITING_FILING = "awaiting_filing"
    SELF_HANDLED = "self_handled"
    FILED = "filed"
    NOT_FILED = "not_filed"
    NOT_ACCEPTED = "not_accepted"
    LINKED = "linked"
    SELF_HANDLING_VALID = "self_handling_valid"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self]


_STATES = {
    ReportState.RECEIVED: "待受理",
    ReportState.CONFIRMING: "核实中",
    ReportState.AWAITING_FILING: "待立案",
    ReportState.SELF_HANDLED: "自处置待审核",
    ReportState.FILED: "已立案",
    ReportState.NOT_FILED: "不予立案",
    ReportState.NOT_ACCEPTED: "不予受理",
    ReportState.LINKED: "已关联案卷",
    ReportState.SELF_HANDLING_VALID: "自处置有效",
}

ALLOWED_MOVES: dict[ReportState, frozenset[ReportState]] = {
    ReportState.RECEIVED: frozenset(
        {
            ReportState.CONFIRMING,
            ReportState.AWAITING_FILING,
            ReportState.NOT_ACCEPTED,
            ReportState.LINKED,
        }
    ),
    ReportState.CONFIRMING: frozenset({ReportState.RECEIVED}),
    ReportState.AWAITING_FILING: frozenset({ReportState.RECEIVED, ReportState.FILED, ReportState.NOT_FILED}),
    ReportState.SELF_HANDLED: frozenset({ReportState.RECEIVED, ReportState.SELF_HANDLING_VALID}),
    ReportState.FILED: frozenset(),
    ReportState.NOT_FILED: frozenset(),
    ReportState.NOT_ACCEPTED: frozenset(),
    ReportState.LINKED: frozenset(),
    ReportState.SELF_HANDLING_VALID: frozenset(),
}

OWNERS: dict[ReportState, Role | None] = {
    ReportState.RECEIVED: Role.INTAKE_OPERATOR,
    ReportState.CONFIRMING: Role.COLLECTOR,
    ReportState.AWAITING_FILING: Role.SHIFT_SUPERVISOR,
    ReportState.SELF_HANDLED: Role.SHIFT_SUPERVISOR,
    ReportState.FILED: None,
    ReportState.NOT_FILED: None,
    ReportState.NOT_ACCEPTED: None,
    ReportState.LINKED: None,
    ReportState.SELF_HANDLING_VALID: None,
}
"""Who holds a report in each state."""

COURSES: dict[tuple[ReportState | None, type[Fact]], Course] = {
    (None, ProblemPhonedIn): Course.APPLY,
    **{(state, ProblemPhonedIn): Course.NOTE for state in ReportState},
}
"""A phoned-in problem makes its report once; None is a report that is not there yet."""
