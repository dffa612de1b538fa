"""What an outage gives back of an acceptance (受理) and of a confirmation, minute by minute."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from intake_builders import a_report, a_task, an_outage, minute

from case_contracts.codes import Source
from services.intake.domain import outage as rules
from services.intake.domain.outage import Credit
from services.intake.domain.report import ReportState

MINUTE = timedelta(minutes=1)


stretches = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=6)


@given(stretches, st.integers(1, 20), st.integers(1, 40), st.randoms(use_true_random=False))
def test_no_moment_of_an_acceptance_is_given_back_twice_in_whatever_order(
    outages: list[tuple[int, int]], rests: int, rest: int, chance: Any
) -> None:
    """The slow oracle counts every single minute that ran in any outage, once."""
    report = a_report(source=Source.HOTLINE)
    task = a_task(asked_at=minute(rests), due_at=minute(rests + 30))
    report.ask_confirmation(task, at=minute(rests))
    entered = [an_outage(begins, begins + lasts) for begins, lasts in outages]
    chance.shuffle(entered)
    # What is entered while the collector is on the way is over by then.
    early = [fact for fact in entered if fact.outage_until <= minute(rests + rest) and chance.random() < 0.7]
    for fact in early:
        rules.credit_report(report, Credit(logged=fact, at=minute(200)))
        rules.credit_task(task, Credit(logged=fact, at=minute(200)))
    assert task.due_at == report.due_at

    report.confirm(task, at=minute(rests + rest))
    for fact in entered:
        rules.credit_report(report, Credit(logged=fact, at=minute(200)))

    out = {m for begins, lasts in outages for m in range(begins, begins + lasts)}
    ran = out - set(range(rests, rests + rest))
    assert report.due_at == minute(15 + rest + len(ran))
    assert report.limit_given == (15 + len(ran)) * MINUTE
    assert report.state is ReportState.RECEIVED
