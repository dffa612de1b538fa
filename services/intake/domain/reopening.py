"""Reopening (重新处置): a reporter is dissatisfied with a closing, and the shift supervisor decides."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.facts import Fact
from case_contracts.hotline import CallerDissatisfied
from services.intake.domain.case_states import CaseState
from services.intake.domain.courses import Course


@dataclass(frozen=True, kw_only=True)
class ReopeningRequest:
    """What one reporter said of the closing, once and for all; ``granted`` is None until it is decided."""

    report_number: str
    words: str
    asked_at: datetime
    granted: bool | None = None


class ReopeningNotPossible(Exception):
    """It was asked for too late, a second time, or of a case that was not closed (不能要求重新处置)."""

    def __init__(self, report_number: str, reason: str, reason_en: str) -> None:
        super().__init__(f"{reason} / {reason_en}")
        self.report_number = report_number


COURSES: dict[tuple[CaseState | None, type[Fact]], Course] = {
    (None, CallerDissatisfied): Course.WAIT,
    **{
        (state, CallerDissatisfied): Course.APPLY if state is CaseState.CLOSED else Course.NOTE
        for state in CaseState
    },
}
"""What a dissatisfied caller does to the case of their report; None is a report that is not there yet. Of a
closed case the rules of ``Case.ask_reopening`` have the last word, and what they refuse is noted."""

NOT_OPEN_TO_IT: dict[CaseState, tuple[str, str]] = {
    CaseState.IN_COMMAND: ("案件正在办理", "The case is being handled."),
    CaseState.UNDER_REVIEW: ("案件正在办理", "The case is being handled."),
    CaseState.AWAITING_VERIFICATION: ("案件正在办理", "The case is being handled."),
    CaseState.VERIFYING: ("案件正在办理", "The case is being handled."),
    CaseState.AWAITING_CLOSING: ("案件正在办理", "The case is being handled."),
    CaseState.FORCE_CLOSED: (
        "案件经批准强制结案，如问题仍在请重新反映",
        "The case was closed by force; report the problem anew.",
    ),
    CaseState.VOIDED: ("案件已作废，如问题仍在请重新反映", "The case was voided; report the problem anew."),
    CaseState.MERGED: ("案件已并入其他案件", "The case was merged into another."),
}
"""Why a case in these states is not reopened."""


def key_of_report(report_number: str) -> str:
    """What a dissatisfied caller's word waits under when it comes before the report."""
    return f"report/{report_number}"
