"""The collectors' doors (采集员): what is to be looked at, what was found, what became of one's reports."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake import county
from services.intake.channels.language import door
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import shown, taken
from services.intake.stages import answering, lighting, surveying
from services.intake.stages.surveying import Errand, Finding

TAGS = ["采集员"]


class CollectorDoors:
    """现场任务, 我的上报."""

    @door("GET", "/api/intake/tasks", answer=shown.Tasks, action=Action.ANSWER_TASK, tags=TAGS,
          summary="我的任务", summary_en="Own open tasks")  # fmt: skip
    def tasks(self, tx: IntakeTransaction, *, at: datetime, by: Actor) -> dict[str, Any]:
        errands = surveying.own_errands(tx, by=by)
        handbook = county.handbook(at)
        return {"tasks": [_on_the_spot(errand, handbook, at) for errand in errands]}

    @door("POST", "/api/intake/tasks/<task_id>/answer", body=taken.AnswerTask,
          answer=shown.Announced, action=Action.ANSWER_TASK, tags=TAGS, summary="回复核实或核查",
          summary_en="Say what was found")  # fmt: skip
    def answer_task(
        self, tx: IntakeTransaction, task_id: str, command: Finding, *, at: datetime, by: Actor
    ) -> Announced:
        return surveying.answer_task(tx, county.handbook(at), task_id, command, at=at, by=by)

    @door("GET", "/api/intake/my-reports", query=taken.OwnReportsQuery, answer=shown.OwnReports,
          action=Action.READ_OWN_REPORTS, tags=TAGS, summary="我的上报（答复视为已读）",
          summary_en="Own reports; the answers shown count as delivered")  # fmt: skip
    def my_reports(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = answering.read_own_reports(tx, **query, at=at, by=by)
        return {
            "reports": [
                shown.view(report, answer=told[-1] if told else None, answers=told)
                for report, told in page.reports
            ],
            "after": page.after,
        }


def _on_the_spot(errand: Errand, handbook: Handbook, at: datetime) -> dict[str, Any]:
    about, case = errand.about, errand.case
    return shown.view(
        errand.task,
        description=about.description,
        address=about.address,
        subcategory=about.subcategory,
        component_code=about.component_code,
        urgency=about.urgency,
        light=lighting.light_of_task(errand.task, handbook, at=at),
        place=about.position,
        photos_before=about.photos,
        closing_condition=case.closing_condition if case else "",
        feedback=case.feedback if case else "",
        feedback_photos=case.feedback_photos if case else (),
    )
