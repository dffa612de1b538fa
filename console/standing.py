"""Where a story stands (状态): put together from the three machines, each read in its own sequence.

Only what the owners announced counts, never the order of arrival and no clock: a paused clock has no due
time, and a round that nobody has the task of yet has none either (docs/journey.md).
"""

from collections.abc import Iterable, Sequence

from console.once import once
from console.told import Told
from console.words import State

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
    "problem_self_handled": State.SELF_HANDLED,
}
_ROUND_BEGINS = {
    "case_filed": State.HANDLING,
    "verification_failed": State.REWORK,
    "case_reopened": State.REOPENED,
}
"""What begins a round, and what the unit's work in that round is called."""
_CASE_STATES = {
    "verification_asked": State.VERIFYING,
    "handling_verified": State.AWAITING_CLOSING,
    "case_closed": State.CLOSED,
    "case_force_closed": State.FORCE_CLOSED,
    "case_voided": State.VOIDED,
    "case_merged": State.MERGED,
}
_ASSIGNMENT_STATES = {
    "case_dispatched": State.AWAITING_SIGNATURE,
    "handling_started": State.HANDLING,
    "case_sent_back": State.RETURN_UNDER_REVIEW,
    "return_accepted": State.AWAITING_DISPATCH,
    "coordination_called": State.COORDINATION,
    "responsibility_decided": State.AWAITING_DISPATCH,
    "case_returned_to_intake": State.UNDER_REVIEW,
    "case_suspended": State.SUSPENDED,
    "case_resumed": State.HANDLING,
    "feedback_submitted": State.AWAITING_VERIFICATION,
    "rework_ordered": State.HANDLING,
}
MOVES = frozenset({*_REPORT_STATES, *_ROUND_BEGINS, *_CASE_STATES, *_ASSIGNMENT_STATES, "return_refused"})
"""Facts after which somebody else has to act, or nobody."""

_NOBODYS = ("return_accepted", "coordination_called", "responsibility_decided", "case_returned_to_intake")
_CLOCK_STOOD = ("case_sent_back", "case_suspended")
_SETS_DUE = frozenset(
    {
        "case_dispatched",
        "return_refused",
        "rework_ordered",
        "extension_granted",
        "case_resumed",
        "outage_credited",
        "feedback_submitted",
    }
)


class Standing:
    """Where one report, and the case it became, stand by the facts that are known."""

    def __init__(self, facts: Iterable[Told]) -> None:
        known = sorted(facts, key=lambda fact: fact.in_its_subject)
        self._report = [fact for fact in known if fact.about == "report"]
        self._case = [fact for fact in known if fact.about == "case"]
        self._assignment = [fact for fact in known if fact.about == "assignment"]
        self._moves = [
            f for f in self._assignment if f.type in _ASSIGNMENT_STATES or f.type == "return_refused"
        ]

    def of_report(self) -> State:
        """The state of a report that is no case."""
        states = [_report_state(fact) for fact in self._report if fact.type in MOVES or _judged(fact)]
        return states[-1] if states else State.RECEIVED

    def of_case(self) -> State:
        """The state of a case: what intake said last in this round, else what dispatch did."""
        known = [f for f in self._case if f.type in _CASE_STATES or f.type in _ROUND_BEGINS]
        last = known[-1] if known else None
        if last is not None and last.type in _CASE_STATES and last.round >= self.round:
            return _CASE_STATES[last.type]
        return self._commanded()

    @once
    def round(self) -> int:
        """The round of work that the case is in."""
        return max((fact.round for fact in (*self._case, *self._assignment)), default=1)

    @once
    def responsible_unit(self) -> str | None:
        """Who has to act, or acted; nobody while a dispatch is awaited."""
        last = self._moves[-1] if self._moves else None
        return None if last is None or last.type in _NOBODYS else last.data.get("responsible_unit")

    @once
    def due_at(self) -> str | None:
        """处置时限: until when the unit has to be done; None when nobody has the task or its clock stands."""
        last = self._moves[-1] if self._moves else None
        if last is None or self.responsible_unit is None or last.type in _CLOCK_STOOD:
            return None
        dues = (f.data.get("due_at") for f in reversed(self._assignment) if self._sets_due(f))
        return next((due for due in dues if due), None)

    @once
    def suspended_until(self) -> str | None:
        """挂账: until when the clock stands still."""
        last = self._moves[-1] if self._moves else None
        return last.data.get("until_at") if last is not None and last.type == "case_suspended" else None

    def _sets_due(self, fact: Told) -> bool:
        return fact.type in _SETS_DUE and fact.round == self.round

    def _commanded(self) -> State:
        moves = [fact for fact in self._moves if fact.round == self.round]
        if not moves:
            return State.AWAITING_DISPATCH if self._work is State.HANDLING else self._work
        last = moves[-1]
        state = _ASSIGNMENT_STATES.get(last.type) or self._before_return(last, moves)
        return self._work if state is State.HANDLING else state

    @once
    def _work(self) -> State:
        """What the unit's work is called: 处置, 返工 or 重新处置, by what began the round."""
        begun = [
            _ROUND_BEGINS[f.type] for f in self._case if f.type in _ROUND_BEGINS and f.round == self.round
        ]
        if begun:
            return begun[-1]
        return State.HANDLING if self.round == 1 else State.REWORK

    def _before_return(self, refused: Told, moves: Sequence[Told]) -> State:
        number = refused.data.get("dispatch_number")
        signed = any(
            fact.type in ("handling_started", "rework_ordered", "case_resumed")
            and fact.data.get("dispatch_number") == number
            and fact.in_its_subject < refused.in_its_subject
            for fact in self._assignment
        )
        return State.HANDLING if signed else State.AWAITING_SIGNATURE


def _judged(fact: Told) -> bool:
    return fact.type == "self_handling_judged"


def _report_state(fact: Told) -> State:
    if _judged(fact):
        # What does not count as self-handled goes on as any other report.
        return State.SELF_HANDLED_VALID if fact.data.get("valid") else State.RECEIVED
    if fact.type == "report_received" and fact.data.get("self_handled"):
        return State.SELF_HANDLED
    return _REPORT_STATES[fact.type]
