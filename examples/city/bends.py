"""The bends of the example city: how a report may leave the straight way from the report to the answer."""

from enum import StrEnum


class Bend(StrEnum):
    """How a report leaves the straight way."""

    PLAIN = "plain"
    NOT_ACCEPTED = "not_accepted"
    NOT_FILED = "not_filed"
    RETURNED = "returned_for_completion"
    CONFIRMED = "confirmed"
    """Straight on for a citizen's report: confirmed by a collector first."""
    DENIED = "denied"
    DUPLICATE = "duplicate"
    SENT_BACK_SAME = "sent_back_same_unit"
    SENT_BACK_OTHER = "sent_back_other_unit"
    RETURN_REFUSED = "return_refused"
    REWORK = "rework"
    VOIDED = "voided"
    EXTENDED = "extended"
    EXTENDED_TWICE = "extended_twice"
    EXTENSION_REFUSED = "extension_refused"
    SUSPENDED = "suspended"
    SUSPENSION_REFUSED = "suspension_refused"
    URGED = "urged"
    """Reminded by hand (催办), once its unit has begun."""
    UNSIGNED = "unsigned"
    """Its unit lets it lie for days before it signs: the next higher posts are called."""
    SUPERVISED = "supervised"
    FILED_ANEW = "filed_anew"
    """The dispatcher returns it to intake, where it is filed again under its number."""
    FORCE_CLOSED = "force_closed"
    MERGED = "merged"
    """Filed as a case of its own, and merged into the original's while both are open."""
    REOPENED = "reopened"
    """Its reporter says that the problem is not gone, and the shift supervisor has it handled again."""
    REOPENING_DECLINED = "reopening_declined"
    SELF_HANDLED = "self_handled"
    """Mended by the collector on the spot, and judged valid: no case."""
    SELF_HANDLING_INVALID = "self_handling_invalid"
    """Judged invalid, and then filed like any other."""
    COORDINATED = "coordinated"
    """Two units send it back; then it is decided in writing whose it is."""
    URGENT = "urgent"
    """Made more urgent by the operator, before the filing."""
    RAISED = "raised"
    """Made more urgent by the shift supervisor, while the unit is at it."""


STRAIGHT = frozenset({Bend.PLAIN, Bend.CONFIRMED})
NO_CASE = frozenset({Bend.NOT_ACCEPTED, Bend.NOT_FILED, Bend.DENIED, Bend.DUPLICATE, Bend.SELF_HANDLED})
ENDED_EARLY = frozenset({Bend.VOIDED, Bend.FORCE_CLOSED, Bend.MERGED})
"""Ended by the shift supervisor while the unit is at it."""
DISSATISFIED = frozenset({Bend.REOPENED, Bend.REOPENING_DECLINED})
"""Its reporter is not content with the closing."""
SENT_BACK = frozenset({Bend.SENT_BACK_SAME, Bend.SENT_BACK_OTHER, Bend.RETURN_REFUSED, Bend.COORDINATED})
"""A unit says that it is not its own (回退)."""
MENDED_ON_THE_SPOT = frozenset({Bend.SELF_HANDLED, Bend.SELF_HANDLING_INVALID})
OF_ANOTHER = frozenset({Bend.DUPLICATE, Bend.MERGED})
"""Tells of the same problem as an earlier plan."""

ANYWHERE = (
    Bend.NOT_ACCEPTED,
    Bend.NOT_FILED,
    Bend.RETURNED,
    Bend.SENT_BACK_SAME,
    Bend.SENT_BACK_OTHER,
    Bend.RETURN_REFUSED,
    Bend.REWORK,
    Bend.VOIDED,
    Bend.EXTENDED,
    Bend.EXTENDED_TWICE,
    Bend.EXTENSION_REFUSED,
    Bend.SUSPENDED,
    Bend.SUSPENSION_REFUSED,
    Bend.URGED,
    Bend.SUPERVISED,
    Bend.FILED_ANEW,
    Bend.FORCE_CLOSED,
    Bend.COORDINATED,
    Bend.URGENT,
    Bend.RAISED,
)
"""Bends that do not ask who reports. That a task lies for days has no place in one day."""

ASKS_FOR_TIME = frozenset({Bend.EXTENDED, Bend.EXTENDED_TWICE, Bend.EXTENSION_REFUSED})
ASKS_FOR_REST = frozenset({Bend.SUSPENDED, Bend.SUSPENSION_REFUSED})
