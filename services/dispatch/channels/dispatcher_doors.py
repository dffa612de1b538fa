"""The dispatcher's desk (派遣): dispatching, returns, returning to intake, and whose a difficult case is."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.doors import door
from services.dispatch.channels.naming import ONE, rules_named
from services.dispatch.domain.decided_duty import DecidedDuty, key_of
from services.dispatch.domain.responsibility import Suggestion
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.rules import the_handbook
from services.dispatch.schemas import shown, taken
from services.dispatch.stages import coordination, dispatching, return_to_intake, routing, sending_back

RULES = "/api/dispatch/duty-rules"


class DispatcherDoors:
    """派遣, 回退审批, 退回受理 and 确权."""

    handbook = property(lambda _: the_handbook())

    @door("GET", f"{ONE}/suggestion", answer=shown.Suggestion, action=Action.DISPATCH_CASE,
          tags=["派遣"], summary="派遣建议", summary_en="The unit that the rules name, and why")  # fmt: skip
    def suggestion(self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor) -> Suggestion:
        return routing.suggest(tx, self.handbook, case_number, by=by)

    @door("POST", f"{ONE}/dispatch", body=taken.DispatchCase, answer=shown.Announced,
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

    @door("POST", f"{ONE}/accept-return", body=taken.Nothing, answer=shown.Announced,
          action=Action.DECIDE_RETURN, tags=["派遣"], summary="同意回退",
          summary_en="Accept the return")  # fmt: skip
    def accept_return(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        return sending_back.accept_return(tx, self.handbook, case_number, at=at, by=by)

    @door("POST", f"{ONE}/refuse-return", body=taken.Reason, answer=shown.Announced,
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

    @door("POST", f"{ONE}/return-to-intake", body=taken.Reason, answer=shown.Announced,
          action=Action.RETURN_TO_INTAKE, tags=["派遣"], summary="退回受理",
          summary_en="Give the case back to intake, with a reason")  # fmt: skip
    def return_to_intake(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return return_to_intake.return_to_intake(tx, case_number, reason=command["reason"], at=at, by=by)

    @door("POST", f"{ONE}/decide-responsibility", body=taken.DecideResponsibility, answer=shown.Announced,
          action=Action.DECIDE_RESPONSIBILITY, tags=["派遣"], summary="确定责任单位",
          summary_en="Decide in writing whose the case is; that unit gets it at once")  # fmt: skip
    def decide_responsibility(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return coordination.decide_responsibility(tx, self.handbook, case_number, **command, at=at, by=by)

    @door("GET", RULES, query=taken.PageQuery, answer=shown.DecidedDuties, tags=["派遣"],
          summary="确权规则", summary_en="Rules that written decisions made")  # fmt: skip
    def duty_rules(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        rules = coordination.rules(tx, **query, by=by)
        return {"rules": rules, "after": rules[-1].key if len(rules) == query["limit"] else None}

    @door("DELETE", f"{RULES}/<subcategory>/<area>", answer=shown.DecidedDuty,
          action=Action.DECIDE_RESPONSIBILITY, tags=["派遣"], summary="取消确权规则",
          summary_en="Remove a rule; the handbook's duties hold again")  # fmt: skip
    def remove_duty_rule(
        self, tx: DispatchTransaction, subcategory: str, area: str, *, at: datetime, by: Actor
    ) -> DecidedDuty:
        return coordination.remove_rule(tx, key_of(subcategory, area), at=at, by=by)
