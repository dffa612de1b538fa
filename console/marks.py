"""Marks of a story (标记): what a clerk must see beside its state, such as 延期待审, 督办 or 曾超时."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts.codes import Urgency
from console.once import once
from console.standing import MOVES
from console.told import Told
from console.words import ROLES, AppealState, State

_HIGHEST_FIRST = ("leader", "shift_supervisor")
_ENDS_A_REQUEST = frozenset(
    {
        "case_dispatched",
        "return_accepted",
        "case_returned_to_intake",
        "case_suspended",
        "feedback_submitted",
        "rework_ordered",
        "task_withdrawn",
    }
)
"""After these a request for more time is pointless, decided or not."""
_REQUESTS = {
    "extension_asked": ("extension_granted", "extension_refused"),
    "suspension_asked": ("case_suspended", "suspension_refused"),
}
_DECIDES = {
    "extension_granted": "extension",
    "extension_refused": "extension",
    "suspension_refused": "suspension",
}
"""Facts that decide one request of a unit, and leave whoever was called for something else."""
_ENDS_A_CALLING = frozenset(
    {
        "call_back_tried",
        "caller_informed",
        "caller_unreachable",
        "appeal_reviewed",
        "appeal_granted",
        "appeal_refused",
    }
)
"""Facts that are no moves of the case, after which nobody is called any more for a call-back or an appeal."""
_URGENCY_SAID = (
    ("case", ("case_filed", "urgency_raised")),
    ("assignment", ("urgency_changed",)),
    ("report", ("report_urgency_raised",)),
)
_APPEAL_STATES = {
    "appeal_made": AppealState.MADE,
    "appeal_reviewed": AppealState.REVIEWED,
    "appeal_granted": AppealState.GRANTED,
    "appeal_refused": AppealState.REFUSED,
}


@dataclass(frozen=True)
class Supervision:
    """督办: one formal notice to the unit, and its reply."""

    ordered: Told
    replied: Told | None
    credited: tuple[Told, ...] = ()
    """补时: what gave the unit more time, the first first."""

    @property
    def number(self) -> str:
        """The order's own number."""
        return str(self.ordered.data.get("order_number", ""))

    @property
    def reply_by_at(self) -> str | None:
        """By when the reply is wanted, as dispatch said it last."""
        told = self.credited[-1] if self.credited else self.ordered
        return told.data.get("reply_by_at")


@dataclass(frozen=True)
class Calling:
    """逐级上报: a post that was called for something that nobody has done yet."""

    post: str
    reason: str
    at: datetime

    @property
    def to(self) -> str:
        """The post in words."""
        return ROLES.get(self.post, self.post)


class Marks:
    """The marks of one story: its facts, sorted within each aggregate, and where it stands."""

    def __init__(self, facts: Sequence[Told], state: State) -> None:
        self._facts = facts
        self._state = state
        self._by_about: dict[str, list[Told]] = defaultdict(list)
        for fact in facts:
            self._by_about[fact.about].append(fact)

    @property
    def extension_pending(self) -> bool:
        """延期待审: the unit asked for its limit once more, and nobody has decided."""
        return self._pending("extension_asked")

    @property
    def suspension_pending(self) -> bool:
        """挂账待审: the unit asked that its clock stand still, and nobody has decided."""
        return self._pending("suspension_asked")

    @once
    def reopening_asked(self) -> bool:
        """要求重新处置: a reporter is dissatisfied, and the shift supervisor has not decided."""
        asked: set[str] = set()
        for fact in self._of("case"):
            if fact.type == "case_reopened":
                asked.clear()
            elif fact.type == "reopening_asked":
                asked.add(str(fact.data.get("report_number")))
            elif fact.type == "reopening_declined":
                asked.discard(str(fact.data.get("report_number")))
        return bool(asked)

    @property
    def escalated_to(self) -> str | None:
        """逐级上报: the highest post that was called since anybody last acted; None when somebody has."""
        called = {calling.post for calling in self.callings}
        return next((post for post in _HIGHEST_FIRST if post in called), None)

    @once
    def callings(self) -> list[Calling]:
        """What lies, each with the post that was called for it last, the latest first."""
        owners: tuple[str, ...] = ("case", "assignment") if self._state.of_case else ("report",)
        if self._state.ended:  # what is still to be decided then is whether the end holds
            owners = ("case",) if self.reopening_asked else ()
        found = [calling for about in (*owners, "call", "appeal") for calling in self._called(about)]
        return sorted(found, key=lambda one: (one.at, one.post, one.reason), reverse=True)

    @once
    def supervisions(self) -> list[Supervision]:
        """Every 督办 of the case, the first first."""
        told = self._of("assignment")
        replies = {f.data.get("order_number"): f for f in told if f.type == "supervision_replied"}
        orders = {f.data.get("order_number"): f for f in told if f.type == "supervision_ordered"}
        credits = [f for f in told if f.type == "reply_time_credited"]
        return [
            Supervision(
                order,
                replies.get(number),
                tuple(f for f in credits if f.data.get("order_number") == number),
            )
            for number, order in orders.items()
        ]

    @property
    def supervisions_open(self) -> int:
        """How many 督办 want their reply; none once the case has ended, or the task was taken back."""
        if self._state.ended:
            return 0
        told = self._of("assignment")
        returned = {f.data.get("dispatch_number") for f in told if f.type == "return_accepted"}
        orders = [one for one in self.supervisions if one.ordered.data.get("dispatch_number") not in returned]
        return sum(one.replied is None for one in orders)

    @property
    def urgency(self) -> str | None:
        """轻重缓急 as intake said it last; while that is not here, as the task has it."""
        for about, types in _URGENCY_SAID:
            said = [f.data["urgency"] for f in self._of(about) if f.type in types and f.data.get("urgency")]
            if said:
                return str(said[-1])
        return None

    @property
    def overdue(self) -> bool:
        """曾超时: some feedback came after its due time; no appeal changes that."""
        return any(f.type == "feedback_submitted" and not f.data.get("in_time", True) for f in self._facts)

    @property
    def appeal(self) -> AppealState | None:
        """申诉: how far the unit's appeal has come."""
        states = [_APPEAL_STATES[f.type] for f in self._of("appeal") if f.type in _APPEAL_STATES]
        return states[-1] if states else None

    def shown(self) -> list[dict[str, str]]:
        """The marks as a list shows them, the most pressing first."""
        urgency, post = self.urgency, self.escalated_to
        appeal = self.appeal
        granted = appeal is AppealState.GRANTED
        marks: list[tuple[Any, str, str]] = [
            (urgency in (Urgency.URGENT, Urgency.MAJOR), "urgency", _urgency_text(urgency)),
            (post, "escalated", f"已上报{'领导' if post == 'leader' else '值班长'}"),
            (self.supervisions_open, "supervision", f"督办待回复 {self.supervisions_open}"),
            (self.extension_pending, "extension_pending", "延期待审"),
            (self.suspension_pending, "suspension_pending", "挂账待审"),
            (self.reopening_asked, "reopening_asked", "要求重新处置"),
            (self.overdue, "overdue", "曾超时（申诉通过不计）" if granted else "曾超时"),
            (appeal and not granted, "appeal", appeal.chinese if appeal else ""),
        ]
        return [{"mark": name, "text": text} for there, name, text in marks if there]

    def _of(self, about: str) -> list[Told]:
        return self._by_about.get(about, [])

    def _pending(self, asked: str) -> bool:
        if self._state.ended:
            return False
        ends = (*_REQUESTS[asked], *_ENDS_A_REQUEST)
        last = [f.type for f in self._of("assignment") if f.type == asked or f.type in ends]
        return bool(last) and last[-1] == asked

    def _called(self, about: str) -> list[Calling]:
        posts: dict[str, Calling] = {}
        for fact in self._of(about):
            if fact.type in MOVES or fact.type in _ENDS_A_CALLING:
                posts.clear()
            elif fact.type in _DECIDES:
                posts.pop(_DECIDES[fact.type], None)
            elif fact.type.endswith("_escalated"):
                calling = Calling(str(fact.data.get("to")), str(fact.data.get("reason", "")), fact.time)
                before = posts.get(matter := str(fact.data.get("about", "")))
                if before is None or before.post != "leader" or calling.post == "leader":
                    posts[matter] = calling
        return list(posts.values())


def _urgency_text(urgency: str | None) -> str:
    return Urgency(urgency).chinese if urgency in list(Urgency) else urgency or ""
