"""The centre's desks and the collectors in the street, each working from its own work list."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from examples.city.doors import Refused
from examples.city.log import Log, Story
from examples.city.photos import Camera
from examples.city.plans import Bend, plan_index
from examples.city.reporters import People
from examples.city.steps import Pace

T = TypeVar("T")


class Desks:
    """Intake operator, shift supervisor, dispatcher, collector: one method a work list.

    ``hands`` is how many things of all lists are done at the same time.
    """

    def __init__(self, people: People, log: Log, pace: Pace, camera: Camera, *, hands: int = 1) -> None:
        self.people = people
        self.camera = camera
        self._hands = ThreadPoolExecutor(hands)
        self.log = log
        self.pace = pace
        self._to_visit: list[tuple[str, str]] = []
        """(task_id, person_id of the collector)."""
        self._lock = threading.Lock()

    # 案卷建立

    def receive(self) -> int:
        """受理员: complete, decline, link, send out for confirmation or propose what has come in."""
        operator = self.people.operators.next()
        rows = self._list(operator, "intake/reports", "reports", "received")
        return self._each(rows, lambda row: self._receive(operator, row))

    def _receive(self, operator: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        bend = story.plan.bend
        if bend is Bend.NOT_ACCEPTED or (bend is Bend.DENIED and story.done["confirm"]):
            return self._do(
                operator,
                story,
                "not_accept",
                f"intake/reports/{story.report_number}/not-accept",
                {"reason": "经核实不属于城市管理范围"},
                outcome="not_accepted",
            )
        if bend is Bend.DUPLICATE:
            original = self.log.stories[story.plan.original or 0]
            if not original.case_number:
                return 0
            return self._do(
                operator,
                story,
                "link",
                f"intake/reports/{story.report_number}/link",
                {"case_number": original.case_number},
                case_number=original.case_number,
                outcome="linked",
            )
        if story.plan.source.needs_confirmation and not story.done["confirm"]:
            return self._ask(
                operator, story, "ask_confirmation", f"intake/reports/{story.report_number}/ask-confirmation"
            )
        return self._do(
            operator,
            story,
            "propose",
            f"intake/reports/{story.report_number}/propose-filing",
            {"subcategory": story.plan.subcategory, "filing_standard": story.plan.filing_standard},
        )

    def file(self) -> int:
        """值班长: file, decline or return what is proposed."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/reports", "reports", "awaiting_filing")
        return self._each(rows, lambda row: self._file(supervisor, row))

    def _file(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        path = f"intake/reports/{story.report_number}"
        if story.plan.bend is Bend.NOT_FILED:
            reason = {"reason": "未达到立案条件"}
            return self._do(supervisor, story, "decline", f"{path}/decline", reason, outcome="not_filed")
        if story.plan.bend is Bend.RETURNED and not story.done["return"]:
            reason = {"reason": "请补充位置描述"}
            return self._do(supervisor, story, "return", f"{path}/return-for-completion", reason)
        return self._do(supervisor, story, "file", f"{path}/file", {}, learn=("case_number",))

    # 任务派遣

    def dispatch(self) -> int:
        """派遣员: send each filed case to its unit."""
        dispatcher = self.people.dispatchers.next()
        rows = self._list(dispatcher, "dispatch/assignments", "assignments", "awaiting_dispatch")
        return self._each(rows, lambda row: self._dispatch(dispatcher, row))

    def _dispatch(self, dispatcher: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        plan = story.plan
        if plan.bend is Bend.FILED_ANEW and not story.done["return_to_intake"]:
            path = f"dispatch/assignments/{row['case_number']}/return-to-intake"
            reason = {"reason": "立案条件与现场不符，请核对后重新立案"}
            return self._do(dispatcher, story, "return_to_intake", path, reason)
        astray = plan.bend is Bend.SENT_BACK_OTHER and not story.done["dispatch"]
        unit = {"responsible_unit": plan.wrong_unit if astray else plan.responsible_unit}
        path = f"dispatch/assignments/{row['case_number']}/dispatch"
        return self._do(dispatcher, story, "dispatch", path, unit)

    def decide_returns(self) -> int:
        """派遣员: decide on what units have sent back."""
        dispatcher = self.people.dispatchers.next()
        done = 0
        for row in self._list(dispatcher, "dispatch/assignments", "assignments", "return_under_review"):
            story = self._story(row)
            if story is None:
                continue
            path = f"dispatch/assignments/{row['case_number']}"
            if story.plan.bend is Bend.RETURN_REFUSED:
                done += self._do(
                    dispatcher, story, "decide", f"{path}/refuse-return", {"reason": "按职责分工属你单位"}
                )
            else:
                done += self._do(dispatcher, story, "decide", f"{path}/accept-return", {})
        return done

    def decide_requests(self) -> int:
        """派遣员 grants first extensions, 值班长 suspensions."""
        extensions = self._grant(self.people.dispatchers.next(), "grant-extension", extension_asked=1)
        return extensions + self._grant(
            self.people.supervisors.next(), "grant-suspension", suspension_asked="true"
        )

    def _grant(self, person: Any, what: str, **asked: Any) -> int:
        rows = person.get("/api/dispatch/assignments", limit=200, **asked)["assignments"]
        return self._each(rows, lambda row: self._grant_one(person, row, what))

    def _grant_one(self, person: Any, row: dict[str, Any], what: str) -> int:
        story = self._story(row)
        path = f"dispatch/assignments/{row['case_number']}/{what}"
        return 0 if story is None else self._do(person, story, what, path, {})

    def supervise(self) -> int:
        """派遣员: press a unit formally, once it has begun."""
        words = {"words": "该问题群众反映强烈，请尽快处置"}
        return self._once_begun(
            Bend.SUPERVISED, self.people.dispatchers.next(), "supervise", "dispatch/assignments", words
        )

    # 核查结案

    def file_again(self) -> int:
        """值班长: file what the dispatcher returned, under its old number."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/cases", "cases", "under_review")
        return self._each(rows, lambda row: self._file_again(supervisor, row))

    def _file_again(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        command = {"subcategory": story.plan.subcategory, "filing_standard": story.plan.filing_standard}
        path = f"intake/cases/{row['case_number']}/file-again"
        return self._do(supervisor, story, "file_again", path, command)

    def send_to_verify(self) -> int:
        """受理员: send a collector to see what was fed back."""
        operator = self.people.operators.next()
        rows = self._list(operator, "intake/cases", "cases", "awaiting_verification")
        return self._each(rows, lambda row: self._send_to_verify(operator, row))

    def _send_to_verify(self, operator: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        path = f"intake/cases/{row['case_number']}/ask-verification"
        return 0 if story is None else self._ask(operator, story, "ask_verification", path)

    def walk(self) -> int:
        """采集员: do the tasks one was sent on, with a photo."""
        with self._lock:
            visits, self._to_visit = self._to_visit, []
        by_collector: dict[str, list[str]] = {}
        for task_id, person_id in visits:
            by_collector.setdefault(person_id, []).append(task_id)
        return self._each(by_collector.items(), lambda of_one: self._walk(*of_one))

    def _walk(self, person_id: str, task_ids: list[str]) -> int:
        collector = self.people.collector(person_id)
        tasks = {task["task_id"]: task for task in collector.get("/api/intake/tasks")["tasks"]}
        done = 0
        for task_id in task_ids:
            if task_id not in tasks:
                continue
            if self._visit(collector, tasks[task_id]):
                done += 1
            else:
                with self._lock:
                    self._to_visit.append((task_id, person_id))
        return done

    def _visit(self, collector: Any, task: dict[str, Any]) -> int:
        story = self._story(task)
        if story is None:
            return 0
        if task["kind"] == "confirmation":
            step, outcome = "confirm", "denied" if story.plan.bend is Bend.DENIED else "confirmed"
        else:
            step = "verify"
            outcome = "remains" if story.plan.bend is Bend.REWORK and not story.done["verify"] else "gone"
        if not self.pace.due(story, step):
            return 0
        at = self.pace.moment(story, step)
        sha256 = self.camera.hand_in(collector, f"{step} {story.plan.index} {story.done[step]}", at=at)
        answer = {
            "outcome": outcome,
            "words": {"remains": "问题仍然存在", "denied": "现场未发现该问题"}.get(outcome, "现场情况属实"),
            "photos": [sha256],
            "position": {"lon": story.plan.lon, "lat": story.plan.lat, "datum": "wgs84"},
        }
        return self._do(collector, story, step, f"intake/tasks/{task['task_id']}/answer", answer)

    def close(self) -> int:
        """值班长: close what is verified."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/cases", "cases", "awaiting_closing")
        return self._each(rows, lambda row: self._close(supervisor, row))

    def _close(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        path = f"intake/cases/{row['case_number']}/close"
        seen = {"flags_seen": [flag["id"] for flag in row["evidence_flags"]]}
        return 0 if story is None else self._do(supervisor, story, "close", path, seen, outcome="closed")

    def end_early(self) -> int:
        """值班长: void what was filed by mistake, close by force what cannot be mended."""
        supervisor = self.people.supervisors.next()
        mistake = {"reason": "同一问题已由养护单位自行处置，误立案"}
        hopeless = {"reason": "位于征收拆迁范围，无法处置", "approved_by": "局长办公会第12号"}
        return self._once_begun(
            Bend.VOIDED, supervisor, "void", "intake/cases", mistake, outcome="voided"
        ) + self._once_begun(
            Bend.FORCE_CLOSED, supervisor, "force-close", "intake/cases", hopeless, outcome="force_closed"
        )

    def _once_begun(
        self, bend: Bend, person: Any, step: str, path: str, command: dict[str, Any], **seen: object
    ) -> int:
        what = "supervision-orders" if step == "supervise" else step
        return sum(
            self._do(person, story, step, f"{path}/{story.case_number}/{what}", command, **seen)
            for story in self.log.under_way
            if story.plan.bend is bend and story.tasks and not story.done[step]
        )

    # What all desks share

    def _each(self, things: Iterable[T], work: Callable[[T], int]) -> int:
        return sum(self._hands.map(work, things))

    def _list(self, person: Any, path: str, name: str, state: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = person.get(f"/api/{path}", state=state, limit=200)[name]
        return rows

    def _story(self, row: dict[str, Any]) -> Story | None:
        index = plan_index(row.get("description", ""))
        story = self.log.stories.get(index) if index is not None else None
        return story if story is not None and story.report_number else None

    def _ask(self, operator: Any, story: Story, step: str, path: str) -> int:
        if not self.pace.due(story, step):
            return 0
        at = self.pace.moment(story, step)
        answer = self._post(operator, story, step, path, {}, at)
        if answer is None:
            return 0
        with self._lock:
            self._to_visit.append((answer["task_id"], answer["collector"]))
        self.log.record(story, step, at)
        return 1

    def _do(
        self,
        person: Any,
        story: Story,
        step: str,
        path: str,
        command: dict[str, Any],
        *,
        learn: tuple[str, ...] = (),
        **seen: object,
    ) -> int:
        if not self.pace.due(story, step):
            return 0
        at = self.pace.moment(story, step)
        answer = self._post(person, story, step, path, command, at)
        if answer is None:
            return 0
        self.log.record(story, step, at, **seen, **{name: answer[name] for name in learn})
        return 1

    def _post(self, person: Any, story: Story, step: str, path: str, command: dict[str, Any], at: Any) -> Any:
        """The command, under a key of its step; None when a colleague was quicker or the list was old."""
        key = f"example-{story.plan.index}-{step}-{story.done[step]}"
        try:
            return person.post(f"/api/{path}", command, at=at, key=key)
        except Refused as refusal:
            # The photos were examined only after the list was read: the next look shows what was found.
            if refusal.kind in ("move-not-allowed", "evidence-not-seen"):
                return None
            raise
