"""Open matters of a story (待办事项): what somebody has to decide or answer beside where it stands.

They lie in a column of their own beside the row, since they are counted at every change.
"""

from case_contracts.codes import Source
from console.story import Story
from console.words import AnswerState, AppealState, State

HANDLING = (
    State.AWAITING_SIGNATURE,
    State.HANDLING,
    State.REWORK,
    State.REOPENED,
)
"""States in which the unit's clock runs."""


def matters(story: Story) -> list[str]:
    """The names of the matters that are open now."""
    marks = story.marks
    extension = marks.extension_pending
    second = extension and story.latest("count", "extension_asked") == 2
    found = {
        "extension_pending": extension and not second,
        "second_extension_pending": second,
        "suspension_pending": marks.suspension_pending,
        "reopening_asked": marks.reopening_asked,
        "supervision_open": bool(marks.supervisions_open),
        "escalated": marks.escalated_to == "shift_supervisor",
        "escalated_to_leader": marks.escalated_to == "leader",
        "appeal_made": marks.appeal is AppealState.MADE,
        "appeal_reviewed": marks.appeal is AppealState.REVIEWED,
        "call_back_due": story.answer is AnswerState.DUE and story.described("source") == Source.HOTLINE,
    }
    return sorted(name for name, there in found.items() if there)


def handling_due_at(story: Story) -> str | None:
    """Until when the unit must be done; None when its clock does not run."""
    return story.standing.due_at if story.state in HANDLING else None
