"""What was told (事实): one fact as the read model keeps it, and which story it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts.wire import Envelope
from console.once import once
from console.sentences import place_in_journey


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

    @once
    def about(self) -> str:
        """What sort of aggregate decided it: ``report``, ``case``, ``assignment``, ``call`` or ``appeal``."""
        return self.subject.partition("/")[0]

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
    """Another story, which this one shares its end with: the case of a duplicate, or of a merging."""


_OTHER_STORY = {"report_linked": "case_number", "case_merged": "into_case_number"}
_OF_CASES = ("case", "assignment", "appeal")


def belonging(envelope: Envelope) -> Belonging | None:
    """The report and case that a fact speaks of; None when it is about something else."""
    kind, _, number = envelope.subject.partition("/")
    named = envelope.data.get("report_number")
    report_number = named if isinstance(named, str) and named else None
    other = envelope.data.get(_OTHER_STORY.get(envelope.type, ""))
    linked = other if isinstance(other, str) else None
    if kind == "report" and number:
        return Belonging(number, None, linked)
    if kind == "call" and report_number:
        return Belonging(report_number, None)
    if kind in _OF_CASES and number:
        return Belonging(report_number if envelope.type == "case_filed" else None, number, linked)
    return None
