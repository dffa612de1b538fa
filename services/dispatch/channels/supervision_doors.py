"""Pressing (催办, 督办) and setting clocks right (补时)."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.doors import door
from services.dispatch.channels.naming import ONE, rules_named
from services.dispatch.domain.outage import Outage
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.rules import the_handbook
from services.dispatch.schemas import shown, taken
from services.dispatch.stages import outage, supervision_order, urging

ORDERS = "/api/dispatch/supervision-orders"
OUTAGES = "/api/dispatch/outage-credits"


class SupervisionDoors:
    """催办, 督办 and its replies, 补时."""

    handbook = property(lambda _: the_handbook())

    @door("POST", f"{ONE}/urge", body=taken.Urge, answer=shown.Announced, action=Action.URGE_UNIT,
          tags=["督办"], summary="催办", summary_en="Remind the unit")  # fmt: skip
    def urge(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return urging.urge_unit(tx, case_number, words=command["words"], at=at, by=by)

    @door("POST", f"{ONE}/supervision-orders", body=taken.OrderSupervision, answer=shown.Announced,
          action=Action.ORDER_SUPERVISION, creates=True, tags=["督办"], summary="督办",
          summary_en="Order supervision: a formal notice that wants a reply")  # fmt: skip
    def order_supervision(
        self, tx: DispatchTransaction, case_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return supervision_order.order_supervision(
                tx, self.handbook, case_number, **command, at=at, by=by
            )

    @door("GET", ORDERS, query=taken.OrdersQuery, answer=shown.SupervisionOrders, tags=["督办"],
          summary="督办列表", summary_en="List supervision orders")  # fmt: skip
    def orders(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        limit = query["limit"]
        page = supervision_order.page(
            tx,
            states=query["state"],
            case_number=query["case_number"],
            responsible_unit=query["responsible_unit"],
            after=query["after"],
            limit=limit,
            by=by,
        )
        last = page[-1].order_number if len(page) == limit else None
        return {"orders": [shown.order(one, overdue=one.is_overdue(at)) for one in page], "after": last}

    @door("POST", f"{ORDERS}/<order_number>/reply", body=taken.Reply, answer=shown.Announced,
          action=Action.HANDLE_TASK, tags=["督办"], summary="督办回复",
          summary_en="Reply to a supervision order, once")  # fmt: skip
    def reply(
        self, tx: DispatchTransaction, order_number: str, command: dict[str, Any], *, at: datetime,
        by: Actor
    ) -> Announced:  # fmt: skip
        with rules_named():
            return supervision_order.reply(tx, order_number, text=command["text"], at=at, by=by)

    @door("POST", OUTAGES, body=taken.CreditOutage, answer=shown.Outage, action=Action.CREDIT_OUTAGE,
          creates=True, tags=["补时"], summary="故障补时",
          summary_en="Credit an outage of the centre's system to every running clock")  # fmt: skip
    def credit_outage(
        self, tx: DispatchTransaction, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Outage:
        with rules_named():
            return outage.credit_outage(tx, self.handbook, **command, at=at, by=by)

    @door("GET", OUTAGES, query=taken.PageQuery, answer=shown.Outages, tags=["补时"],
          summary="补时记录", summary_en="The log of credited outages")  # fmt: skip
    def outages(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = outage.log(tx, **query, by=by)
        return {"outages": page, "after": page[-1].id if len(page) == query["limit"] else None}
