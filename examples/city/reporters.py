"""Those who report: collectors, the hotline's callers, the video seat, and the gateways of other channels."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from case_contracts.codes import Source
from examples.city.bends import DISSATISFIED, MENDED_ON_THE_SPOT
from examples.city.doors import House, Person
from examples.city.log import Log, Story
from examples.city.photos import Camera
from examples.city.steps import Pace

NOT_GONE = "问题没有解决，请重新处理"
MOST_READ = 200
"""Reports on a page of one's own list."""


class Reporters:
    """Sends each plan's report through its own channel, and receives the answers there.

    ``hands`` is how many people read their lists at the same time.
    """

    def __init__(self, people: "People", log: Log, pace: Pace, camera: Camera, *, hands: int = 1) -> None:
        self.people = people
        self.camera = camera
        self.log = log
        self.pace = pace
        self._queue = list(log.stories.values())
        if pace.replay:
            self._queue.sort(key=lambda story: (story.plan.times["report"], story.plan.index))
        self._next = 0
        self._lock = threading.Lock()
        self._hands = ThreadPoolExecutor(hands)

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
        if plan.bend in MENDED_ON_THE_SPOT:
            after = self.camera.hand_in(person, f"mended {plan.index}", at=at)
            report |= {"self_handled": True, "after_photos": [after]}
        if person.account.role == "channel":
            report["reporter"] = {"name": "示例市民", "openid": f"example-{plan.index}"}
        answer = person.post("/api/intake/reports", report, at=at, key=_key(story))
        self.log.record(story, "report", at, report_number=answer["report_number"])

    # Answers

    def read_lists(self) -> int:
        """Collectors and the video seat read their own lists; what is answered there is heard."""
        waiting = self._waiting(Source.COLLECTOR, Source.VIDEO)
        return sum(self._hands.map(lambda of_one: self._read_list(*of_one), waiting))

    def _read_list(self, person: "Person", stories: list[Story]) -> int:
        heard = 0
        at = max(self.pace.moment(story, "answer") for story in stories) if self.pace.replay else None
        # What is unread stands on the first page, which need not be longer than what one waits for.
        limit = min(len(stories) + 1, MOST_READ)
        for report in person.get("/api/intake/my-reports", at=at, limit=limit)["reports"]:
            story = self.log.by_report.get(report["report_number"])
            if story and report.get("answer") and self.pace.due(story, "answer"):
                heard += self._hear(story, report["answer"])
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
                if story is not None and self.pace.due(story, "answer"):
                    carried += self._carry(gateway, story, answer)
        return carried

    def _carry(self, gateway: "Person", story: Story, answer: dict[str, Any]) -> int:
        at, path = self.pace.moment(story, "answer"), f"/api/intake/answers/{answer['id']}"
        if story.plan.reachable:
            gateway.post(f"{path}/delivered", {}, at=at, key=f"{_key(story)}-delivered-{answer['number']}")
            return self._hear(story, answer, at)
        reason = {"reason": "用户已取消关注，消息无法送达"}
        gateway.post(f"{path}/undeliverable", reason, at=at, key=f"{_key(story)}-lost")
        self.log.record(story, "answer", at, answer="unreachable")
        return 1

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
                heard += self._hear(story, document["answer"])
        return heard

    def call_back(self) -> int:
        """The hotline's agents make the call-backs that are due."""
        agent = self.people.agents.next()
        made = 0
        for due in agent.get("/api/hotline/call-backs", state="due", limit=200)["call_backs"]:
            story = self.log.by_report.get(due["report_number"])
            if story is not None and self.pace.due(story, "answer"):
                made += self._ring(agent, story, due)
        for story in self._decided(Source.HOTLINE):
            if not story.plan.reachable:
                self.log.record(story, "answer", self.pace.moment(story, "answer"), answer="unreachable")
                made += 1
        return made

    def _ring(self, agent: "Person", story: Story, due: dict[str, Any]) -> int:
        at, turn = self.pace.moment(story, "answer"), story.done["answer"]
        complains = turn == 0 and story.plan.complains_at_once
        attempt: dict[str, Any] = {"outcome": "reached", "satisfaction": "satisfied", "words": "谢谢"}
        if complains:
            attempt |= {"satisfaction": "dissatisfied", "words": NOT_GONE, "handle_again": True}
        path = f"/api/hotline/call-backs/{due['id']}/attempts"
        agent.post(path, attempt, at=at, key=f"{_key(story)}-call-back-{turn}")
        heard = self._hear(story, due, at)
        if complains:
            self.log.record(story, "complain", self.pace.moment(story, "complain"))
        return heard

    def complain(self) -> int:
        """Some were told that it is closed, and see that the problem is not gone (不满意)."""
        made = 0
        for story in self.log.under_way:
            waits = story.plan.bend in DISSATISFIED and story.heard and not story.done["complain"]
            if waits and not story.plan.complains_at_once and self.pace.due(story, "complain"):
                at = self.pace.moment(story, "complain")
                person, path = self._way_to_complain(story)
                person.post(path, {"words": NOT_GONE}, at=at, key=f"{_key(story)}-complain")
                self.log.record(story, "complain", at)
                made += 1
        return made

    def _way_to_complain(self, story: Story) -> tuple["Person", str]:
        """Callers ring again, the others write to their channel."""
        if story.plan.source is not Source.HOTLINE:
            return self.people.reporter(story), f"/api/intake/reports/{story.report_number}/ask-reopening"
        agent = self.people.agents.next()
        (call,) = agent.get("/api/hotline/calls", report_number=story.report_number)["calls"]
        return agent, f"/api/hotline/calls/{call['call_id']}/dissatisfied"

    def _hear(self, story: Story, answer: dict[str, Any], at: Any = None) -> int:
        """Write down an answer that was not heard before; the same outcome never comes twice in a row."""
        if story.done["answer"] >= story.plan.answers or story.heard[-1:] == (answer["kind"],):
            return 0
        self.log.record(
            story,
            "answer",
            at or self.pace.moment(story, "answer"),
            answer="answered",
            answer_text=answer["text"],
            heard=(*story.heard, answer["kind"]),
        )
        return 1

    def _decided(self, *sources: Source) -> Iterator[Story]:
        for story in self.log.under_way:
            if story.plan.source in sources and self._is_answered(story) and self.pace.due(story, "answer"):
                yield story

    def _is_answered(self, story: Story) -> bool:
        """Whether the next answer must be there: there is one for each outcome."""
        if story.done["answer"] == 0:
            last = self.log.original_of(story) if story.outcome in ("linked", "merged") else story
            return last is not None and bool(last.outcome)
        if story.done["answer"] == 1:
            return bool(story.done["reopen"] or story.done["decline-reopening"])
        return story.done["close"] == 2

    def _waiting(self, *sources: Source) -> Iterable[tuple["Person", list[Story]]]:
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
        self.units = {person.account.scope: person for person in by_role["responsible_unit"]}
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
