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
        elif fact.type in _ENDS and not _ended(given, fact):
            given.append(_answer(fact, _ENDS[fact.type]))
    # Hotline's word is a little earlier than intake's, and ends an answer that was due by then, no later one.
    for fact in (fact for fact in facts if fact.about == "call" and fact.type in _ENDS):
        told = [one for one in given if one.since <= fact.time]
        if not _ended(told, fact) and not any(one.kind == fact.data.get("kind") for one in given):
            given.append(_answer(fact, _ENDS[fact.type]))
    return given


def _ended(given: Sequence[AnswerGiven], fact: Told) -> bool:
    """Whether there was an answer of the fact's kind to be ended: the first that is still due."""
    due = (one for one in given if one.state is AnswerState.DUE and one.kind == fact.data.get("kind"))
    answer = next(due, None)
    if answer is not None:
        answer.state = _ENDS[fact.type]
    return answer is not None


def _answer(fact: Told, state: AnswerState) -> AnswerGiven:
    return AnswerGiven(str(fact.data.get("kind", "")), fact.data.get("text"), state, fact.time)
