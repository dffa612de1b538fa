"""The doors of dispatch: the dispatcher's desk (派遣) and the responsible units' desk (责任单位)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.app import Running
from chassis.doors import door
from chassis.problems import invalid
from services.dispatch import schemas
from services.dispatch.domain.refusals import RuleBroken
from services.dispatch.domain.responsibility import Suggestion
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.rules import begin, the_handbook
from services.dispatch.stages import dispatching, feedback, handling, sending_back, work_lists
from services.dispatch.stages._telling import UPLOAD_URL
from services.dispatch.stages.unit_presence import silent_units

ASSIGNMENTS = "/api/dispatch/assignments"
ONE = f"{ASSIGNMENTS}/<case_number>"


@contextmanager
def rules_named() -> Iterator[None]:
    """A broken rule is answered as 422 with the field and the rule."""
    try:
        yield
    except RuleBroken as broken:
        raise invalid((broken.field, broken.rule)) from broken


class WorkListDoors:
    """任务列表: read by the centre's people, and by a unit's people as far as it is theirs."""

    def __init__(self, running: Running) -> None:
        begin(running)

    handbook = property(lambda _: the_handbook())

    @door("GET", ASSIGNMENTS, query=schemas.AssignmentsQuery, answer=schemas.Assignments,
          tags=["任务"], summary="任务列表", summary_en="List assignments")  # fmt: skip
    def assignments(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        limit = query["limit"]
        page = work_lists.page(
            tx,
            self.handbook,
            states=query["state"],
            responsible_unit=query["responsible_unit"],
            after=query["after"],
            limit=limit,
            at=at,
            by=by,
        )
        last = page[-1].assignment.case_number if len(page) == limit else None
        silent = [] if by.responsible_unit else silent_units(tx, at=at)
        shown = [schemas.assignment(seen) for seen in page]
        return {"assignments": shown, "after": last, "silent_units": silent}

    @door("GET", ONE, answer=schemas.AssignmentWithFlow, tags=["任务"],
          summary="查看任务", summary_en="One assignment with its flow records")  # fmt: skip
    def assignment(
        self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return schemas.assignment(work_lists.one(tx, self.handbook, case_number, at=at, by=by))


class DispatcherDoors:
    """派遣 and 回退审批."""

    handbook = property(lambda _: the_handbook())

    @door("GET", f"{ONE}/suggestion", answer=schemas.Suggestion, action=Action.DISPATCH_CASE,
          tags=["派遣"], summary="派遣建议", summary_en="The unit that the duty table names")  # fmt: skip
    def suggestion(self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor) -> Suggestion:
        return dispatching.suggest(tx, self.handbook, case_number, by=by)

    @door("POST", f"{ONE}/dispatch", body=schemas.DispatchCase, answer=schemas.Announced,
          action=Action.DISPATCH_CASE, tags=["派遣"], summary="派遣",
          summary_en="Dispatch to a responsible unit")  # fmt: skip
    def dispatch(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        assisting = tuple(command.get("assisting", ()))
        with rules_named():
            return dispatching.dispatch_case(
                tx,
                self.handbook,
                case_number,
                responsible_unit=command["responsible_unit"],
                assisting=assisting,
                reason=command["reason"],
                at=at,
                by=by,
            )

    @door("POST", f"{ONE}/accept-return", body=schemas.Nothing, answer=schemas.Announced,
          action=Action.DECIDE_RETURN, tags=["派遣"], summary="同意回退",
          summary_en="Accept the return")  # fmt: skip
    def accept_return(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return sending_back.accept_return(tx, self.handbook, case_number, at=at, by=by)

    @door("POST", f"{ONE}/refuse-return", body=schemas.RefuseReturn, answer=schemas.Announced,
          action=Action.DECIDE_RETURN, tags=["派遣"], summary="不同意回退",
          summary_en="Refuse the return, with a reason")  # fmt: skip
    def refuse_return(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return sending_back.refuse_return(
                tx, self.handbook, case_number, reason=command["reason"], at=at, by=by
            )


class UnitDoors:
    """签收, 回退 and 反馈."""

    handbook = property(lambda _: the_handbook())

    @door("POST", f"{ONE}/sign", body=schemas.Sign, answer=schemas.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="签收", summary_en="Sign")  # fmt: skip
    def sign(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return handling.sign(tx, case_number, turn=schemas.turn(command), at=at, by=by)

    @door("POST", f"{ONE}/send-back", body=schemas.SendBack, answer=schemas.Announced,
          action=Action.HANDLE_TASK, tags=["责任单位"], summary="回退",
          summary_en="Send back, with a reason")  # fmt: skip
    def send_back(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        turn = schemas.turn(command)
        with rules_named():
            return sending_back.send_back(
                tx, self.handbook, case_number, reason=command["reason"], turn=turn, at=at, by=by
            )

    @door("POST", f"{ONE}/feedback", body=schemas.Feedback, answer=schemas.Announced,
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
                turn=schemas.turn(command),
                at=at,
                by=by,
            )

    @door("GET", f"{ONE}/upload-token", answer=schemas.UploadToken, action=Action.HANDLE_TASK,
          tags=["责任单位"], summary="上传凭证", summary_en="The token for uploading photos")  # fmt: skip
    def upload_token(
        self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor
    ) -> dict[str, str]:
        token = work_lists.upload_token(tx, case_number, by=by)
        return {"upload_token": token, "upload_url": UPLOAD_URL}
