"""The dispatcher's desk (派遣员): whose a case is, what units send back, and whether they get more time."""

from typing import Any

from examples.city.bends import Bend
from examples.city.log import Story
from examples.city.workplace import Workplace

URGED = {"words": "请抓紧处置，今日反馈"}


class DispatcherDesk(Workplace):
    """One method a work list."""

    def dispatch(self) -> int:
        """派遣: send each filed case to its unit."""
        dispatcher = self.people.dispatchers.next()
        rows = self._list(dispatcher, "dispatch/assignments", "assignments", "awaiting_dispatch")
        return self._each(rows, lambda row: self._dispatch(dispatcher, row))

    def _dispatch(self, dispatcher: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        plan, path = story.plan, f"dispatch/assignments/{row['case_number']}"
        if plan.bend is Bend.FILED_ANEW and not story.done["return_to_intake"]:
            reason = {"reason": "立案条件与现场不符，请核对后重新立案"}
            return self._do(dispatcher, story, "return_to_intake", f"{path}/return-to-intake", reason)
        if row["in_coordination"]:
            return self._decide(dispatcher, story, path)
        unit = {"responsible_unit": _next_unit(story)}
        return self._do(dispatcher, story, "dispatch", f"{path}/dispatch", unit)

    def _decide(self, dispatcher: Any, story: Story, path: str) -> int:
        """确权: in writing; every other decision holds for the next problem of the kind as well."""
        decision = {
            "responsible_unit": story.plan.responsible_unit,
            "decision": "经现场会商，由该单位负责处置",
            "becomes_rule": story.becomes_rule,
        }
        return self._do(dispatcher, story, "decide_unit", f"{path}/decide-responsibility", decision)

    def decide_returns(self) -> int:
        """回退审批: decide on what units have sent back."""
        dispatcher = self.people.dispatchers.next()
        rows = self._list(dispatcher, "dispatch/assignments", "assignments", "return_under_review")
        return sum(self._decide_return(dispatcher, row) for row in rows)

    def _decide_return(self, dispatcher: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        path = f"dispatch/assignments/{row['case_number']}"
        if story.plan.bend is Bend.RETURN_REFUSED:
            reason = {"reason": "按职责分工属你单位"}
            return self._do(dispatcher, story, "decide", f"{path}/refuse-return", reason)
        return self._do(dispatcher, story, "decide", f"{path}/accept-return", {})

    def decide_requests(self) -> int:
        """派遣员 decides on first extensions, 值班长 on second ones and on suspensions."""
        dispatcher, supervisor = self.people.dispatchers.next(), self.people.supervisors.next()
        return (
            self._decide_requests(dispatcher, "extension", extension_asked=1)
            + self._decide_requests(supervisor, "extension", extension_asked=2)
            + self._decide_requests(supervisor, "suspension", suspension_asked="true")
        )

    def _decide_requests(self, person: Any, what: str, **asked: Any) -> int:
        rows = person.get("/api/dispatch/assignments", limit=200, **asked)["assignments"]
        return self._each(rows, lambda row: self._decide_request(person, row, what))

    def _decide_request(self, person: Any, row: dict[str, Any], what: str) -> int:
        story = self._story(row)
        if story is None:
            return 0
        refused = story.plan.bend in (Bend.EXTENSION_REFUSED, Bend.SUSPENSION_REFUSED)
        step, words = f"grant-{what}", dict[str, str]()
        if refused:
            step, words = f"refuse-{what}", {"reason": "现有条件可以按期处置"}
        return self._do(person, story, step, f"dispatch/assignments/{row['case_number']}/{step}", words)

    def urge(self) -> int:
        """催办: remind a unit, once it has begun."""
        dispatcher = self.people.dispatchers.next()
        return sum(
            self._do(dispatcher, story, "urge", f"dispatch/assignments/{story.case_number}/urge", URGED)
            for story in self._begun(Bend.URGED, "urge")
        )

    def supervise(self) -> int:
        """督办: press a unit formally, once it has begun."""
        dispatcher = self.people.dispatchers.next()
        words = {"words": "该问题群众反映强烈，请尽快处置"}
        return sum(
            self._do(
                dispatcher,
                story,
                "supervise",
                f"dispatch/assignments/{story.case_number}/supervision-orders",
                words,
            )
            for story in self._begun(Bend.SUPERVISED, "supervise")
        )


def _next_unit(story: Story) -> str:
    """Which unit gets it now: a bend may lead it to a wrong one first."""
    plan = story.plan
    astray = {
        Bend.SENT_BACK_OTHER: (plan.wrong_unit,),
        Bend.COORDINATED: (plan.wrong_unit, plan.other_wrong_unit),
    }
    units = (*astray.get(plan.bend, ()), plan.responsible_unit)
    return units[min(story.done["dispatch"], len(units) - 1)]
