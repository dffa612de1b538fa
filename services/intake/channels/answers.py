"""The gateways' doors to answers (答复): what is to be carried to citizens, and what came of it."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from services.intake.channels.language import door
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import shown, taken
from services.intake.stages import answering

TAGS = ["答复"]


class AnswerDoors:
    """待答复, 已答复, 未能答复."""

    @door("GET", "/api/intake/answers", query=taken.AnswersQuery, answer=shown.Answers,
          action=Action.DELIVER_ANSWER, tags=TAGS, summary="本渠道的答复",
          summary_en="The answers of one's own channel")  # fmt: skip
    def answers(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = answering.due_answers(tx, **query, by=by)
        last = page[-1].answer_id if len(page) == query["limit"] else None
        return {"answers": page, "after": last}

    @door("POST", "/api/intake/answers/<answer_id>/delivered", body=taken.Nothing,
          answer=shown.Announced, action=Action.DELIVER_ANSWER, tags=TAGS, summary="已答复",
          summary_en="It was delivered")  # fmt: skip
    def delivered(
        self, tx: IntakeTransaction, answer_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return answering.deliver(tx, answer_id, at=at, by=by)

    @door("POST", "/api/intake/answers/<answer_id>/undeliverable", body=taken.GiveReason,
          answer=shown.Announced, action=Action.DELIVER_ANSWER, tags=TAGS, summary="未能答复",
          summary_en="It could not be delivered")  # fmt: skip
    def undeliverable(
        self, tx: IntakeTransaction, answer_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return answering.give_up(tx, answer_id, **command, at=at, by=by)
