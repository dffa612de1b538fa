"""Decisions (审批) on what units ask for: more time, or rest."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.doors import door
from services.dispatch.channels.naming import ONE, rules_named
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.rules import the_handbook
from services.dispatch.schemas import shown, taken
from services.dispatch.stages import extension, suspension


class DecisionDoors:
    """延期审批: the first is the dispatcher's, the next the shift supervisor's, and so is 挂账审批."""

    handbook = property(lambda _: the_handbook())

    # Who may decide depends on which extension it is: the stage asks for the right.
    @door("POST", f"{ONE}/grant-extension", body=taken.Nothing, answer=shown.Announced, tags=["审批"],
          summary="同意延期", summary_en="Grant the extension")  # fmt: skip
    def grant_extension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return extension.grant_extension(tx, self.handbook, case_number, at=at, by=by)

    @door("POST", f"{ONE}/refuse-extension", body=taken.Reason, answer=shown.Announced, tags=["审批"],
          summary="不同意延期", summary_en="Refuse the extension, with a reason")  # fmt: skip
    def refuse_extension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return extension.refuse_extension(tx, case_number, reason=command["reason"], at=at, by=by)

    @door("POST", f"{ONE}/grant-suspension", body=taken.Nothing, answer=shown.Announced,
          action=Action.DECIDE_SUSPENSION, tags=["审批"], summary="同意挂账",
          summary_en="Grant the suspension")  # fmt: skip
    def grant_suspension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return suspension.grant_suspension(tx, self.handbook, case_number, at=at, by=by)

    @door("POST", f"{ONE}/refuse-suspension", body=taken.Reason, answer=shown.Announced,
          action=Action.DECIDE_SUSPENSION, tags=["审批"], summary="不同意挂账",
          summary_en="Refuse the suspension, with a reason")  # fmt: skip
    def refuse_suspension(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return suspension.refuse_suspension(tx, case_number, reason=command["reason"], at=at, by=by)
