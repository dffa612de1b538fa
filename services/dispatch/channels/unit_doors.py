"""The responsible units' desk (责任单位): what a unit's system says over its queue, said by its people."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.doors import door
from services.dispatch.channels.naming import ONE, rules_named
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.rules import the_handbook
from services.dispatch.schemas import shown, taken
from services.dispatch.stages import extension, feedback, handling, sending_back, suspension, work_lists
from services.dispatch.stages._telling import UPLOAD_URL


class UnitDoors:
    """签收, 回退, 延期, 挂账 and 反馈."""

    handbook = property(lambda _: the_handbook())

    @door("POST", f"{ONE}/sign", body=taken.Sign, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="签收", summary_en="Sign")  # fmt: skip
    def sign(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return handling.sign(tx, case_number, turn=taken.turn(command), at=at, by=by)

    @door("POST", f"{ONE}/send-back", body=taken.SendBack, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="回退",
          summary_en="Send back, with a reason")  # fmt: skip
    def send_back(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        turn = taken.turn(command)
        with rules_named():
            return sending_back.send_back(
                tx, self.handbook, case_number, reason=command["reason"], turn=turn, at=at, by=by
            )

    @door("POST", f"{ONE}/ask-extension", body=taken.AskExtension, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="申请延期",
          summary_en="Ask for one more original limit")  # fmt: skip
    def ask_extension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        turn = taken.turn(command)
        with rules_named():
            return extension.ask_extension(
                tx, self.handbook, case_number, reason=command["reason"], turn=turn, at=at, by=by
            )

    @door("POST", f"{ONE}/ask-suspension", body=taken.AskSuspension, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="申请挂账",
          summary_en="Ask to let the task rest until a day")  # fmt: skip
    def ask_suspension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return suspension.ask_suspension(
                tx,
                self.handbook,
                case_number,
                reason=command["reason"],
                until_at=command["until_at"],
                receipts=command["receipts"],
                turn=taken.turn(command),
                at=at,
                by=by,
            )

    @door("POST", f"{ONE}/resume", body=taken.Resume, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="恢复处置",
          summary_en="Go on with a suspended task")  # fmt: skip
    def resume(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return suspension.resume(tx, self.handbook, case_number, turn=taken.turn(command), at=at, by=by)

    @door("POST", f"{ONE}/feedback", body=taken.Feedback, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="反馈",
          summary_en="Feed back, with photos")  # fmt: skip
    def feedback(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return feedback.submit_feedback(
                tx,
                self.handbook,
                case_number,
                text=command["text"],
                receipts=command["receipts"],
                turn=taken.turn(command),
                at=at,
                by=by,
            )

    @door("GET", f"{ONE}/upload-token", answer=shown.UploadToken, action=Action.HANDLE_TASK,
          tags=["责任单位"], summary="上传凭证", summary_en="The token for uploading photos")  # fmt: skip
    def upload_token(
        self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor
    ) -> dict[str, str]:
        token = work_lists.upload_token(tx, case_number, by=by)
        return {"upload_token": token, "upload_url": UPLOAD_URL}
