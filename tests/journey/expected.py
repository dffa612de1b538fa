"""What a day must have come to, by the example's own log alone."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from case_contracts.codes import Source
from examples.city.bends import ASKS_FOR_REST, DISSATISFIED, Bend
from examples.city.duty import Place
from examples.city.log import Log, Story

IS_CASE = frozenset({"closed", "voided", "force_closed", "merged"})
"""Outcomes of a report that became a case of its own."""


def report_state(story: Story) -> str:
    """How its report ended."""
    if story.outcome in IS_CASE:
        return "filed"
    return "self_handling_valid" if story.outcome == "self_handled" else story.outcome


def rounds(story: Story) -> int:
    """How often its unit had to begin."""
    return 2 if story.plan.bend in (Bend.REWORK, Bend.FILED_ANEW, Bend.REOPENED) else 1


def answers(story: Story, log: Log) -> list[tuple[str, str]]:
    """Kind and end of each answer that its reporter was due."""
    if story.outcome in ("linked", "merged"):
        original = log.original_of(story)
        kinds = [original.outcome if original else "?"]
    else:
        kinds = [story.outcome]
    kinds += {
        Bend.REOPENED: ["reopened", "closed"],
        Bend.REOPENING_DECLINED: ["reopening_declined"],
    }.get(story.plan.bend, [])
    end = "unreachable" if story.answer == "unreachable" else "delivered"
    return [(kind, end) for kind in kinds]


def facts(story: Story) -> dict[str, int]:
    """How many facts of each kind the ledger must hold of its case."""
    closed, bend = story.outcome == "closed", story.plan.bend
    returns = {Bend.SENT_BACK_SAME: 1, Bend.SENT_BACK_OTHER: 1, Bend.COORDINATED: 2}.get(bend, 0)
    again = bend in (Bend.REWORK, Bend.REOPENED)
    extensions = {Bend.EXTENDED: 1, Bend.EXTENDED_TWICE: 2}.get(bend, 0)
    told = 0 if story.answer == "unreachable" else story.plan.answers
    return {
        "report_received": 1,
        "answer_delivered": told,
        "answer_undeliverable": 1 if story.answer == "unreachable" else 0,
        "feedback_submitted": (2 if again else 1) if closed else 0,
        "handling_verified": (2 if bend is Bend.REOPENED else 1) if closed else 0,
        "case_closed": (2 if bend is Bend.REOPENED else 1) if closed else 0,
        "case_dispatched": 1 + returns,
        "return_accepted": returns,
        "case_sent_back": 1 if bend is Bend.RETURN_REFUSED else returns,
        "case_filed": 2 if bend is Bend.FILED_ANEW else 1,
        "rework_ordered": 1 if again else 0,
        "task_withdrawn": 0 if closed else 1,
        "caller_dissatisfied": 1 if _complained(story) and story.plan.source is Source.HOTLINE else 0,
        "reopening_asked": 1 if _complained(story) else 0,
        "extension_asked": extensions + (bend is Bend.EXTENSION_REFUSED),
        "extension_granted": extensions,
        "suspension_asked": 1 if bend in ASKS_FOR_REST else 0,
        **{fact: 1 if bend is its_bend else 0 for fact, its_bend in _ONE_OF_THE_BEND.items()},
    }


_ONE_OF_THE_BEND = {
    "case_returned_to_intake": Bend.FILED_ANEW,
    "return_refused": Bend.RETURN_REFUSED,
    "extension_refused": Bend.EXTENSION_REFUSED,
    "suspension_refused": Bend.SUSPENSION_REFUSED,
    "unit_urged": Bend.URGED,
    "case_suspended": Bend.SUSPENDED,
    "case_resumed": Bend.SUSPENDED,
    "supervision_ordered": Bend.SUPERVISED,
    "supervision_replied": Bend.SUPERVISED,
    "verification_failed": Bend.REWORK,
    "case_voided": Bend.VOIDED,
    "case_force_closed": Bend.FORCE_CLOSED,
    "case_merged": Bend.MERGED,
    "case_reopened": Bend.REOPENED,
    "reopening_declined": Bend.REOPENING_DECLINED,
    "problem_self_handled": Bend.SELF_HANDLING_INVALID,
    "self_handling_judged": Bend.SELF_HANDLING_INVALID,
    "coordination_called": Bend.COORDINATED,
    "responsibility_decided": Bend.COORDINATED,
    "report_urgency_raised": Bend.URGENT,
    "urgency_raised": Bend.RAISED,
    "urgency_changed": Bend.RAISED,
}
"""Facts that a case of this bend has once, and no other case."""


def times_given(story: Story) -> int:
    """How many due times its unit was told: the task's own, and a later one for each extension."""
    return 1 + {Bend.EXTENDED: 1, Bend.EXTENDED_TWICE: 2}.get(story.plan.bend, 0)


def visitors(story: Story, standing: Mapping[str, Place], reporter: str) -> Iterator[str]:
    """Whom the centre must have sent, errand by errand: of those on duty the nearest who was not there yet.

    Where all of them were there already, the nearest. The reporter is never sent.
    """
    place = story.plan.lon, story.plan.lat
    there: set[str] = set()
    for _ in story.visitors:
        able = standing.keys() - {reporter}
        able = able - there or able
        chosen = min(able, key=lambda person: _metres(place, standing[person]))
        there.add(chosen)
        yield chosen


def _metres(one: Place, other: Place) -> float:
    """As the crow flies, on a plane: the county is small."""
    east = (other[0] - one[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, other[1] - one[1]) * 111_320


def figures(log: Log) -> dict[str, int]:
    """The assessment's counts of the day."""
    counts, stories = log.counts(), list(log.stories.values())
    bends = Counter(story.plan.bend for story in stories)
    extensions = bends[Bend.EXTENDED] + 2 * bends[Bend.EXTENDED_TWICE]
    due = [end for story in stories for _, end in answers(story, log)]
    rung = [story for story in stories if story.plan.source is Source.HOTLINE and story.plan.reachable]
    dissatisfied = sum(1 for story in rung if story.plan.complains_at_once)
    return {
        "reported": counts["reports"],
        "not_accepted": counts["not_accepted"],
        "not_filed": counts["not_filed"],
        "linked": counts["linked"],
        "self_handled": bends[Bend.SELF_HANDLED] + bends[Bend.SELF_HANDLING_INVALID],
        "self_handled_valid": bends[Bend.SELF_HANDLED],
        "self_handled_invalid": bends[Bend.SELF_HANDLING_INVALID],
        "filed": counts["cases"],
        "voided": counts["voided"],
        "force_closed": counts["force_closed"],
        "merged": counts["merged"],
        "returned_to_intake": bends[Bend.FILED_ANEW],
        "coordinated": bends[Bend.COORDINATED],
        "sent_back": counts["sent_back"],
        "shirked": bends[Bend.RETURN_REFUSED],
        "extensions_asked": extensions + bends[Bend.EXTENSION_REFUSED],
        "extensions": extensions,
        "extensions_refused": bends[Bend.EXTENSION_REFUSED],
        "suspensions": bends[Bend.SUSPENDED],
        "suspensions_refused": bends[Bend.SUSPENSION_REFUSED],
        "urged": bends[Bend.URGED],
        "supervised": bends[Bend.SUPERVISED],
        "rework_times": counts["rework"],
        "to_handle": counts["closed"],
        "handled": counts["closed"],
        "handled_in_time": counts["closed"],
        "closed": counts["closed"],
        "handling_again_asked": bends[Bend.REOPENED] + bends[Bend.REOPENING_DECLINED],
        "reopened": bends[Bend.REOPENED],
        "closed_reopened": bends[Bend.REOPENED],
        "reopenings_declined": bends[Bend.REOPENING_DECLINED],
        "answers_due": len(due),
        "answered": due.count("delivered"),
        "unreachable": due.count("unreachable"),
        "dissatisfied": dissatisfied,
        "satisfied": sum(story.plan.answers for story in rung) - dissatisfied,
    }


def _complained(story: Story) -> bool:
    return story.plan.bend in DISSATISFIED
