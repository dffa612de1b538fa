"""A story (来龙去脉): the facts of one report and its case, and where they stand, in any order of arrival.

Nothing here depends on the order of arrival: each aggregate's facts are sorted by its own sequence, and the
state is put together from the three machines (docs/journey.md). A missing fact leaves a gap, no wrong answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from case_contracts.wire import Envelope
from console.sentences import place_in_journey
from console.words import AnswerState, State


@dataclass(frozen=True, kw_only=True)
class Told:
    """One fact of a story, as it is stored."""

    id: str
    source: str
    type: str
    subject: str
    sequence: int
    time: datetime
    data: dict[str, Any]

    @property
    def in_its_subject(self) -> tuple[int, datetime, str]:
        """Sorts the facts of one aggregate."""
        return (self.sequence, self.time, self.id)

    @property
    def in_the_story(self) -> tuple[datetime, int, str, int, str]:
        """Sorts all facts of a story; those of one moment in the order of the journey."""
        return (self.time, place_in_journey(self.type), self.subject, self.sequence, self.id)

    @property
    def round(self) -> int:
        """The round of work that it speaks of."""
        given = self.data.get("round", 1)
        return given if isinstance(given, int) else 1


@dataclass(frozen=True)
class Belonging:
    """Which story a fact belongs to."""

    report_number: str | None
    case_number: str | None
    linked_case: str | None = None
    """The case that a duplicate was linked to: another story."""


def belonging(envelope: Envelope) -> Belonging | None:
    """The report and case that a fact speaks of; None when it is about something else."""
    kind, _, number = envelope.subject.partition("/")
    named = envelope.data.get("report_number")
    report_number = named if isinstance(named, str) and named else None
    if kind == "report" and number:
        linked = envelope.data.get("case_number") if envelope.type == "report_linked" else None
        return Belonging(number, None, linked if isinstance(linked, str) else None)
    if kind == "call" and report_number:
        return Belonging(report_number, None)
    if kind in ("case", "assignment") and number:
        return Belonging(report_number if envelope.type == "case_filed" else None, number)
    return None


_REPORT_STATES = {
    "report_received": State.RECEIVED,
    "report_accepted": State.AWAITING_FILING,
    "report_returned": State.RECEIVED,
    "report_not_accepted": State.NOT_ACCEPTED,
    "report_linked": State.LINKED,
    "confirmation_asked": State.CONFIRMING,
    "report_confirmed": State.RECEIVED,
    "report_denied": State.RECEIVED,
    "filing_declined": State.NOT_FILED,
}
_IN_COMMAND = ("case_filed", "verification_failed")
_CASE_STATES = {
    "verification_asked": State.VERIFYING,
    "handling_verified": State.AWAITING_CLOSING,
    "case_closed": State.CLOSED,
    "case_voided": State.VOIDED,
}
_ENDS = (State.CLOSED, State.VOIDED)
_ASSIGNMENT_STATES = {
    "case_dispatched": State.AWAITING_SIGNATURE,
    "handling_started": State.HANDLING,
    "case_sent_back": State.RETURN_UNDER_REVIEW,
    "return_accepted": State.AWAITING_DISPATCH,
    "feedback_submitted": State.AWAITING_VERIFICATION,
    "rework_ordered": State.HANDLING,
}
_OF_ASSIGNMENT = (*_ASSIGNMENT_STATES, "return_refused")
_ANSWER_STATES = {
    "answer_due": AnswerState.DUE,
    "call_back_due": AnswerState.DUE,
    "answer_delivered": AnswerState.DELIVERED,
    "answer_undeliverable": AnswerState.UNDELIVERABLE,
    "caller_informed": AnswerState.DELIVERED,
    "caller_unreachable": AnswerState.UNDELIVERABLE,
}
_PHOTO_KINDS = {
    "report_received": "report",
    "report_confirmed": "confirmation",
    "report_denied": "confirmation",
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
        once = {fact.id: fact for fact in facts}
        self.flow: list[Told] = sorted(once.values(), key=lambda fact: fact.in_the_story)

    @cached_property
    def report_number(self) -> str | None:
        """The report's number, as soon as any fact of it is known."""
        return next((f.data["report_number"] for f in self.flow if f.data.get("report_number")), None)

    @cached_property
    def case_number(self) -> str | None:
        """The case's number, once it is one."""
        cases = (f.subject.partition("/") for f in self.flow)
        return next((number for kind, _, number in cases if kind in ("case", "assignment")), None)

    @cached_property
    def linked_case(self) -> str | None:
        """The case that this report was linked to."""
        return next((f.data.get("case_number") for f in self.flow if f.type == "report_linked"), None)

    @cached_property
    def state(self) -> State:
        """Where it stands."""
        if self.case_number is None:
            return self._report_state()
        return self._case_state()

    @cached_property
    def round(self) -> int:
        """The round of work it is in."""
        return max((fact.round for fact in self._of("case", "assignment")), default=1)

    @cached_property
    def responsible_unit(self) -> str | None:
        """Who has to act, or acted; nobody while a new dispatch is awaited."""
        last = self._last_of_assignment()
        return None if last is None or last.type == "return_accepted" else last.data.get("responsible_unit")

    @cached_property
    def due_at(self) -> str | None:
        """处置时限: until when the unit has to be done; None when nobody has the task."""
        if self.responsible_unit is None:
            return None
        dues = (fact.data.get("due_at") for fact in reversed(self._assignment))
        return next((due for due in dues if due), None)

    @cached_property
    def answer(self) -> AnswerState | None:
        """Whether the reporter has been told; what was delivered stays delivered."""
        told = [_ANSWER_STATES[fact.type] for fact in self.flow if fact.type in _ANSWER_STATES]
        for state in (AnswerState.DELIVERED, AnswerState.UNDELIVERABLE, AnswerState.DUE):
            if state in told:
                return state
        return None

    @cached_property
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

    def _of(self, *kinds: str) -> Iterator[Told]:
        return (fact for fact in self.flow if fact.subject.partition("/")[0] in kinds)

    @cached_property
    def _by_type(self) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {}
        for fact in sorted(self.flow, key=lambda fact: fact.in_its_subject):
            found.setdefault(fact.type, []).append(fact)
        return found

    @cached_property
    def _assignment(self) -> list[Told]:
        known = (fact for fact in self._of("assignment") if fact.type in _OF_ASSIGNMENT)
        return sorted(known, key=lambda fact: fact.in_its_subject)

    def _last_of_assignment(self, round: int | None = None) -> Told | None:
        facts = [f for f in self._assignment if round is None or f.round == round]
        return facts[-1] if facts else None

    def _report_state(self) -> State:
        told = sorted(self._of("report"), key=lambda fact: fact.in_its_subject)
        states = [_REPORT_STATES[fact.type] for fact in told if fact.type in _REPORT_STATES]
        return states[-1] if states else State.RECEIVED

    def _case_state(self) -> State:
        told = sorted(self._of("case"), key=lambda fact: fact.in_its_subject)
        known = [fact for fact in told if fact.type in _CASE_STATES or fact.type in _IN_COMMAND]
        for fact in known:
            if _CASE_STATES.get(fact.type) in _ENDS:
                return _CASE_STATES[fact.type]
        last = known[-1] if known else None
        if last is not None and last.type in _CASE_STATES and last.round == self.round:
            return _CASE_STATES[last.type]
        return self._commanded_state()

    def _commanded_state(self) -> State:
        last = self._last_of_assignment(self.round)
        if last is None:
            return State.AWAITING_DISPATCH if self.round == 1 else State.REWORK
        state = _ASSIGNMENT_STATES.get(last.type) or self._state_before_return(last)
        return State.REWORK if state is State.HANDLING and self.round > 1 else state

    def _state_before_return(self, refused: Told) -> State:
        number = refused.data.get("dispatch_number")
        signed = any(
            fact.type in ("handling_started", "rework_ordered")
            and fact.data.get("dispatch_number") == number
            and fact.in_its_subject < refused.in_its_subject
            for fact in self._assignment
        )
        return State.HANDLING if signed else State.AWAITING_SIGNATURE
