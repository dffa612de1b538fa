"""The public query (公众查询): how a report stands, for whoever knows its number."""

from datetime import datetime
from typing import Any

from services.intake.channels.language import door
from services.intake.domain.case import CaseState
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report, ReportState
from services.intake.ports import IntakeTransaction
from services.intake.schemas import shown

_REPORTS = {
    ReportState.RECEIVED: "已收到，正在受理",
    ReportState.CONFIRMING: "正在现场核实",
    ReportState.AWAITING_FILING: "正在审核立案",
    ReportState.SELF_HANDLED: "已自行处置，正在审核",
    ReportState.NOT_FILED: "不予立案",
    ReportState.NOT_ACCEPTED: "不予受理",
    ReportState.SELF_HANDLING_VALID: "已自行处置",
}
_CASES = {
    CaseState.IN_COMMAND: "已立案，正在处置",
    CaseState.UNDER_REVIEW: "已立案，正在复核",
    CaseState.AWAITING_VERIFICATION: "已处置，等待现场核查",
    CaseState.VERIFYING: "已处置，正在现场核查",
    CaseState.AWAITING_CLOSING: "核查通过，等待结案",
    CaseState.CLOSED: "已办结",
    CaseState.FORCE_CLOSED: "已停止办理",
    CaseState.VOIDED: "已停止办理",
}


class PublicDoors:
    """公众查询."""

    @door("GET", "/api/intake/public/reports/<report_number>", answer=shown.PublicReport, public=True,
          tags=["公众"], summary="查询办理进度", summary_en="How a report stands")  # fmt: skip
    def public_report(
        self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: None
    ) -> dict[str, Any]:
        report = tx.reports.peek(report_number)
        if report is None:
            raise NotFound(f"report/{report_number}")
        state, words = _stands(tx, report)
        return {
            "report_number": report_number,
            "state": state,
            "state_text": words,
            "received_at": report.received_at,
            "answer": next(reversed(tx.answers.of_report(report_number)), None),
        }


def _stands(tx: IntakeTransaction, report: Report) -> tuple[str, str]:
    if report.case_number is None:
        return report.state.value, _REPORTS[report.state]
    case = tx.cases.peek(report.case_number)
    while case is not None and case.merged_into is not None:
        case = tx.cases.peek(case.merged_into)
    if case is None:
        raise NotFound(f"case/{report.case_number}")
    return case.state.value, _CASES[case.state]
