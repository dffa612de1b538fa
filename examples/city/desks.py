"""The centre's desks and the collectors in the street, each working from its own work list."""

from typing import Any

from examples.city.appeals import AppealDesks
from examples.city.bends import Bend
from examples.city.dispatcher import DispatcherDesk
from examples.city.supervisor import MAJOR, SupervisorDesk


class Desks(SupervisorDesk, DispatcherDesk, AppealDesks):
    """Intake operator and collectors, beside shift supervisor and dispatcher: one method a work list."""

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
            original = self.log.original_of(story)
            if original is None or not original.case_number:
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
        if bend is Bend.URGENT and not story.done["raise"]:
            path = f"intake/reports/{story.report_number}/raise-urgency"
            return self._do(operator, story, "raise", path, MAJOR)
        return self._do(
            operator,
            story,
            "propose",
            f"intake/reports/{story.report_number}/propose-filing",
            {"subcategory": story.plan.subcategory, "filing_standard": story.plan.filing_standard},
        )

    # 核查结案

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
