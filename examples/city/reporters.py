"""Those who report: collectors, the hotline's callers, the video seat, and the gateways of other channels."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from case_contracts.codes import Source
from examples.city.doors import House, Person
from examples.city.log import Log, Story
from examples.city.photos import Camera
from examples.city.steps import Pace


class Reporters:
    """Sends each plan's report through its own channel, and receives the answers there."""

    def __init__(self, people: "People", log: Log, pace: Pace, camera: Camera) -> None:
        self.people = people
        self.camera = camera
        self.log = log
        self.pace = pace
        self._queue = list(log.stories.values())
        if pace.replay:
            self._queue.sort(key=lambda story: (story.plan.times["report"], story.plan.index))
        self._next = 0
        self._lock = threading.Lock()

    def report(self) -> int:
        """Send the next report that is due."""
        story = self._take()
        if story is None:
            return 0
        at = self.pace.moment(story, "report")
        if story.plan.source is Source.HOTLINE:
            self._phone(story, at)
        else:
            self._send(story, at)
        return 1

    def _take(self) -> Story | None:
        with self._lock:
            if self._next >= len(self._queue) or not self.pace.due(self._queue[self._next], "report"):
                return None
            self._next += 1
            return self._queue[self._next - 1]

    def _phone(self, story: Story, at: Any) -> None:
        plan = story.plan
        call = {
            "caller_number": f"139{plan.index:08d}" if plan.reachable else "",
            "caller_name": "示例来电人",
            "words": plan.description,
            "address": plan.address,
            "position": {"lon": plan.lon, "lat": plan.lat, "datum": "wgs84"},
            "subcategory": plan.subcategory,
        }
        answer = self.people.agents.next().post("/api/hotline/calls", call, at=at, key=_key(story))
        self.log.record(story, "report", at, report_number=answer["report_number"])

    def _send(self, story: Story, at: Any) -> None:
        plan = story.plan
        person = self.people.reporter(story)
        photos = []
        if plan.source in (Source.COLLECTOR, Source.VIDEO, Source.WECHAT):
            photos.append(self.camera.hand_in(person, f"before {plan.index}", at=at))
        report: dict[str, Any] = {
            "description": plan.description,
            "address": plan.address,
            "position": {"lon": plan.lon, "lat": plan.lat, "datum": "wgs84"},
            "photos": photos,
            "subcategory": plan.subcategory,
        }
        if person.account.role == "channel":
            report["reporter"] = {"name": "示例市民", "openid": f"example-{plan.index}"}
        answer = person.post("/api/intake/reports", report, at=at, key=_key(story))
        self.log.record(story, "report", at, report_number=answer["report_number"])

    # Answers

    def read_lists(self) -> int:
        """Collectors and the video seat read their own lists; what is answered there is heard."""
        heard = 0
        for person, stories in self._waiting(Source.COLLECTOR, Source.VIDEO):
            at = (
                max((self.pace.moment(story, "answer") for story in stories), default=None)
                if self.pace.replay
                else None
            )
            for report in person.get("/api/intake/my-reports", at=at)["reports"]:
                story = self.log.by_report.get(report["report_number"])
                if story and not story.answer and report.get("answer"):
                    self._hear(story, report["answer"])
                    heard += 1
        return heard

    def carry_answers(self) -> int:
        """The WeChat and 12345 gateways fetch what is due and carry it to the citizen."""
        carried = 0
        for source in (Source.WECHAT, Source.TRANSFERRED_12345):
            gateway = self.people.gateways.get(source.value)
            if gateway is None:
                continue
            due = gateway.get("/api/intake/answers", channel=source.value, state="due", limit=200)["answers"]
            for answer in due:
                story = self.log.by_report.get(answer["report_number"])
                if story is None or not self.pace.due(story, "answer"):
                    continue
                at = self.pace.moment(story, "answer")
                if story.plan.reachable:
                    gateway.post(
                        f"/api/intake/answers/{answer['id']}/delivered",
                        {},
                        at=at,
                        key=f"{_key(story)}-delivered",
                    )
                    self._hear(story, answer, at)
                else:
                    reason = {"reason": "用户已取消关注，消息无法送达"}
                    gateway.post(
                        f"/api/intake/answers/{answer['id']}/undeliverable",
                        reason,
                        at=at,
                        key=f"{_key(story)}-lost",
                    )
                    self.log.record(story, "answer", at, answer="unreachable")
                carried += 1
        return carried

    def look_up(self) -> int:
        """Open311's clients ask for their request by number until its answer stands there."""
        heard = 0
        for story in self._decided(Source.OPEN311):
            answer = self.people.house.call(
                "GET",
                f"/api/intake/public/reports/{story.report_number}",
                headers={"Accept": "application/json"},
            )
            document = answer.json() if answer.status == 200 else {}
            if document.get("answer"):
                self._hear(story, document["answer"])
                heard += 1
        return heard

    def call_back(self) -> int:
        """The hotline's agents make the call-backs that are due."""
        agent = self.people.agents.next()
        made = 0
        for due in agent.get("/api/hotline/call-backs", state="due", limit=200)["call_backs"]:
            story = self.log.by_report.get(due["report_number"])
            if story is None or not self.pace.due(story, "answer"):
                continue
            at = self.pace.moment(story, "answer")
            attempt = {"outcome": "reached", "satisfaction": "satisfied", "words": "谢谢"}
            agent.post(
                f"/api/hotline/call-backs/{due['id']}/attempts",
                attempt,
                at=at,
                key=f"{_key(story)}-call-back",
            )
            self._hear(story, due, at)
            made += 1
        for story in self._decided(Source.HOTLINE):
            if not story.plan.reachable:
                self.log.record(story, "answer", self.pace.moment(story, "answer"), answer="unreachable")
                made += 1
        return made

    def _hear(self, story: Story, answer: Any, at: Any = None) -> None:
        text = answer.get("text", "") if isinstance(answer, dict) else str(answer)
        if not story.answer:
            self.log.record(
                story, "answer", at or self.pace.moment(story, "answer"), answer="answered", answer_text=text
            )

    def _decided(self, *sources: Source) -> Iterator[Story]:
        for story in self.log.under_way:
            if (
                story.plan.source in sources
                and not story.answer
                and self._outcome(story)
                and self.pace.due(story, "answer")
            ):
                yield story

    def _outcome(self, story: Story) -> str:
        if story.outcome != "linked":
            return story.outcome
        original = self.log.by_case.get(story.case_number)
        return original.outcome if original else ""

    def _waiting(self, *sources: Source) -> Iterable[tuple[Person, list[Story]]]:
        by_person: dict[Person, list[Story]] = {}
        for story in self._decided(*sources):
            by_person.setdefault(self.people.reporter(story), []).append(story)
        return by_person.items()


class Turns:
    """People of one post, taken in turn."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self._cycle = itertools.cycle(people)
        self._lock = threading.Lock()

    def next(self) -> Person:
        """Whose turn it is."""
        with self._lock:
            return next(self._cycle)


class People:
    """Everybody with an example login, by post."""

    def __init__(self, house: House, accounts: Iterable[Any]) -> None:
        self.house = house
        by_role: dict[str, list[Person]] = {}
        for account in accounts:
            by_role.setdefault(account.role, []).append(Person(house, account))
        self.agents = Turns(by_role["hotline_agent"])
        self.operators = Turns(by_role["intake_operator"])
        self.supervisors = Turns(by_role["shift_supervisor"])
        self.dispatchers = Turns(by_role["dispatcher"])
        self.seats = Turns(by_role["video_seat"])
        self.assessors = Turns(by_role["assessor"])
        self.operations = Turns(by_role["operations"])
        self.gateways = {person.account.scope: person for person in by_role["channel"]}
        self.collectors = by_role["collector"]
        self._by_grid: dict[str, list[Person]] = {}
        for person in self.collectors:
            self._by_grid.setdefault(person.account.scope, []).append(person)

    def reporter(self, story: Story) -> Person:
        """Who reports this plan: always the same person."""
        plan = story.plan
        if plan.source is Source.COLLECTOR:
            walking = self._by_grid[plan.responsibility_grid]
            return walking[plan.index % len(walking)]
        if plan.source is Source.VIDEO:
            return self.seats.people[plan.index % len(self.seats.people)]
        return self.gateways[plan.source.value]

    def collector(self, person_id: str) -> Person:
        """The collector with this person_id."""
        for person in self.collectors:
            if not person.person_id:
                person.get("/api/console/me")
            if person.person_id == person_id:
                return person
        raise LookupError(person_id)


def _key(story: Story) -> str:
    return f"example-report-{story.plan.index}"
