"""A story (来龙去脉): the facts of one report and its case, and where they stand, in any order of arrival.

Nothing here depends on the order of arrival: each aggregate's facts are sorted by its own sequence, and the
state is put together from the three machines (``console/standing.py``). A missing fact leaves a gap, no wrong
answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.answers import AnswerGiven, answers_of
from console.marks import Marks
from console.once import once
from console.standing import Standing
from console.told import Told
from console.words import AnswerState, State

_PHOTO_KINDS = {
    "report_received": "report",
    "report_confirmed": "confirmation",
    "report_denied": "confirmation",
    "suspension_asked": "suspension",
    "feedback_submitted": "feedback",
    "handling_verified": "verification",
    "verification_failed": "verification",
}


@dataclass(frozen=True)
class Photo:
    """照片: one picture of the story and what it shows."""

    kind: str
    """``report``, ``confirmation``, ``feedback`` or ``verification``."""
    sha256: str
    round: int
    time: datetime


class Story:
    """All facts known of one report and the case it became."""

    def __init__(self, facts: Iterable[Told]) -> None:
        known = {fact.id: fact for fact in facts}
        self.flow: list[Told] = sorted(known.values(), key=lambda fact: fact.in_the_story)

    @once
    def report_number(self) -> str | None:
        """The report's number, as soon as any fact of it is known; facts of the case may name linked ones."""
        own = (f for f in self.flow if f.about in ("report", "call") or f.type == "case_filed")
        return next((f.data["report_number"] for f in own if f.data.get("report_number")), None)

    @once
    def case_number(self) -> str | None:
        """The case's number, once it is one."""
        cases = (fact for fact in self.flow if fact.about in ("case", "assignment", "appeal"))
        return next((fact.subject.partition("/")[2] for fact in cases), None)

    @once
    def linked_case(self) -> str | None:
        """The case that this report was linked to."""
        return next((f.data.get("case_number") for f in self.flow if f.type == "report_linked"), None)

    @once
    def merged_into(self) -> str | None:
        """并案: the case that this one went into."""
        return str(self.latest("into_case_number", "case_merged") or "") or None

    @once
    def standing(self) -> Standing:
        """Where it stands, by the three machines."""
        return Standing(self.flow)

    @once
    def marks(self) -> Marks:
        """What must be seen beside the state."""
        return Marks(self._in_their_subjects, self.state)

    @once
    def state(self) -> State:
        """Where it stands, in one word."""
        return self.standing.of_report() if self.case_number is None else self.standing.of_case()

    @once
    def answers(self) -> list[AnswerGiven]:
        """What the reporter was to be told, one after another."""
        return answers_of(self._in_their_subjects)

    @property
    def answer(self) -> AnswerState | None:
        """Whether the reporter has been told the newest answer."""
        return self.answers[-1].state if self.answers else None

    @once
    def photos(self) -> list[Photo]:
        """Every picture once, in the order of the story."""
        seen: dict[tuple[str, str], Photo] = {}
        for fact in self.flow:
            kind = _PHOTO_KINDS.get(fact.type)
            for sha256 in fact.data.get("photos") or () if kind else ():
                seen.setdefault((kind or "", sha256), Photo(kind or "", sha256, fact.round, fact.time))
        return list(seen.values())

    def latest(self, field: str, *types: str) -> Any:
        """The newest value of a field in facts of these types; the types named first win."""
        for name in types:
            for fact in reversed(self._by_type.get(name, ())):
                if fact.data.get(field) is not None:
                    return fact.data[field]
        return None

    def described(self, field: str) -> Any:
        """A field of the problem: as filed, else as accepted, received or phoned in."""
        return self.latest(field, "case_filed", "report_accepted", "report_received", "problem_phoned_in")

    @once
    def _in_their_subjects(self) -> list[Told]:
        return sorted(self.flow, key=lambda fact: fact.in_its_subject)

    @once
    def _by_type(self) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {}
        for fact in self._in_their_subjects:
            found.setdefault(fact.type, []).append(fact)
        return found
