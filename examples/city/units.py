"""The example city's 29 responsible units, each on its own broker account through the SDK."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

import handbook
from examples.city.bends import ASKS_FOR_REST, ASKS_FOR_TIME, ENDED_EARLY, Bend
from examples.city.log import Log, Story
from examples.city.photos import Camera
from examples.city.plans import RESTS_FOR, plan_index
from examples.city.steps import Pace
from unit_sdk import (
    DueTimeChanged,
    ExtensionDecided,
    RequestAccepted,
    RequestRefused,
    ReturnDecided,
    SupervisionOrder,
    SuspensionDecided,
    Task,
    TaskWithdrawn,
    UnitClient,
    Urge,
)

CONNECT_SECONDS = 60
Told = ReturnDecided | ExtensionDecided | SuspensionDecided | SupervisionOrder | DueTimeChanged | Urge
"""What the centre says about a task that the unit has."""
_AWAITED: Mapping[Bend, type[Told]] = {
    Bend.RETURN_REFUSED: ReturnDecided,
    **dict.fromkeys(ASKS_FOR_TIME, ExtensionDecided),
    **dict.fromkeys(ASKS_FOR_REST, SuspensionDecided),
    Bend.URGED: Urge,
    Bend.SUPERVISED: SupervisionOrder,
    Bend.RAISED: DueTimeChanged,
}
"""What a unit waits for before it goes on."""


@dataclass
class _Work:
    """What a unit has still to do about one task."""

    story: Story
    task: Task
    steps: list[str] = field(default_factory=list)
    in_hand: bool = False
    order: SupervisionOrder | None = None
    """督办, to be replied to."""
    told: int = 0
    """How often it was told what it waited for."""


class Units:
    """All units: they do what the plans say, live or at the plans' historical moments."""

    def __init__(
        self,
        amqp_port: int,
        password: Callable[[str], str],
        base_url: str,
        log: Log,
        pace: Pace,
        camera: Camera | None = None,
    ) -> None:
        self.log = log
        self.camera = camera or Camera()
        self.pace = pace
        self.refused: list[RequestRefused] = []
        self._clients = {
            code: self._client(amqp_port, code, password(code), base_url)
            for code in sorted(handbook.load().units)
        }
        self._work: dict[tuple[str, int, int], _Work] = {}
        self._taken: set[tuple[str, int, int]] = set()
        self._said: dict[str, tuple[Story, str, datetime | None]] = {}
        """What was said, by the message's id, until the centre has accepted it."""
        self._accepted: set[str] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._workers = [threading.Thread(target=self._labour, daemon=True) for _ in range(2)]

    def start(self) -> None:
        """Connect all of them and begin; does nothing when they have begun."""
        if self._workers[0].is_alive():
            return
        for client in self._clients.values():
            client.start()
        for client in self._clients.values():
            if not client.wait_until_connected(CONNECT_SECONDS):
                raise client.failure or TimeoutError(f"unit {client.code} could not connect")
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End their work and leave."""
        self._ending.set()
        for worker in self._workers:
            worker.join(30)
        threads = [threading.Thread(target=client.stop) for client in self._clients.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    def _client(self, amqp_port: int, code: str, password: str, base_url: str) -> UnitClient:
        url = f"amqp://{code}:{quote(password, safe='')}@127.0.0.1:{amqp_port}/city"
        client = UnitClient(url, code, base_url=base_url)
        client.on(Task)(self._take)
        client.on(TaskWithdrawn)(self._on_withdrawn)
        client.on(ReturnDecided)(self._on_decision)
        client.on(ExtensionDecided)(self._on_extension)
        client.on(SuspensionDecided)(self._on_suspension)
        client.on(SupervisionOrder)(self._on_order)
        client.on(DueTimeChanged)(self._on_change)
        client.on(Urge)(self._on_urge)
        client.on(RequestAccepted)(self._on_accepted)
        client.on(RequestRefused)(self.refused.append)
        return client

    def _on_withdrawn(self, withdrawn: TaskWithdrawn) -> None:
        with self._lock:
            for key in [key for key in self._work if key[0] == withdrawn.case_number]:
                del self._work[key]

    def _take(self, task: Task) -> None:
        index = plan_index(task.description)
        if index is None or index not in self.log.stories:
            return
        story = self.log.stories[index]
        with self._lock:
            key = (task.case_number, task.round, task.dispatch_number)
            if key not in self._taken:
                self._taken.add(key)
                story.tasks.append({"round": task.round, "dispatch": task.dispatch_number})
                story.urgencies.append(task.urgency)
                story.due_times.append(task.due_at)
                self._work[key] = _Work(story, task, _steps(story, task))

    def _on_decision(self, decided: ReturnDecided) -> None:
        if not decided.accepted:
            self._go_on(decided, "sign", "feedback")

    def _on_extension(self, decided: ExtensionDecided) -> None:
        work = self._work.get((decided.case_number, decided.round, decided.dispatch_number))
        if work is None:
            return
        work.story.due_times.append(decided.due_at)
        if work.story.plan.bend is Bend.EXTENDED_TWICE and work.told == 0:
            self._go_on(decided, "ask_extension")
        else:
            self._go_on(decided, "feedback")

    def _on_suspension(self, decided: SuspensionDecided) -> None:
        self._go_on(decided, *(("resume", "feedback") if decided.accepted else ("feedback",)))

    def _on_urge(self, urged: Urge) -> None:
        work = self._work.get((urged.case_number, urged.round, urged.dispatch_number))
        if work is not None:
            work.story.urged_with.append(urged.words)
        self._go_on(urged, "feedback")

    def _on_order(self, order: SupervisionOrder) -> None:
        self._go_on(order, "reply", "feedback", order=order)

    def _on_change(self, changed: DueTimeChanged) -> None:
        work = self._work.get((changed.case_number, changed.round, changed.dispatch_number))
        if work is not None:
            work.story.urgencies.append(changed.urgency)
        self._go_on(changed, "feedback")

    def _go_on(self, told: Told, *steps: str, order: SupervisionOrder | None = None) -> None:
        """What the unit waited for has come: it goes on, unless it is at its last step already."""
        with self._lock:
            work = self._work.get((told.case_number, told.round, told.dispatch_number))
            if work is None or type(told) is not _AWAITED.get(work.story.plan.bend):
                return
            if work.told < (2 if work.story.plan.bend is Bend.EXTENDED_TWICE else 1):
                work.steps = [*work.steps, *self.pace.planned(work.story, *steps)]
                work.order, work.told = order, work.told + 1

    def _labour(self) -> None:
        while not self._ending.is_set():
            work = self._next()
            if work is None:
                self._ending.wait(0.05 if self.pace.replay else 0.1)
                continue
            self._do(work)

    def _next(self) -> _Work | None:
        """Take a piece of work whose next step is due."""
        with self._lock:
            for work in self._work.values():
                if work.steps and not work.in_hand and self._may_say(work.story, work.steps[0]):
                    work.in_hand = True
                    return work
        return None

    def _may_say(self, story: Story, step: str) -> bool:
        """Due, and no second request before the first was accepted: a decision may come before that word."""
        waits = step == "ask_extension" and any(said[:2] == (story, step) for said in self._said.values())
        return not waits and self.pace.due(story, step)

    def _do(self, work: _Work) -> None:
        story, task, step = work.story, work.task, work.steps.pop(0)
        client = self._clients[task.responsible_unit]
        at = self.pace.moment(story, step)
        if step == "sign":
            said = client.sign(task, at=at)
        elif step == "send_back":
            said = client.send_back(task, "不属于我单位职责范围，请核实权属", at=at)
        elif step == "ask_extension":
            said = client.ask_extension(task, "所需材料尚未到货", at=at)
        elif step == "ask_suspension":
            until = (at or datetime.now(UTC)) + RESTS_FOR
            said = client.ask_suspension(task, "当前季节不宜施工", until_at=until, at=at)
        elif step == "resume":
            said = client.resume(task, at=at)
        elif step == "reply" and work.order is not None:
            said = client.reply(work.order, "已增派人员，今日完成。", at=at)
        else:
            content = self.camera.take(f"after {story.plan.index} {task.round}")
            said = client.feed_back(task, "已按要求处置完毕，现场已恢复。", [content], at=at)
        with self._lock:
            self._said[said] = (story, step, at)
            work.in_hand = False
            if not work.steps and step == "feedback":
                self._work.pop((task.case_number, task.round, task.dispatch_number), None)
        self._note_what_counts()

    def _on_accepted(self, accepted: RequestAccepted) -> None:
        with self._lock:
            self._accepted.add(accepted.request_id)
        self._note_what_counts()

    def _note_what_counts(self) -> None:
        """A step is done when the centre has accepted it: what is only on its way may still be overtaken."""
        with self._lock:
            both = self._accepted & self._said.keys()
            self._accepted -= both
            taken = [self._said.pop(said) for said in both]
        for story, step, at in taken:
            self.log.record(story, step, at)


def _steps(story: Story, task: Task) -> list[str]:
    """What the unit will do about a task, by the plan's bend."""
    bend, first = story.plan.bend, task.dispatch_number == 1
    if task.round > 1:
        return ["feedback"]
    if bend is Bend.SENT_BACK_OTHER and first:
        return ["send_back"]
    if bend is Bend.SENT_BACK_SAME and first:
        return ["sign", "send_back"]
    if bend is Bend.RETURN_REFUSED:
        return ["send_back"]
    if bend is Bend.COORDINATED and task.dispatch_number < 3:
        return ["send_back"]
    if bend in ASKS_FOR_TIME:
        return ["sign", "ask_extension"]
    if bend in ASKS_FOR_REST:
        return ["sign", "ask_suspension"]
    if bend in ENDED_EARLY or bend in _AWAITED:
        return ["sign"]
    return ["sign", "feedback"]
