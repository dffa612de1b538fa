"""Outage credit (补时): what an outage of our own system took is given back to every clock of intake's.

What has ended is judged as it ended; who was called stays called, and the next post is called later
(docs/domain.md, "Clocks").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from case_contracts.dispatch import OutageLogged
from case_contracts.facts import Fact
from case_contracts.intake import CaseTimeCredited, ReportTimeCredited
from case_contracts.roles import Role
from handbook.working_time import HandlingClock, Stretch
from services.intake.domain.case import Case
from services.intake.domain.clocks import DAY_AND_NIGHT, given_back
from services.intake.domain.courses import Course
from services.intake.domain.report import Report
from services.intake.domain.task import Task, TaskState

COURSES: dict[tuple[Role | None, type[Fact]], Course] = {
    (None, OutageLogged): Course.NOTE,
    (Role.INTAKE_OPERATOR, OutageLogged): Course.APPLY,
    (Role.COLLECTOR, OutageLogged): Course.APPLY,
    (Role.SHIFT_SUPERVISOR, OutageLogged): Course.APPLY,
    (Role.DISPATCHER, OutageLogged): Course.APPLY,
    (Role.RESPONSIBLE_UNIT, OutageLogged): Course.NOTE,
}
"""What an outage does to a report or case, by who has to act on it; a unit's clock dispatch sets right."""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """故障补时: the outage as dispatch has logged it, and when intake credits it."""

    logged: OutageLogged
    at: datetime

    @property
    def outage(self) -> Stretch:
        """From when until when nothing should count."""
        return Stretch(self.logged.outage_from, self.logged.outage_until)

    def told(self, taken: timedelta) -> dict[str, Any]:
        """What every fact about it says."""
        return {
            "outage_from": self.logged.outage_from,
            "outage_until": self.logged.outage_until,
            "credited_seconds": taken.total_seconds(),
            "credited_by": self.logged.credited_by,
            "credited_at": self.at,
        }


def credit_report(report: Report, credit: Credit, *, task_id: str = "") -> list[ReportTimeCredited]:
    """受理, 核实, 立案, 自处置审核; of an acceptance that rests during a confirmation, what had run of it."""
    if COURSES[(report.owner, OutageLogged)] is not Course.APPLY:
        return []
    facts = []
    if taken := report.give_back(credit.outage):
        facts.append(_report_credited(report, credit, taken, due_at=report.due_at, task_id=task_id))
    if report.acceptance_left is not None and report.acceptance_clock is not None:
        report.acceptance_clock, taken = given_back(report.acceptance_clock, credit.outage)
        report.acceptance_left += taken
        report.acceptance_limit += taken
        if taken:
            facts.append(_report_credited(report, credit, taken))
    return facts


def credit_case(case: Case, credit: Credit, *, task_id: str = "") -> tuple[bool, CaseTimeCredited | None]:
    """派核查, 核查, 结案, 退回复核, 重新处置审批: whether its clock gave anything back, and the fact.

    The dispatcher's clock is dispatch's: intake keeps it too, and dispatch tells of it.
    """
    if COURSES[(case.owner, OutageLogged)] is not Course.APPLY:
        return False, None
    taken = case.give_back(credit.outage)
    if not taken or case.due_at is None or case.owner is Role.DISPATCHER:
        return bool(taken), None
    fact = CaseTimeCredited(
        case_number=case.case_number,
        round=case.round,
        due_at=case.due_at,
        task_id=task_id,
        **credit.told(taken),
    )
    return True, fact


def credit_task(task: Task, credit: Credit) -> bool:
    """核实, 核查: the collector has as much more time; whether anything was given back."""
    if task.state is not TaskState.OPEN:
        return False
    clock = task.counted or HandlingClock.start(DAY_AND_NIGHT, task.asked_at)
    task.counted, taken = given_back(clock, credit.outage)
    task.due_at += taken
    return bool(taken)


def _report_credited(
    report: Report, credit: Credit, taken: timedelta, *, due_at: datetime | None = None, task_id: str = ""
) -> ReportTimeCredited:
    return ReportTimeCredited(
        report_number=report.report_number, due_at=due_at, task_id=task_id, **credit.told(taken)
    )
