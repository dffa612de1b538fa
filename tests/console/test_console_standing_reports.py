"""How several reports stand: what an agent sees of a caller's earlier reports in one look-up."""

import pytest

from case_contracts.intake import CaseMerged
from tests.console.console_kit import CASE, REPORT, Telling, a_story, at, linked_report

pytestmark = pytest.mark.infra

AGENT = {"sub": "a1", "roles": ["hotline_agent"]}


def ask(desk, numbers, claims=AGENT):
    return desk.get(f"/api/console/standing-reports?numbers={numbers}", claims=claims)


def take(console_database, envelopes):
    with console_database.transaction() as tx:
        tx.bound.case_files.take(envelopes)


def test_each_report_stands_where_its_case_does_also_one_that_was_linked(desk, console_database):
    take(console_database, [*a_story(), *linked_report()])

    answer = ask(desk, f"R2020061500009,{REPORT},H2020061599999").document["reports"]

    assert [(one["report_number"], one["case_number"], one["state"], one["open"]) for one in answer] == [
        ("R2020061500009", CASE, "closed", False),
        (REPORT, CASE, "closed", False),
    ]
    assert answer[1]["answer_text"] == "已答复"


def test_a_report_that_waits_is_open_and_one_whose_case_was_merged_stands_as_the_other(
    desk, console_database
):
    one, another = "4105232020061500002", "4105232020061500003"
    first, second = a_story("H2020061500002", one, "call-2"), a_story("H2020061500003", another, "call-3")
    handled = [fact for fact in second if fact.type != "case_closed"]
    waiting = [fact for fact in first if fact.type in ("problem_phoned_in", "report_received", "case_filed")]
    telling = Telling()
    telling.sequences[("intake", f"case/{one}")] = 50
    merged = telling.tell(
        CaseMerged(
            case_number=one,
            round=1,
            into_case_number=another,
            report_numbers=("H2020061500002",),
            supervisor="supervisor-1",
            merged_at=at(60),
        ),
        60,
    )
    take(console_database, [*waiting, *handled])

    assert ask(desk, "H2020061500002").document["reports"][0]["open"] is True
    take(console_database, [merged])
    (stands,) = ask(desk, "H2020061500002").document["reports"]
    assert (stands["case_number"], stands["open"]) == (another, True)


@pytest.mark.parametrize("numbers", ["", "%27%3B--", "a,,b", ",".join(f"H{n}" for n in range(51)), "x" * 31])
def test_what_are_no_report_numbers_is_refused(desk, numbers):
    assert ask(desk, numbers).status == 422


def test_a_unit_and_nobody_ask_in_vain(desk):
    assert ask(desk, REPORT, {"sub": "u", "roles": ["responsible_unit"], "unit": "u03"}).status == 403
    assert ask(desk, REPORT, None).status == 401
