"""Lighting (示警灯): green, yellow or red for what stands in a list, by the share of its limit used."""

from datetime import datetime, timedelta

from case_contracts.roles import Role
from handbook import CalendarYearMissing, Handbook
from handbook.working_time import Light, LimitUnit, TimeLimit, light_of, remaining
from services.intake.domain.case import Case
from services.intake.domain.report import Report
from services.intake.domain.task import Task


def light_of_report(report: Report, handbook: Handbook, *, at: datetime) -> Light | None:
    """Of the clock that its owner is on; None once it has ended."""
    settings = handbook.settings
    return report.light(at, yellow=settings.light_yellow, red=settings.light_red)


def light_of_case(case: Case, handbook: Handbook, *, at: datetime) -> Light | None:
    """The same; while a unit has it, of the handling clock in the limit's own time."""
    settings = handbook.settings
    if case.owner is Role.RESPONSIBLE_UNIT and case.handling_due_at is not None:
        unit = LimitUnit(case.limit_unit)
        try:
            limit = case.limit_seconds or TimeLimit(case.limit, unit).seconds(handbook.calendar)
            left = remaining(case.handling_due_at, at, unit, handbook.calendar)
        except CalendarYearMissing:
            return Light.RED if at > case.handling_due_at else Light.GREEN
        if at > case.handling_due_at:
            return Light.RED
        return light_of(1 - left / limit, yellow=settings.light_yellow, red=settings.light_red)
    return case.light(at, yellow=settings.light_yellow, red=settings.light_red)


def light_of_task(task: Task, handbook: Handbook, *, at: datetime) -> Light:
    """Of a collector's errand: the share of the time between being sent and having to answer."""
    given = task.due_at - task.asked_at
    if given <= timedelta(0):
        return Light.RED if at > task.due_at else Light.GREEN
    settings = handbook.settings
    return light_of((at - task.asked_at) / given, yellow=settings.light_yellow, red=settings.light_red)
