"""The figures of every turn a case may take, and the lists behind them."""

import random
from dataclasses import replace

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
)

from case_contracts.assessment import AppealEscalated
from case_contracts.codes import Source
from case_contracts.dispatch import AssignmentEscalated
from case_contracts.hotline import CallBackEscalated
from case_contracts.intake import CaseEscalated, ReportEscalated
from services.assessment.counting import PARTS
from services.assessment.indicators import COUNTS

pytestmark = pytest.mark.infra

MONDAY = JUNE + 14 * DAY
JUNE_ = {"from_": JUNE, "to": JULY}


def filed(serial: int, unit: str = "u01", *, days: float = 7) -> Life:
    return Life(serial).received(MONDAY).accepted(MONDAY).filed(MONDAY).dispatched(MONDAY, unit, days=days)


def counted(ledger, desk: Desk, *lives: Life, **query) -> dict[str, int]:
    deliver(ledger, envelopes(*lives))
    return desk.counts(**{**JUNE_, **query})


def one_of_every_turn() -> list[Life]:
    """Each life meets with something of its own, all in June."""
    kept = a_closed_life(1, MONDAY)
    return [
        kept,
        filed(2, days=1).extended(MONDAY + DAY / 2, days=30),
        filed(3, days=1).extension_refused(MONDAY + DAY / 2),
        filed(4, "u02", days=1).suspended(MONDAY + DAY / 2),
        filed(5, days=1).suspended(MONDAY + DAY / 2).resumed(MONDAY + DAY, days=60),
        filed(6, days=1).credited(MONDAY + DAY / 2, days=60),
        filed(7).force_closed(MONDAY + DAY),
        filed(8).merged(MONDAY + DAY, kept),
        filed(9).sent_back(MONDAY).return_accepted(MONDAY).dispatched(MONDAY, "u02").sent_back(MONDAY)
        .return_accepted(MONDAY).coordinated(MONDAY),
        Life(10).received(MONDAY).filed(MONDAY).refiled(MONDAY + DAY).dispatched(MONDAY + DAY, "u02"),
        a_closed_life(11, MONDAY).asked_again(MONDAY + 4 * DAY).reopened(MONDAY + 5 * DAY)
        .fed_back(MONDAY + 6 * DAY).verified(MONDAY + 6 * DAY).closed(MONDAY + 7 * DAY),
        a_closed_life(12, MONDAY).asked_again(MONDAY + 4 * DAY).reopening_declined(MONDAY + 5 * DAY),
        Life(13, source=Source.COLLECTOR).received(MONDAY).self_handled(MONDAY, valid=True),
        Life(14, source=Source.COLLECTOR).received(MONDAY).self_handled(MONDAY, valid=False),
        filed(15, "u02").supervised(MONDAY, "S1").replied(MONDAY, "S1").supervised(MONDAY, "S2")
        .replied(MONDAY + 2 * DAY, "S2", in_time=False).supervised(MONDAY, "S3").urged(MONDAY),
        filed(16).escalated(MONDAY, ReportEscalated, "shift_supervisor")
        .escalated(MONDAY, AssignmentEscalated, "leader").escalated(MONDAY, CaseEscalated, "leader"),
        filed(17, "u02", days=1).fed_back(MONDAY + 2 * DAY).verified(MONDAY + 3 * DAY)
        .closed(MONDAY + 3 * DAY).appeal(MONDAY + 4 * DAY, granted=True),
        filed(18, "u02", days=1).fed_back(MONDAY + 2 * DAY).verified(MONDAY + 3 * DAY)
        .closed(MONDAY + 3 * DAY).appeal(MONDAY + 4 * DAY, granted=False)
        .escalated(MONDAY + 5 * DAY, AppealEscalated, "leader")
        .escalated(MONDAY + 5 * DAY, CallBackEscalated, "shift_supervisor"),
    ]  # fmt: skip


def test_every_turn_is_counted_as_its_definition_says(ledger, desk):
    assert counted(ledger, desk, *one_of_every_turn()) == {
        "reported": 18, "reported_filed": 16, "collector_reported": 1, "accepted": 15, "self_handled": 2,
        "self_handled_valid": 1, "self_handled_invalid": 1, "filed": 16, "rightly_filed": 16, "merged": 1,
        "dispatched": 17, "rightly_dispatched": 15, "wrong_dispatches": 2, "returned_to_intake": 1,
        "coordinated": 1, "to_handle": 13, "to_handle_extended": 1, "to_handle_suspended": 1, "handled": 5,
        "handled_in_time": 4, "handled_late": 1, "handled_exempt": 1, "overdue_open": 4, "fed_back": 5,
        "sent_back": 2, "extensions_asked": 2, "extensions": 1, "extensions_refused": 1, "suspensions": 2,
        "urged": 1, "supervised": 3, "supervised_in_time": 1, "supervised_late": 2, "escalated_reports": 1,
        "escalated_assignments": 1, "escalated_cases": 1, "escalated_call_backs": 1, "escalated_appeals": 1,
        "escalated_to_supervisor": 2, "escalated_to_leader": 3, "verified": 6, "verifications_in_time": 6,
        "to_close": 9,
        "to_close_closed": 5, "to_close_in_time": 4, "closed": 5, "closed_reopened": 1, "force_closed": 1,
        "handling_again_asked": 2, "reopened": 1, "reopenings_declined": 1, "answers_due": 3, "answered": 3,
        "appeals": 2, "appeals_granted": 1, "appeals_refused": 1,
    }  # fmt: skip


def test_each_figure_is_as_many_as_the_lines_of_its_list(ledger, desk):
    deliver(ledger, envelopes(*one_of_every_turn()))
    figures = desk.get("figures", **JUNE_)[1]["counts"]
    units = {one["responsible_unit"]: one["counts"] for one in desk.get("units", **JUNE_)[1]["units"]}

    for count in COUNTS:
        _, listed = desk.get(f"figures/{count.name}/cases", **JUNE_)
        assert (listed["total"], len(listed["lines"])) == (figures[count.name],) * 2, count.name
        for unit in ("u01", "u02") if count.of_units else ():
            _, own = desk.get(f"figures/{count.name}/cases", responsible_unit=unit, **JUNE_)
            assert own["total"] == len(own["lines"]) == units[unit][count.name], (unit, count.name)
            assert {line["responsible_unit"] for line in own["lines"]} <= {unit}


def test_every_count_has_its_rows():
    assert set(PARTS) == {count.name for count in COUNTS}


def test_after_a_granted_appeal_the_list_says_overdue_and_the_statistics_do_not(ledger, desk):
    life = filed(1, days=1).fed_back(MONDAY + 2 * DAY).verified(MONDAY + 3 * DAY).closed(MONDAY + 3 * DAY)
    before = counted(ledger, desk, life)
    assert (before["handled_late"], before.get("handled_in_time")) == (1, None)

    after = counted(ledger, desk, life.appeal(JULY + DAY, granted=True))

    assert (after.get("handled_late"), after["handled_in_time"], after["handled_exempt"]) == (None, 1, 1)
    assert desk.rates(**JUNE_)["handling_punctuality"] == 1
    assert desk.rates(**JUNE_)["closing_punctuality"] == 1
    _, handled = desk.get("figures/handled_in_time/cases", **JUNE_)
    assert [(line["case_number"], line["overdue"], line["overdue_text"]) for line in handled["lines"]] == [
        (life.case_number, True, "曾超时（申诉通过不计）")
    ]
    assert desk.get("figures/handled_late/cases", **JUNE_)[1]["lines"] == []


def test_a_refused_appeal_changes_nothing(ledger, desk):
    life = filed(1, days=1).fed_back(MONDAY + 2 * DAY).closed(MONDAY + 3 * DAY)
    before = counted(ledger, desk, life)

    after = counted(ledger, desk, life.appeal(JULY + DAY, granted=False))

    assert after == before
    _, late = desk.get("figures/handled_late/cases", **JUNE_)
    assert [line["overdue_text"] for line in late["lines"]] == ["曾超时"]


def test_the_appeal_of_one_unit_does_not_excuse_another(ledger, desk):
    life = filed(1, "u02", days=1).fed_back(MONDAY + 2 * DAY).closed(MONDAY + 3 * DAY)
    life.responsible_unit = "u01"

    assert counted(ledger, desk, life.appeal(MONDAY + 4 * DAY, granted=True))["handled_late"] == 1


def test_the_first_closing_stays_in_the_statistics_after_a_reopening(ledger, desk):
    life = a_closed_life(1, MONDAY).reopened(JULY + DAY).fed_back(JULY + 2 * DAY).closed(JULY + 3 * DAY)
    deliver(ledger, envelopes(life))

    june, july = desk.counts(**JUNE_), desk.counts(from_=JULY, to=AUGUST)

    assert (june["closed"], june["to_close_closed"], june.get("closed_reopened")) == (1, 1, None)
    assert (july.get("closed"), july["reopened"]) == (None, 1)
    assert july.get("rework_times") is None


def test_a_force_closed_case_that_is_reopened_counts_again(ledger, desk):
    life = filed(1).force_closed(MONDAY + DAY)
    assert counted(ledger, desk, life).get("to_handle") is None

    after = counted(ledger, desk, life.reopened(MONDAY + 2 * DAY, days=60))

    assert (after["to_handle"], after["force_closed"], after["reopened"]) == (1, 1, 1)


def test_a_return_that_was_nobodys_mistake_is_no_wrong_dispatch(ledger, desk):
    life = filed(1).sent_back(MONDAY).return_accepted(MONDAY)
    at, accepted = life.told.pop()
    life.told.append((at, replace(accepted, wrong_dispatch=False)))

    assert counted(ledger, desk, life)["rightly_dispatched"] == 1
    assert desk.rates(**JUNE_)["dispatch_accuracy"] == 1


def test_a_supervision_order_counts_as_late_only_once_its_reply_was_due(ledger, desk):
    life = filed(1).supervised(MONDAY, days=3)
    deliver(ledger, envelopes(life))

    early = desk.counts(from_=JUNE, to=MONDAY + 2 * DAY)
    late = desk.counts(from_=JUNE, to=MONDAY + 4 * DAY)

    assert (early["supervised"], early.get("supervised_late")) == (1, None)
    assert late["supervised_late"] == 1
    life.closed(MONDAY + 2 * DAY)
    assert counted(ledger, desk, life).get("supervised_late") is None


def test_an_outage_leaves_more_time_for_a_reply_before_it_counts_as_late(ledger, desk):
    life = filed(1).supervised(MONDAY, days=1).reply_credited(MONDAY + DAY / 2, days=1.5)
    deliver(ledger, envelopes(life))

    assert desk.counts(from_=JUNE, to=MONDAY + 1.5 * DAY).get("supervised_late") is None
    assert desk.counts(from_=JUNE, to=MONDAY + 4 * DAY)["supervised_late"] == 1


def test_an_order_that_lapsed_with_its_task_is_no_late_reply(ledger, desk):
    lapsed = filed(1).supervised(MONDAY, days=3).sent_back(MONDAY + DAY).return_accepted(MONDAY + 2 * DAY)
    lapsed.dispatched(MONDAY + 2 * DAY, "u01", days=30)
    too_late = filed(2).supervised(MONDAY, days=3).sent_back(MONDAY + DAY).return_accepted(MONDAY + 4 * DAY)
    of_another = filed(3).sent_back(MONDAY).return_accepted(MONDAY).dispatched(MONDAY).supervised(MONDAY)

    assert counted(ledger, desk, lapsed)["supervised"] == 1
    assert desk.counts(**JUNE_).get("supervised_late") is None
    assert counted(ledger, desk, too_late, of_another)["supervised_late"] == 2


def test_what_was_sent_back_unseen_is_rework_and_no_collectors_verification(ledger, desk):
    life = filed(1).fed_back(MONDAY + DAY).failed(MONDAY + DAY, collector="").rework(MONDAY + DAY)
    life.fed_back(MONDAY + 2 * DAY).verified(MONDAY + 3 * DAY, in_time=False).closed(MONDAY + 3 * DAY)

    counts = counted(ledger, desk, life)

    assert (counts.get("verification_failed"), counts.get("verifications_in_time")) == (None, None)
    assert desk.rates(**JUNE_)["verification_punctuality"] == 0
    assert (counts["rework_times"], counts["rework_cases"], counts["fed_back_reworked"]) == (1, 1, 1)
    assert desk.get("figures/verification_failed/cases", **JUNE_)[1]["lines"] == []


def test_work_on_a_reopened_case_is_no_rework_whichever_fact_comes_first(ledger, desk):
    life = a_closed_life(1, MONDAY).reopened(MONDAY + 5 * DAY)
    told = [one for one in envelopes(life) if one.type != "case_reopened"]
    deliver(ledger, told)

    counts = desk.counts(**JUNE_)

    assert (counts.get("rework_times"), counts.get("fed_back_reworked")) == (None, None)


def test_totals_count_a_case_closed_again_once_and_work_on_it_as_no_rework(ledger, desk):
    life = a_closed_life(1, MONDAY).reopened(MONDAY + 5 * DAY).fed_back(MONDAY + 6 * DAY)
    deliver(ledger, envelopes(life.closed(MONDAY + 7 * DAY)))

    _, totals = desk.get("totals")

    assert (totals["closed"], totals["rework"], totals["reopened"]) == (1, 0, 1)


def test_every_answer_of_a_reopened_case_is_counted(ledger, desk):
    life = a_closed_life(1, MONDAY).answer_due(MONDAY + 6 * DAY)
    counts = counted(ledger, desk, life)
    assert (counts["answers_due"], counts["answered"]) == (2, 1)

    counts = counted(ledger, desk, life.answered(MONDAY + 7 * DAY))

    assert (counts["answers_due"], counts["answered"]) == (2, 2)


def test_neither_repetition_nor_order_of_arrival_changes_a_figure_or_its_list(ledger, desk):
    told = envelopes(*one_of_every_turn())
    deliver(ledger, told)
    asked = [("figures", {}), ("units", {}), ("figures/handled/cases", {}), ("figures/supervised/cases", {})]
    as_told = [desk.get(path, **query, **JUNE_) for path, query in asked]
    with ledger.transaction() as tx:
        tx.execute("truncate ledger, fact_fields, inbox")

    shuffled = told + told[::3]
    random.Random(3).shuffle(shuffled)
    deliver(ledger, shuffled)

    assert [desk.get(path, **query, **JUNE_) for path, query in asked] == as_told


def test_a_list_is_read_page_by_page(ledger, desk):
    deliver(ledger, envelopes(*one_of_every_turn()))

    pages = [
        desk.get("figures/to_handle/cases", offset=offset, limit=5, **JUNE_)[1] for offset in (0, 5, 10, 15)
    ]

    assert [len(page["lines"]) for page in pages] == [5, 5, 3, 0]
    assert {page["total"] for page in pages} == {13}
    assert len({line["case_number"] for page in pages for line in page["lines"]}) == 13


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("figures/handling_rate/cases", {}, 404),
        ("figures/nonsense/cases", {}, 404),
        ("figures/reported/cases", {"responsible_unit": "u01"}, 422),
        ("figures/handled/cases", {"limit": 0}, 422),
        ("figures/handled/cases", {"offset": -1}, 422),
        ("figures/handled/cases", {"from_": JULY, "to": JUNE}, 422),
    ],
)
def test_a_list_that_there_is_not_is_refused(desk, path, query, status):
    assert desk.get(path, **query)[0] == status


def test_only_those_who_may_read_figures_read_the_lists(desk):
    assert desk.get("figures/handled/cases", by=AGENT)[0] == 403
