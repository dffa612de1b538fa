"""One plan's steps, each with its moment: minutes at the desks, and as long as it takes in the street."""

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from case_contracts.codes import Source
from examples.city.bends import DISSATISFIED, MENDED_ON_THE_SPOT, STRAIGHT, Bend
from examples.city.plans import RESTS_FOR, Plan
from handbook import Handbook
from handbook.working_time import due_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG_HANDLING_SHARE = 0.03475
"""Share of cases that wait for a season, an owner or a building site: their handling lasts months."""
APPEALED_SHARE = 0.3
"""Share of the late cases whose unit says that it could not help it (申诉)."""
MEANWHILE = timedelta(minutes=3)
"""At least so long after what happens beside it is the work fed back."""
RESUMED_SHARE = 0.6
"""Share of the suspended cases that the unit takes up again before the day named."""
FOUND_ON_ONE_DAY = frozenset({Source.COLLECTOR, Source.VIDEO, Source.OPEN311})
"""Their reporters find the answer by themselves: on the day on which it is there."""


class Timeline:
    """Steps in their order; a step that comes again gets its number behind (``feedback.2``)."""

    def __init__(self, plan: Plan, begun: datetime, handbook: Handbook, chance: random.Random) -> None:
        self.plan = plan
        self.handbook = handbook
        self.chance = chance
        self.now = begun
        self.times = {"report": begun}
        self.turns: dict[str, int] = {}
        self.aside = random.Random(plan.index)
        """For what was added to the year later: it draws nothing that the others would have drawn."""
        self.handled_from: datetime | None = None
        """When the work begins, where what happens beside it is not to delay it."""

    def step(self, name: str, low: float = 0, high: float = 0) -> None:
        """The next step, so many minutes after the one before."""
        self.now += timedelta(minutes=round(self.chance.uniform(low, high)))
        self._taken(name)

    def _taken(self, name: str) -> None:
        turn = self.turns[name] = self.turns.get(name, 0) + 1
        self.times[name if turn == 1 else f"{name}.{turn}"] = self.now

    def beside(self, name: str, low: float, high: float) -> None:
        """A step that happens beside the work, or after its end, and delays neither."""
        self.handled_from = self.handled_from or self.now
        self.now += timedelta(minutes=round(self.aside.uniform(low, high)))
        self._taken(name)

    def lie(self) -> None:
        """Nobody signs it for some days."""
        self.handled_from = self.now
        self.now += timedelta(days=self.aside.randrange(2, 5))

    def answer(self) -> None:
        """The reporter hears: rung or written to soon, or when they look, on the same day."""
        midnight = datetime.combine(self.now.astimezone(SHANGHAI), time(0), SHANGHAI) + timedelta(days=1)
        before, minutes = self.now, self.chance.uniform(5, 90)
        self.now += timedelta(minutes=round(minutes))
        if self.plan.source in FOUND_ON_ONE_DAY and self.now >= midnight:
            self.now = before
        self.step("answer")

    def handle(self, share: float = 1.0) -> None:
        """The work: a share of the time there is, rarely more, in a few cases months."""
        # All are drawn for every case: another share of long ones changes nothing about the others.
        long, days, drawn = (
            self.chance.random(), self.chance.uniform(30, 300), self.chance.lognormvariate(-0.9, 0.45)
        )  # fmt: skip
        limit = self.handbook.standards[self.plan.filing_standard].time_limit
        begun, self.handled_from = self.handled_from or self.now, None
        allowed = (due_at(begun, limit, self.handbook.calendar) - begun) * share
        minutes = 60 * 24 * days if long < LONG_HANDLING_SHARE else allowed.total_seconds() / 60 * drawn
        self.now = max(begun + timedelta(minutes=max(round(minutes), 10)), self.now + MEANWHILE)
        self.step("feedback")
        self.step("ask_verification", 2, 15)
        self.step("verify", 5, 28)


def times_of(line: Timeline, original: Plan | None) -> dict[str, datetime]:
    """The moments of all steps of a plan, from the report to the last answer."""
    if _filed(line, original):
        _commanded(line, original)
    return line.times


def _filed(line: Timeline, original: Plan | None) -> bool:
    """The steps until the filing; False when no case of its own comes of it."""
    plan, bend = line.plan, line.plan.bend
    if bend is Bend.DUPLICATE:
        line.step("link", 2, 10)
        _with_the_original(line, original)
        return False
    if bend in MENDED_ON_THE_SPOT:
        line.step("judge", 5, 50)
    if bend is Bend.SELF_HANDLED:
        line.answer()
        return False
    if plan.source.needs_confirmation and bend is not Bend.NOT_ACCEPTED:
        line.step("ask_confirmation", 2, 8)
        line.step("confirm", 5, 25)
    if bend in (Bend.NOT_ACCEPTED, Bend.DENIED):
        line.step("not_accept", 2, 10)
        line.answer()
        return False
    if bend is Bend.URGENT:
        line.step("raise", 1, 4)
    line.step("propose", 2, 6)
    if bend is Bend.NOT_FILED:
        line.step("decline", 1, 6)
        line.answer()
        return False
    if bend is Bend.RETURNED:
        line.step("return", 1, 4)
        line.step("propose", 2, 6)
    line.step("file", 1, 5)
    return True


def _commanded(line: Timeline, original: Plan | None) -> None:
    """From the filing to the end."""
    bend = line.plan.bend
    _dispatched(line)
    if bend in _ENDS_EARLY:
        line.step(_ENDS_EARLY[bend], 2, 60)
        if bend is Bend.MERGED:
            _with_the_original(line, original)
        else:
            line.answer()
        return
    _until_handled(line)
    line.handle(1.6 if bend is Bend.EXTENDED else 1.0)
    if bend is Bend.REWORK:
        line.handle()
    line.step("close", 2, 50)
    line.answer()
    _appealed(line)
    if bend in DISSATISFIED:
        _dissatisfied(line)


_ENDS_EARLY = {Bend.VOIDED: "void", Bend.FORCE_CLOSED: "force-close", Bend.MERGED: "merge"}


def _dispatched(line: Timeline) -> None:
    """The steps from the filing until a unit has it for good, and has signed."""
    bend = line.plan.bend
    if bend is Bend.FILED_ANEW:
        line.step("return_to_intake", 1, 12)
        line.step("file_again", 2, 14)
        line.step("dispatch", 1, 12)
        return  # fed back without being signed
    line.step("dispatch", 1, 12)
    if bend is Bend.SENT_BACK_SAME:
        line.step("sign", 1, 10)
    returns = {
        Bend.SENT_BACK_SAME: 1,
        Bend.SENT_BACK_OTHER: 1,
        Bend.RETURN_REFUSED: 1,
        Bend.COORDINATED: 2,
    }.get(bend, 0)
    for turn in range(returns):
        line.step("send_back", 1, 12)
        line.step("decide", 1, 12)
        if bend is not Bend.RETURN_REFUSED:
            decided = bend is Bend.COORDINATED and turn == 1
            line.step("decide_unit" if decided else "dispatch", 1, 12)
    if bend is Bend.UNSIGNED:
        line.lie()
    line.step("sign", 2, 30)


_BESIDE = {
    Bend.EXTENDED_TWICE: (("ask_extension", 20), ("grant-extension", 12)) * 2,
    Bend.EXTENSION_REFUSED: (("ask_extension", 20), ("refuse-extension", 12)),
    Bend.SUSPENSION_REFUSED: (("ask_suspension", 20), ("refuse-suspension", 40)),
    Bend.URGED: (("urge", 60),),
}
"""What happens between unit and centre while the unit is at it, each so many minutes after the other."""


def _until_handled(line: Timeline) -> None:
    """What happens between the signing and the work."""
    bend = line.plan.bend
    for step, high in _BESIDE.get(bend, ()):
        line.beside(step, 1, high)
    if bend is Bend.EXTENDED:
        line.step("ask_extension", 1, 20)
        line.step("grant-extension", 1, 12)
    elif bend is Bend.SUPERVISED:
        line.step("supervise", 5, 60)
        line.step("reply", 10, 120)
    elif bend is Bend.RAISED:
        line.step("raise", 1, 30)
    elif bend is Bend.SUSPENDED:
        line.step("ask_suspension", 1, 20)
        until = line.now + RESTS_FOR
        line.step("grant-suspension", 1, 40)
        if line.chance.random() < RESUMED_SHARE:
            line.step("resume", 3 * 1440, 50 * 1440)
        else:  # by itself: the unit goes on with it on the morning after
            morning = datetime.combine(until.astimezone(SHANGHAI), time(8), SHANGHAI)
            line.now = morning + timedelta(days=1)


def _appealed(line: Timeline) -> None:
    """申诉 of a unit that was late with a case that went straight; the assessor decides within days."""
    if line.plan.bend not in STRAIGHT:
        return
    standard = line.handbook.standards[line.plan.filing_standard]
    due = due_at(line.times["dispatch"], standard.time_limit, line.handbook.calendar)
    if line.times["feedback"] > due and line.aside.random() < APPEALED_SHARE:
        for step in ("appeal", "review", "decide_appeal"):
            line.beside(step, 60, 2 * 1440)


def _dissatisfied(line: Timeline) -> None:
    """The reporter says that the problem is not gone; they have a fortnight for that."""
    if line.plan.complains_at_once:
        line.step("complain")
    else:
        line.step("complain", 60, 10 * 1440)
    if line.plan.bend is Bend.REOPENING_DECLINED:
        line.step("decline-reopening", 5, 50)
        line.answer()
        return
    line.step("reopen", 5, 50)
    line.answer()
    line.handle()
    line.step("close", 2, 50)
    line.answer()


def _with_the_original(line: Timeline, original: Plan | None) -> None:
    """It is answered with the case that tells of the same problem."""
    if original is not None:
        line.now = max(line.now, original.times["close"])
        line.answer()
