"""What intake is woken for: clocks that run out (超时), and positions that are to be forgotten."""

from datetime import datetime
from typing import Any

from chassis.wakes import Wakes
from services.intake import county
from services.intake.ports import IntakeTransaction
from services.intake.stages import answering, duty, escalating, keeping

wakes = Wakes()


@wakes.on(keeping.REPORT_CLOCK)
def on_report_clock(tx: IntakeTransaction, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """受理, 核实, 立案, 自处置审核 not done in time."""
    escalating.on_report_clock(tx, county.handbook(at), subject, at=at)


@wakes.on(keeping.CASE_CLOCK)
def on_case_clock(tx: IntakeTransaction, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """派核查, 核查, 结案, 退回复核, 重新处置审批 not done in time."""
    escalating.on_case_clock(tx, county.handbook(at), subject, at=at)


@wakes.on(duty.FORGET_POSITION)
def on_forget_position(tx: IntakeTransaction, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """位置保存到期."""
    duty.forget_position(tx, subject)


@wakes.on(answering.UNOPENED)
def on_unopened(tx: IntakeTransaction, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """公众网页上的答复到期未查看."""
    answering.on_unopened(tx, county.handbook(at), subject, at=at)
