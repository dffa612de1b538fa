"""The ledger and its figures on a real database."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from assessment_kit import (
    AGENT,
    AUGUST,
    DAY,
    JULY,
    JUNE,
    Desk,
    Life,
    a_closed_life,
    deliver,
    envelopes,
    opened,
)
from openapi_spec_validator import validate

from case_contracts.codes import Satisfaction, Source
from chassis import openapi
from chassis.doors import doors_of
from chassis.migrating import migrate
from chassis.receiving import Outcome
from chassis.transactions import Database
from services.assessment.indicators import COUNTS, RATES
from services.assessment.ledger import columns
from services.assessment.service import app

pytestmark = pytest.mark.infra

MONDAY = JUNE + 14 * DAY
_AS_BEFORE = """
with told as (
    insert into ledger (message_id, source, type, subject, sequence, time, case_number, report_number,
                        responsible_unit, round, dispatch_number, due_at, in_time, origin, kind, satisfaction)
    values (:message_id, :source, :type, :subject, :sequence, :time, :case_number, :report_number,
            :responsible_unit, :round, :dispatch_number, :due_at, :in_time, :origin, :kind, :satisfaction)
    returning message_id
)
insert into fact_fields (message_id, data) select message_id, cast(:data as jsonb) from told
"""


def june(desk: Desk, **query: object) -> dict[str, int]:
    return desk.counts(from_=JUNE, to=JULY, **query)


def a_mixed_month() -> list[Life]:
    """One of everything, most of it in June."""
    first = a_closed_life(1, MONDAY)
    reworked = (
        Life(2, source=Source.COLLECTOR)
        .received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u02").fed_back(MONDAY + DAY)
        .failed(MONDAY + 2 * DAY, in_time=False).rework(MONDAY + 2 * DAY).fed_back(MONDAY + 3 * DAY)
        .verified(MONDAY + 4 * DAY).closed(MONDAY + 4 * DAY).answer_due(MONDAY + 4 * DAY)
        .answered(MONDAY + 5 * DAY)
    )  # fmt: skip
    late = (
        Life(3).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01", days=1)
        .fed_back(MONDAY + 2 * DAY)
    )  # fmt: skip
    overdue = Life(4).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01", days=1)
    redispatched = (
        Life(5).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01")
        .sent_back(MONDAY + DAY).return_accepted(MONDAY + DAY).dispatched(MONDAY + 2 * DAY, "u03")
    )  # fmt: skip
    shirked = (
        Life(6).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u03")
        .sent_back(MONDAY + DAY).return_refused(MONDAY + DAY)
    )  # fmt: skip
    voided = (
        Life(7).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01").voided(MONDAY + DAY)
        .answer_due(MONDAY + DAY).undeliverable(MONDAY + 2 * DAY)
    )  # fmt: skip
    refused = Life(8).received(MONDAY).not_accepted(MONDAY).answer_due(MONDAY)
    declined = Life(9).received(MONDAY).confirmed(MONDAY, in_time=False).accepted(MONDAY).not_filed(MONDAY)
    linked = Life(10).received(MONDAY).confirmed(MONDAY, true=False).linked(MONDAY, first)
    return [first, reworked, late, overdue, redispatched, shirked, voided, refused, declined, linked]


def test_a_month_is_counted_as_its_definitions_say(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    assert june(desk) == {
        "reported": 10, "reported_filed": 7, "accepted": 8, "not_accepted": 1, "linked": 1, "confirmed": 1,
        "denied": 1, "confirmations_in_time": 1, "filed": 7, "rightly_filed": 6, "not_filed": 1,
        "collector_reported": 1, "collector_filed": 1, "wrong_dispatches": 1, "to_close_in_time": 2,
        "voided": 1,
        "dispatched": 8, "rightly_dispatched": 7, "to_handle": 6, "handled": 3, "handled_in_time": 2,
        "handled_late": 1, "overdue_open": 3, "fed_back": 3, "fed_back_reworked": 1, "rework_times": 1,
        "rework_cases": 1, "sent_back": 2, "shirked": 1, "verified": 2, "verification_failed": 1,
        "verifications_in_time": 2, "to_close": 6, "to_close_closed": 2, "closed": 2, "answers_due": 4,
        "answered": 2, "unreachable": 1,
    }  # fmt: skip


def test_rates_are_parts_of_their_wholes(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    rates = desk.rates(from_=JUNE, to=JULY)

    assert rates == {
        "filing_rate": 0.7, "collector_validity": 1, "self_handling_validity": None,
        "filing_accuracy": 0.857143, "extension_rate": 0, "supervision_punctuality": None,
        "closing_punctuality": 0.333333, "reopening_rate": 0,
        "truth_rate": 0.5, "confirmation_punctuality": 0.5, "dispatch_accuracy": 0.875,
        "handling_rate": 0.5, "handling_punctuality": 0.333333, "rework_rate": 0.333333,
        "verification_punctuality": 0.666667, "closing_rate": 0.333333, "answer_rate": 0.5,
        "satisfaction": None,
    }  # fmt: skip


def test_an_empty_ledger_has_no_rates_rather_than_nought_or_all(desk):
    assert set(desk.rates().values()) == {None}
    assert desk.counts() == {}


def test_reports_are_counted_by_their_source(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    _, document = desk.get("figures", from_=JUNE, to=JULY)

    assert document["reported_by_source"] == {"hotline": 9, "collector": 1}


def test_the_units_figures_add_up_to_the_citys(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    _, document = desk.get("units", from_=JUNE, to=JULY)

    city = desk.get("figures", from_=JUNE, to=JULY)[1]["counts"]
    assert [unit["responsible_unit"] for unit in document["units"]] == ["u01", "u02", "u03"]
    for count in COUNTS:
        if count.of_units:
            assert sum(unit["counts"][count.name] for unit in document["units"]) == city[count.name], (
                count.name
            )


def test_a_case_counts_for_the_unit_that_has_it_last(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    assert june(desk, responsible_unit="u03") == {
        "dispatched": 2, "rightly_dispatched": 2, "to_handle": 2, "overdue_open": 2, "shirked": 1,
        "sent_back": 1, "to_close": 2,
    }  # fmt: skip
    first = june(desk, responsible_unit="u01")
    assert (first["dispatched"], first["rightly_dispatched"], first["to_handle"]) == (5, 4, 3)


def test_a_unit_that_had_nothing_to_do_has_no_rates(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))

    _, document = desk.get("figures", responsible_unit="u29")

    assert set(document["counts"].values()) == {0}
    assert set(document["rates"].values()) == {None}


def test_a_period_gives_the_same_numbers_ever_after(ledger, desk):
    lives = a_mixed_month()
    deliver(ledger, envelopes(*lives))
    before = desk.get("figures", from_=JUNE, to=JULY)
    units_before = desk.get("units", from_=JUNE, to=JULY)

    for life in lives[2:6]:
        life.fed_back(JULY).verified(JULY + DAY).closed(JULY + DAY)
    lives[7].answered(JULY)
    deliver(ledger, envelopes(*lives))

    assert desk.get("figures", from_=JUNE, to=JULY) == before
    assert desk.get("units", from_=JUNE, to=JULY) == units_before
    assert desk.counts(from_=JULY, to=AUGUST)["closed"] == 4


def test_neither_repetition_nor_order_of_arrival_changes_a_figure(ledger, desk):
    told = envelopes(*a_mixed_month())
    deliver(ledger, told)
    as_told = (desk.get("figures", from_=JUNE, to=JULY), desk.get("units"), desk.get("totals"))
    story = desk.get(f"ledger/{a_mixed_month()[1].case_number}")
    with ledger.transaction() as tx:
        tx.execute("truncate ledger, fact_fields, inbox")

    shuffled = told + told[::3]
    random.Random(7).shuffle(shuffled)
    verdicts = deliver(ledger, shuffled)

    outcomes = [verdict.outcome for verdict in verdicts]
    assert (outcomes.count(Outcome.OK), outcomes.count(Outcome.DUPLICATE)) == (len(told), len(told[::3]))
    assert (desk.get("figures", from_=JUNE, to=JULY), desk.get("units"), desk.get("totals")) == as_told
    assert desk.get(f"ledger/{a_mixed_month()[1].case_number}") == story


def test_the_end_of_a_period_is_outside_it(ledger, desk):
    deliver(ledger, envelopes(Life(1).received(JULY)))

    assert desk.counts(from_=JUNE, to=JULY) == {}
    assert desk.counts(from_=JULY, to=AUGUST) == {"reported": 1}


def test_a_period_that_has_not_ended_is_counted_up_to_now(ledger, desk):
    due_tomorrow = Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY, days=2)
    deliver(ledger, envelopes(due_tomorrow))

    desk.now = MONDAY + DAY
    assert "overdue_open" not in june(desk)
    assert desk.get("figures", from_=JUNE, to=JULY)[1]["as_of"] == desk.now.isoformat()
    desk.now = MONDAY + 3 * DAY
    assert june(desk)["overdue_open"] == 1


def test_a_task_under_review_is_not_overdue(ledger, desk):
    life = Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY, days=1).sent_back(MONDAY + DAY / 2)
    deliver(ledger, envelopes(life))

    assert "overdue_open" not in june(desk)
    assert june(desk)["to_handle"] == 1


def test_a_case_that_waits_for_another_unit_is_nobodys_to_handle(ledger, desk):
    life = (
        Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY, days=1).sent_back(MONDAY)
        .return_accepted(MONDAY)
    )  # fmt: skip
    deliver(ledger, envelopes(life))

    assert "to_handle" not in june(desk)
    assert "to_close" not in june(desk)
    assert june(desk)["dispatched"] == 1
    assert desk.rates(from_=JUNE, to=JULY)["dispatch_accuracy"] == 0


def test_a_case_in_rework_is_not_handled_until_it_is_fed_back_again(ledger, desk):
    life = (
        Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY).fed_back(MONDAY + DAY).failed(MONDAY + DAY)
        .rework(MONDAY + DAY, days=1)
    )  # fmt: skip
    deliver(ledger, envelopes(life))
    assert "handled" not in june(desk)
    assert (june(desk)["fed_back"], june(desk)["overdue_open"]) == (1, 1)

    life.fed_back(MONDAY + 3 * DAY)
    deliver(ledger, envelopes(life))

    assert (june(desk)["handled"], june(desk)["handled_late"]) == (1, 1)


def test_a_late_first_feedback_is_not_washed_off_by_a_quick_rework(ledger, desk):
    life = (
        Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY, days=1).fed_back(MONDAY + 2 * DAY)
        .failed(MONDAY + 3 * DAY).rework(MONDAY + 3 * DAY).fed_back(MONDAY + 3 * DAY)
    )  # fmt: skip
    deliver(ledger, envelopes(life))

    assert june(desk)["handled_late"] == 1


def test_satisfaction_is_of_those_who_said(ledger, desk):
    said = [
        Satisfaction.SATISFIED,
        Satisfaction.FAIRLY_SATISFIED,
        Satisfaction.DISSATISFIED,
        Satisfaction.NOT_SAID,
    ]
    lives = [
        Life(serial).received(MONDAY).not_accepted(MONDAY).answer_due(MONDAY).answered(MONDAY + DAY, one)
        for serial, one in enumerate([*said, Satisfaction.SATISFIED], 1)
    ]
    on_the_page = [
        Life(serial, source=Source.PUBLIC_PAGE).received(MONDAY).not_accepted(MONDAY).answer_due(MONDAY)
        .answered(MONDAY + DAY).rated(MONDAY + DAY, one)
        for serial, one in enumerate([Satisfaction.SATISFIED, Satisfaction.DISSATISFIED], 11)
    ]  # fmt: skip
    deliver(ledger, envelopes(*lives, *on_the_page))

    counts = june(desk)
    assert [counts[one.value] for one in said] == [3, 1, 2, 1]
    assert desk.rates(from_=JUNE, to=JULY)["satisfaction"] == pytest.approx(4 / 6)


def test_the_story_of_a_case_begins_with_its_report_and_keeps_its_order(ledger, desk):
    life = a_mixed_month()[1]
    deliver(ledger, reversed(envelopes(*a_mixed_month())))

    _, document = desk.get(f"ledger/{life.case_number}")

    assert [fact["type"] for fact in document["facts"]] == [
        "report_received", "report_accepted", "case_filed", "case_dispatched", "feedback_submitted",
        "verification_failed", "rework_ordered", "feedback_submitted", "handling_verified", "case_closed",
        "answer_due", "answer_delivered",
    ]  # fmt: skip
    assert document["report_numbers"] == [life.report_number]
    dispatch = [fact["sequence"] for fact in document["facts"] if fact["source"] == "dispatch"]
    assert dispatch == [1, 2, 3, 4]


def test_a_dispatch_in_the_moment_of_the_accepted_return_stands_after_it(ledger, desk):
    life = (
        Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY).sent_back(MONDAY).return_accepted(MONDAY)
        .dispatched(MONDAY, "u02")
    )  # fmt: skip
    deliver(ledger, envelopes(life))

    _, document = desk.get(f"ledger/{life.case_number}")

    assert [fact["type"] for fact in document["facts"]] == [
        "report_received", "case_filed", "case_dispatched", "case_sent_back", "return_accepted",
        "case_dispatched",
    ]  # fmt: skip


def test_the_story_of_a_linked_report_leads_to_the_case(ledger, desk):
    lives = a_mixed_month()
    deliver(ledger, envelopes(*lives))

    _, document = desk.get(f"ledger/reports/{lives[9].report_number}")

    assert document["case_number"] == lives[0].case_number
    assert {"report_linked", "case_closed"} <= {fact["type"] for fact in document["facts"]}
    _, of_case = desk.get(f"ledger/{lives[0].case_number}")
    assert [fact["type"] for fact in of_case["facts"]].count("report_received") == 1


def test_a_number_nobody_knows_has_no_story(desk):
    assert desk.get("ledger/4105232020061599999")[0] == 404
    assert desk.get("ledger/reports/R2020061599999")[0] == 404


def test_totals_are_of_the_whole_ledger(ledger, desk):
    lives = a_mixed_month()
    deliver(ledger, envelopes(*lives))

    _, totals = desk.get("totals")

    assert totals == {
        "facts": len(envelopes(*lives)), "reports": 10, "not_accepted": 1, "not_filed": 1, "linked": 1,
        "cases": 7,
        "dispatched": 8, "feedback": 4, "closed": 2, "voided": 1,
        "force_closed": 0, "merged": 0, "reopened": 0, "self_handled": 0, "rework": 1,
        "sent_back": 2, "answered": 2,
        "unreachable": 1,
    }  # fmt: skip


_FIRST_TWO = ("0001_ledger.py", "0002_appeals.py")


def test_facts_that_an_older_release_wrote_down_are_counted_alike(empty_database, tmp_path):
    (tmp_path / "versions").mkdir()
    for name in _FIRST_TWO:
        shutil.copy(Path(app.migrations) / "versions" / name, tmp_path / "versions")
    migrate(empty_database, tmp_path)
    unseen = Life(1).received(MONDAY).filed(MONDAY).dispatched(MONDAY).fed_back(MONDAY + DAY)
    unseen.failed(MONDAY + DAY, collector="").rework(MONDAY + DAY)
    older, told = Database(empty_database, codec=app.codec, service=app.name), [unseen]
    told += [a_closed_life(2, MONDAY).reopened(MONDAY + 5 * DAY), a_mixed_month()[1]]
    with older.transaction() as tx:
        for row in map(columns, envelopes(*told)):
            tx.execute(_AS_BEFORE, {**row, "data": orjson.dumps(row["data"]).decode()})
    older.close()

    ledger = opened(empty_database)
    figures = june(Desk(ledger))
    totals = Desk(ledger).get("totals")
    with ledger.transaction() as tx:
        tx.execute("truncate ledger, fact_fields, inbox")
    deliver(ledger, envelopes(*told))

    assert figures == june(Desk(ledger))
    assert (figures["rework_times"], figures["verification_failed"]) == (2, 1)
    assert totals == Desk(ledger).get("totals")
    ledger.close()


def test_a_fact_of_a_later_release_is_kept(ledger, desk):
    (known,) = envelopes(Life(1).received(MONDAY))
    later = replace(known, id="later", type="report_praised", data={"report_number": "R1", "round": "two"})

    assert [verdict.outcome for verdict in deliver(ledger, [known, later])] == [Outcome.OK] * 2
    assert desk.get("totals")[1]["facts"] == 2


def test_one_malformed_fact_is_parked_and_holds_up_no_other(ledger, desk):
    told = envelopes(a_closed_life(1, MONDAY))
    broken = replace(told[0], id="broken", data={**told[0].data, "received_at": "yesterday"})

    verdicts = deliver(ledger, [*told[:3], broken, *told[3:]])

    assert [verdict.outcome for verdict in verdicts].count(Outcome.PARKED) == 1
    assert desk.get("totals")[1]["facts"] == len(told)


def test_only_those_who_may_read_figures_do(desk):
    for path in ("figures", "units", "totals", "indicators"):
        assert desk.get(path, by=AGENT)[0] == 403
    assert desk.get("ledger/x", by={"sub": "u", "roles": ["collector"]})[0] == 403


def test_a_units_people_read_their_own_figures_and_no_others(ledger, desk):
    deliver(ledger, envelopes(*a_mixed_month()))
    person = {"sub": "worker-1", "roles": ["responsible_unit"], "unit": "u03"}

    for asked in ({}, {"responsible_unit": "u01"}):
        status, own = desk.get("figures", from_=JUNE, to=JULY, by=person, **asked)
        assert (status, own["responsible_unit"], own["counts"]["dispatched"]) == (200, "u03", 2)
        _, cases = desk.get("figures/dispatched/cases", from_=JUNE, to=JULY, by=person, **asked)
        assert (cases["responsible_unit"], cases["total"]) == ("u03", 2)
    assert desk.get("figures/reported/cases", from_=JUNE, to=JULY, by=person)[0] == 422
    assert desk.get("units", from_=JUNE, to=JULY, by=person)[0] == 403


@pytest.mark.parametrize(
    "query",
    [
        {"from_": JULY, "to": JUNE}, {"from_": JULY, "to": JULY}, {"from_": "yesterday"},
        {"from_": "2020-06-01T00:00:00"}, {"unit": "u01"},
    ],
)  # fmt: skip
def test_a_period_that_is_none_is_refused(desk, query):
    assert desk.get("figures", **query)[0] == 422


def test_every_figure_tells_what_it_means(desk):
    _, document = desk.get("indicators")

    assert [count["name"] for count in document["counts"]] == [count.name for count in COUNTS]
    handling = next(rate for rate in document["rates"] if rate["name"] == "handling_rate")
    assert (handling["chinese"], handling["definition"]) == ("处置率", "处置数 ÷ 应处置数")
    assert len(document["rates"]) == len(RATES)


def test_the_doors_are_described_by_a_valid_openapi_document():
    described = openapi.document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])

    validate(described)
    assert all(path.startswith("/api/assessment/") for path in described["paths"])
