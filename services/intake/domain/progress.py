"""Progress (办理进度): the history of a report as its reporter may read it, without people and reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.flow import FlowRecord

WORDS = {
    "report_received": "已收到",
    "confirmation_asked": "派员现场核实",
    "report_confirmed": "已现场核实",
    "report_denied": "已现场核实",
    "report_accepted": "已受理，提交立案审核",
    "report_returned": "补充材料",
    "report_not_accepted": "不予受理",
    "report_linked": "与相同问题一并办理",
    "filing_declined": "不予立案",
    "case_filed": "已立案",
    "case_dispatched": "已派责任单位处置",
    "handling_started": "责任单位已接收任务",
    "case_suspended": "因客观原因暂缓处置",
    "case_resumed": "恢复处置",
    "feedback_submitted": "已处置，等待现场核查",
    "verification_asked": "正在现场核查",
    "handling_verified": "核查通过",
    "verification_failed": "核查未通过，重新处置",
    "case_closed": "已办结",
    "case_force_closed": "已停止办理",
    "case_voided": "已停止办理",
    "case_merged": "与相同问题一并办理",
    "reopening_asked": "已提出重新处置",
    "case_reopened": "重新处置",
    "reopening_declined": "经复核不再重新处置",
}
"""What each fact is to a citizen; the others (calls to a post, urgency, evidence) are no step of theirs."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of it."""

    at: datetime
    text: str


def steps(records: Iterable[FlowRecord]) -> list[Step]:
    """The steps in these records by time; what was only noted is none, and none comes twice running."""
    moved = (one for one in records if one.fact_type in WORDS and not one.action.startswith("note_"))
    found: list[Step] = []
    for record in sorted(moved, key=lambda one: one.at):
        text = WORDS[record.fact_type]
        if not found or found[-1].text != text:
            found.append(Step(at=record.at, text=text))
    return found
