"""The figures against a second, plain reading of their definitions, over lives that chance made up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from assessment_kit import JUNE, Life, deliver, envelopes, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_contracts.assessment import AppealGranted
from case_contracts.dispatch import (
    CaseDispatched,
    CaseResumed,
    CaseSentBack,
    CaseSuspended,
    ExtensionGranted,
    FeedbackSubmitted,
    OutageCredited,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.intake import (
    CaseClosed,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
)
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


MOVES = ["refused", "accepted", "rework", "pending", "extended", "credited", "suspended", "resumed"]


@st.composite
def lives(draw: st.DrawFn, serial: int) -> Life:
    """A case that goes through its moves at any pace, and may stop anywhere."""
    life = Life(serial)
    hours = iter(draw(st.lists(st.integers(0, 90), min_size=30, max_size=30)))
    clock = JUNE

    def later() -> datetime:
        nonlocal clock
        clock += next(hours) * HOUR
        return clock

    def given_to_a_unit() -> Life:
        return life.dispatched(later(), draw(st.sampled_from(["u01", "u02"])), days=draw(st.integers(1, 6)))

    life.received(clock).filed(later())
    moves = draw(st.lists(st.sampled_from(MOVES), max_size=4))
    given_to_a_unit()
    for move in moves:
        if move == "rework":
            life.fed_back(later()).failed(later())
            life.rework(clock, days=draw(st.integers(1, 6)))
            continue
        if move == "extended":
            life.extended(later(), days=draw(st.integers(1, 6)))
            continue
        if move == "credited":
            life.credited(later(), days=draw(st.integers(1, 3)))
            continue
        if move in ("suspended", "resumed"):
            life.suspended(later())
            if move == "suspended":
                return life
            life.resumed(later(), days=draw(st.integers(1, 6)))
            continue
        life.sent_back(later())
        if move == "pending":
            return life
        if move == "refused":
            life.return_refused(later(), later=draw(st.integers(0, 40)) * HOUR)
        else:
            life.return_accepted(later())
            given_to_a_unit()
    match draw(st.sampled_from(["open", "fed_back", "closed", "reopened", "voided", "merged", "forced"])):
        case "fed_back":
            life.fed_back(later())
        case "closed":
            life.fed_back(later())
            life.closed(later())
            if (granted := draw(st.sampled_from([None, False, True]))) is not None:
                life.appeal(later(), granted=granted)
        case "reopened":
            life.fed_back(later())
            life.closed(later())
            life.reopened(later(), days=draw(st.integers(1, 6)))
            if draw(st.booleans()):
                life.fed_back(later())
                life.closed(later())
        case "merged":
            life.merged(later(), Life(serial + 50))
        case "forced":
            life.force_closed(later())
        case "voided":
            life.voided(later())
    return life


SETS_DUE = (
    CaseDispatched,
    ReturnRefused,
    ReworkOrdered,
    ExtensionGranted,
    CaseResumed,
    OutageCredited,
)


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
    deadlines = [fact.due_at for fact in facts if isinstance(fact, SETS_DUE)]
    working = [fact for fact in facts if isinstance(fact, CaseDispatched | ReworkOrdered | FeedbackSubmitted)]
    clock = [fact for fact in facts if isinstance(fact, CaseSuspended | CaseResumed)]
    suspended = bool(clock) and isinstance(clock[-1], CaseSuspended)
    apart = any(isinstance(fact, CaseVoided | CaseMerged | CaseForceClosed) for _, fact in known)
    exempt = any(isinstance(fact, AppealGranted) and fact.responsible_unit == unit for _, fact in life.told)
    reopened = any(isinstance(fact, CaseReopened) for _, fact in known)
    reworked = any(isinstance(fact, ReworkOrdered) and not fact.reopened for fact in facts)
    first_closing = min((at for at, fact in known if isinstance(fact, CaseClosed)), default=None)
    closed_in_period = first_closing is not None and first_closing >= BEGIN
    closed = any(isinstance(fact, CaseClosed) for _, fact in known)
    filed = any(isinstance(fact, CaseFiled) and at >= BEGIN for at, fact in known)
    under_review = bool(reviews) and isinstance(reviews[-1], CaseSentBack)
    past_due = (
        bool(deadlines) and deadlines[-1] < AS_OF and not under_review and not returned and not suspended
    )
    to_handle = dispatched_at is not None and dispatched_at >= BEGIN and not returned and not apart
    handled = bool(working) and isinstance(working[-1], FeedbackSubmitted)
    was_late = any(not fact.in_time for fact in feedback)
    late = was_late and not exempt
    to_close = filed and not apart and (closed or past_due)
    return {
        "unit": 0 if returned or unit is None else int(unit[1:]),
        "to_handle": to_handle,
        "handled": to_handle and handled,
        "handled_in_time": to_handle and handled and not late,
        "handled_late": to_handle and handled and late,
        "overdue_open": to_handle and not handled and past_due,
        "fed_back": to_handle and bool(feedback),
        "fed_back_reworked": to_handle and bool(feedback) and reworked,
        "handled_exempt": to_handle and handled and was_late and exempt,
        "to_handle_suspended": to_handle and suspended,
        "to_handle_extended": to_handle and any(isinstance(fact, ExtensionGranted) for fact in facts),
        "to_close_in_time": to_close and closed and not late,
        "closed": closed_in_period,
        "closed_reopened": closed_in_period and reopened,
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
