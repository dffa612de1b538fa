"""The figures against a second, plain reading of their definitions, over lives that chance made up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from assessment_kit import JUNE, Life, deliver, envelopes, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_contracts.dispatch import (
    CaseDispatched,
    CaseSentBack,
    FeedbackSubmitted,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.intake import CaseClosed, CaseFiled, CaseVoided
from chassis.transactions import Database

pytestmark = pytest.mark.infra

HOUR = timedelta(hours=1)
BEGIN, AS_OF = JUNE + 100 * HOUR, JUNE + 300 * HOUR


@pytest.fixture(scope="module")
def ledger(postgres_url: str) -> Iterator[Database]:
    import psycopg2

    connection = psycopg2.connect(f"{postgres_url}/postgres")
    connection.autocommit = True
    name = f"t_assessment_model_{id(connection)}"
    connection.cursor().execute(f"create database {name}")
    kept = opened(f"{postgres_url}/{name}")
    yield kept
    kept.close()
    connection.cursor().execute(f"drop database {name} with (force)")
    connection.close()


@st.composite
def lives(draw: st.DrawFn, serial: int) -> Life:
    """A case that goes through its moves at any pace, and may stop anywhere."""
    life = Life(serial)
    hours = iter(draw(st.lists(st.integers(0, 90), min_size=16, max_size=16)))
    clock = JUNE

    def later() -> datetime:
        nonlocal clock
        clock += next(hours) * HOUR
        return clock

    def given_to_a_unit() -> Life:
        return life.dispatched(later(), draw(st.sampled_from(["u01", "u02"])), days=draw(st.integers(1, 6)))

    life.received(clock).filed(later())
    moves = draw(st.lists(st.sampled_from(["refused", "accepted", "rework", "pending"]), max_size=3))
    given_to_a_unit()
    for move in moves:
        if move == "rework":
            life.fed_back(later()).failed(later())
            life.rework(clock, days=draw(st.integers(1, 6)))
            continue
        life.sent_back(later())
        if move == "pending":
            return life
        if move == "refused":
            life.return_refused(later(), later=draw(st.integers(0, 40)) * HOUR)
        else:
            life.return_accepted(later())
            given_to_a_unit()
    match draw(st.sampled_from(["open", "fed_back", "closed", "voided"])):
        case "fed_back":
            life.fed_back(later())
        case "closed":
            life.fed_back(later())
            life.closed(later())
        case "voided":
            life.voided(later())
    return life


def counted_plainly(life: Life) -> dict[str, int]:
    """The definitions of docs/domain.md, told for one case, fact after fact."""
    known = [(at, fact) for at, fact in life.told if at < AS_OF]
    work: list[tuple[datetime, object]] = []
    dispatched_at, unit = None, None
    for at, fact in known:
        if isinstance(fact, CaseDispatched):
            work, dispatched_at, unit = [], at, fact.responsible_unit
        work.append((at, fact))
    facts = [fact for _, fact in work]
    returned = any(isinstance(fact, ReturnAccepted) for fact in facts)
    feedback = [fact for fact in facts if isinstance(fact, FeedbackSubmitted)]
    reviews = [fact for fact in facts if isinstance(fact, CaseSentBack | ReturnRefused)]
    deadlines = [
        fact.due_at for fact in facts if isinstance(fact, CaseDispatched | ReturnRefused | ReworkOrdered)
    ]
    working = [fact for fact in facts if isinstance(fact, CaseDispatched | ReworkOrdered | FeedbackSubmitted)]
    voided = any(isinstance(fact, CaseVoided) for _, fact in known)
    closed = any(isinstance(fact, CaseClosed) for _, fact in known)
    filed = any(isinstance(fact, CaseFiled) and at >= BEGIN for at, fact in known)
    under_review = bool(reviews) and isinstance(reviews[-1], CaseSentBack)
    past_due = bool(deadlines) and deadlines[-1] < AS_OF and not under_review and not returned
    to_handle = dispatched_at is not None and dispatched_at >= BEGIN and not returned and not voided
    handled = bool(working) and isinstance(working[-1], FeedbackSubmitted)
    late = any(not fact.in_time for fact in feedback)
    to_close = filed and not voided and (closed or past_due)
    return {
        "unit": 0 if returned or unit is None else int(unit[1:]),
        "to_handle": to_handle,
        "handled": to_handle and handled,
        "handled_in_time": to_handle and handled and not late,
        "handled_late": to_handle and handled and late,
        "overdue_open": to_handle and not handled and past_due,
        "fed_back": to_handle and bool(feedback),
        "fed_back_reworked": to_handle
        and bool(feedback)
        and any(isinstance(f, ReworkOrdered) for f in facts),
        "to_close": to_close,
        "to_close_closed": to_close and closed,
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(*(lives(serial) for serial in range(1, 7))), st.randoms(use_true_random=False))
def test_the_ledgers_figures_are_what_their_definitions_say(ledger, told, chance):
    arriving = envelopes(*told)
    arriving += arriving[::4]
    chance.shuffle(arriving)
    with ledger.transaction() as tx:
        tx.execute("truncate ledger, fact_fields, inbox")
    deliver(ledger, arriving)

    with ledger.transaction() as tx:
        figures, _ = tx.bound.figures(BEGIN, AS_OF)
        of_units = tx.bound.figures_by_unit(BEGIN, AS_OF)

    plain = [counted_plainly(life) for life in told]
    for name in plain[0].keys() - {"unit"}:
        assert figures.counts[name] == sum(bool(one[name]) for one in plain), name
        for unit in (1, 2):
            expected = sum(bool(one[name]) for one in plain if one["unit"] == unit)
            given_ = of_units[f"u0{unit}"].counts[name] if f"u0{unit}" in of_units else 0
            assert given_ == expected, (name, unit)
    assert all(rate is None or 0 <= rate <= 1 for rate in figures.rates.values())
