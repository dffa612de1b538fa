"""The answers of a report (答复): what its reporter was to be told, and whether they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.told import Told
from console.words import AnswerState

_DUE = ("answer_due", "call_back_due")
_ENDS = {
    "answer_delivered": AnswerState.DELIVERED,
    "answer_undeliverable": AnswerState.UNDELIVERABLE,
    "caller_informed": AnswerState.DELIVERED,
    "caller_unreachable": AnswerState.UNDELIVERABLE,
}


@dataclass
class AnswerGiven:
    """答复: one answer. A case that is reopened has several, and each is told."""

    kind: str
    text: str | None
    state: AnswerState
    since: datetime


def answers_of(facts: Sequence[Told]) -> list[AnswerGiven]:
    """The answers in their order; ``facts`` sorted each within its aggregate."""
    given: list[AnswerGiven] = []
    for fact in (fact for fact in facts if fact.about == "report"):
        if fact.type in _DUE:
            given.append(_answer(fact, AnswerState.DUE))
        elif fact.type in _ENDS:
            last = given[-1] if given else None
            _end(last if last and last.kind == fact.data.get("kind") else None, fact, given)
    # Hotline's word is a little earlier than intake's, and ends the answer it was told for, no later one.
    for fact in (fact for fact in facts if fact.about == "call" and fact.type in _ENDS):
        same = [one for one in given if one.kind == fact.data.get("kind")]
        fitting = [one for one in same if one.since <= fact.time]
        if fitting or not same:
            _end(fitting[-1] if fitting else None, fact, given)
    return given


def _end(answer: AnswerGiven | None, fact: Told, given: list[AnswerGiven]) -> None:
    if answer is None:
        given.append(_answer(fact, _ENDS[fact.type]))
    elif answer.state is not AnswerState.DELIVERED:  # what was delivered stays delivered
        answer.state = _ENDS[fact.type]


def _answer(fact: Told, state: AnswerState) -> AnswerGiven:
    return AnswerGiven(str(fact.data.get("kind", "")), fact.data.get("text"), state, fact.time)
