"""The read model makes the same rows whatever order, batches and repetitions the facts come in."""

import threading
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_contracts import assessment, dispatch, intake
from case_contracts.wire import Envelope, time_text
from chassis.transactions import Database
from console.showing import row
from console.story import Story
from console.told import Told
from console.waiting import wait_for
from tests.console.console_kit import (
    CASE,
    NAMES,
    REPORT,
    Telling,
    a_story,
    an_account_fact,
    at,
    in_batches,
    linked_report,
)

pytestmark = pytest.mark.infra

SUPERVISOR = {"sub": "supervisor-1", "roles": ["shift_supervisor"]}
COLLECTOR = {"sub": "c1", "roles": ["collector"]}


def take(database: Database, *envelopes: Envelope) -> None:
    database.run(lambda tx: tx.bound.case_files.take(list(envelopes)))


def text_of(minutes: float) -> str:
    return time_text(at(minutes))


def rows_of(database: Database, *keys: str) -> list[tuple]:
    query = "select key, state, body from live_rows where key = any(:keys)"
    with database.transaction() as tx:
        return [tuple(one) for one in tx.execute(query, {"keys": list(keys)})]


def counts(database: Database) -> dict[str, int]:
    found = database.run(lambda tx: tx.bound.case_files.state_counts())
    return {state: count for state, count in found.items() if count}


def true_row(envelopes: list[Envelope]) -> dict:
    names = ("id", "source", "type", "subject", "sequence", "time", "data")
    return row(Story(Told(**{name: getattr(one, name) for name in names}) for one in envelopes), NAMES)


def test_every_order_batching_and_repetition_gives_the_same_row(console_database):
    numbers = iter(range(1, 10_000))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data):
        serial = next(numbers)
        report, case = f"R20200615{serial:05}", f"41052320200615{serial:05}"
        story = a_story(report, case, f"call-{serial}")
        again = data.draw(st.lists(st.sampled_from(story), max_size=6))
        shuffled = data.draw(st.permutations([*story, *again]))
        sizes = data.draw(st.lists(st.integers(1, 9), max_size=20))

        for batch in in_batches(shuffled, sizes):
            take(console_database, *batch)

        expected = true_row(story)
        assert rows_of(console_database, report, case) == [(report, "closed", expected)]

    check()
    assert set(counts(console_database)) == {"closed"}


def test_a_fact_that_comes_again_changes_no_row_and_moves_no_counter(console_database, desk):
    take(console_database, *a_story())
    before = desk.get("/api/console/live", claims=SUPERVISOR).document

    take(console_database, *a_story()[3:9])

    assert desk.get("/api/console/live", claims=SUPERVISOR).document == before


def test_of_facts_that_come_again_only_the_new_ones_are_told_apart(console_database):
    story = a_story()
    take(console_database, *story[:4])

    fresh = console_database.run(lambda tx: tx.bound.case_files.take(story[2:6]))

    assert fresh == {envelope.id for envelope in story[4:6]}


def test_a_case_seen_before_its_report_is_one_row_in_the_end(console_database):
    story = a_story()
    dispatched = [envelope for envelope in story if envelope.subject == f"assignment/{CASE}"][:1]
    take(console_database, *dispatched)
    assert [key for key, _, _ in rows_of(console_database, CASE, REPORT)] == [CASE]

    take(console_database, *story[:6])

    assert [key for key, _, _ in rows_of(console_database, CASE, REPORT)] == [REPORT]
    assert counts(console_database) == {"awaiting_signature": 1}


def test_facts_about_no_case_leave_no_row(console_database):
    take(console_database, an_account_fact())

    assert counts(console_database) == {}


def test_nothing_is_missed_by_who_asks_for_what_came_after(console_database, desk):
    """Many writers at once; a reader that only ever asks for what came after its cursor sees every row."""
    stories = [
        a_story(f"R2020061500{n:03}", f"4105232020061500{n:03}", f"call-{n}")[:6] for n in range(1, 25)
    ]

    def write(share: list[list[Envelope]]) -> None:
        for story in share:
            for envelope in story:
                take(console_database, envelope)

    writers = [threading.Thread(target=write, args=(stories[part::3],)) for part in range(3)]
    for writer in writers:
        writer.start()
    seen: dict[str, str] = {}
    cursor = 0
    while True:
        still_writing = any(writer.is_alive() for writer in writers)
        page = desk.get(f"/api/console/live?after={cursor}&limit=7", claims=SUPERVISOR).document
        seen |= {one["report_number"]: one["state"] for one in page["rows"]}
        cursor = page["cursor"]
        if not page["rows"] and not still_writing:
            break

    assert seen == {f"R2020061500{n:03}": "awaiting_dispatch" for n in range(1, 25)}


def test_the_live_list_begins_with_the_newest_changes(console_database, desk):
    for serial in range(1, 5):
        take(console_database, *a_story(f"R{serial}", f"41{serial}", f"call-{serial}")[:2])

    first = desk.get("/api/console/live?limit=2", claims=SUPERVISOR).document
    nothing = desk.get(f"/api/console/live?after={first['cursor']}", claims=SUPERVISOR).document

    assert [one["number"] for one in first["rows"]] == ["R4", "R3"]
    assert nothing["rows"] == []
    assert nothing["cursor"] == first["cursor"]
    assert first["stages"][0] == {"stage": 1, "name": "信息收集", "count": 4}


def test_a_cursor_from_another_database_begins_anew(console_database, desk):
    take(console_database, *a_story()[:2])

    page = desk.get("/api/console/live?after=999999", claims=SUPERVISOR).document

    assert [one["number"] for one in page["rows"]] == [REPORT]
    assert page["cursor"] < 999999


def test_the_case_file_tells_the_whole_story(console_database, desk):
    take(console_database, *a_story(), *linked_report())

    shown = desk.get(f"/api/console/case-files/{CASE}", claims=SUPERVISOR).document

    assert (shown["state_text"], shown["stage_name"], shown["round"]) == ("已结案", "综合评价", 2)
    assert shown["fields"]["source_text"] == "12319热线"
    assert shown["fields"]["limit_text"] == "3 工作日"
    assert shown["linked_reports"] == ["R2020061500009"]
    assert len(shown["flow"]) == len(a_story())
    assert shown["flow"][-1]["sentence"] == "已答复上报人（12319热线）。"
    assert desk.get(f"/api/console/reports/{REPORT}", claims=SUPERVISOR).document == shown


def test_a_linked_report_has_its_own_file_that_names_the_case(console_database, desk):
    take(console_database, *a_story(), *linked_report())

    shown = desk.get("/api/console/reports/R2020061500009", claims=SUPERVISOR).document

    assert (shown["state_text"], shown["linked_case"], shown["case_number"]) == ("重复案件", CASE, None)


def merged(case: str, into: str, report: str) -> list[Envelope]:
    """Another case of the same problem, which was merged into this one."""
    told = Telling()
    told.told = a_story(report, case, f"call-{case}")[:6]
    told.sequences[("intake", f"case/{case}")] = 1
    fact = intake.CaseMerged(
        case_number=case, round=1, into_case_number=into, report_numbers=(report,), supervisor="s",
        merged_at=at(60),
    )  # fmt: skip
    told.tell(fact, 60)
    return told.told


def test_merged_cases_and_what_was_linked_to_them_stand_in_the_file_of_the_one_they_went_into(
    console_database, desk
):
    second, third = "4105232020061500002", "4105232020061500003"
    take(console_database, *merged(third, second, "R3"), *linked_report("R9", third))
    take(console_database, *a_story(), *merged(second, CASE, "R2"))

    shown = desk.get(f"/api/console/case-files/{CASE}", claims=SUPERVISOR).document
    ended = desk.get(f"/api/console/case-files/{second}", claims=SUPERVISOR).document

    assert sorted(shown["merged_cases"]) == [second, third]
    assert sorted(shown["linked_reports"]) == ["R2", "R3", "R9"]
    assert (ended["state_text"], ended["merged_into"], ended["merged_cases"]) == ("已并案", CASE, [third])


def test_an_appeal_that_comes_before_its_case_finds_it(console_database, desk):
    appeal = Telling().tell(
        assessment.AppealMade(case_number=CASE, responsible_unit="u04", reason="暴雨", appealed_at=at(300)),
        300,
    )
    take(console_database, appeal)
    take(console_database, *a_story())

    shown = desk.get(f"/api/console/reports/{REPORT}", claims=SUPERVISOR).document

    assert (shown["appeal"], shown["flow"][-1]["type"]) == ("申诉待初审", "appeal_made")
    assert [key for key, _, _ in rows_of(console_database, CASE, REPORT)] == [REPORT]


def test_an_outage_of_ours_moves_the_clocks_for_which_nobody_tells_it_singly(console_database, desk):
    appeal = Telling()
    made = assessment.AppealMade(case_number=CASE, responsible_unit="u04", reason="暴雨", appealed_at=at(300))
    appeal.tell(made, 300)
    outage = dispatch.OutageLogged(
        outage_id="7",
        outage_from=at(400),
        outage_until=at(430),
        reason="机房断电",
        credited_by="ops",
        credited_at=at(440),
    )
    took = Telling().tell(outage, 440)

    def clock() -> dict:
        document = desk.get(f"/api/console/case-files/{CASE}", claims=SUPERVISOR).document
        return next(one for one in document["clocks"] if one["name"] == "appeal_review")

    take(console_database, *a_story(), *appeal.told)
    before = clock()
    take(console_database, took)
    after = clock()
    take(console_database, took)

    assert (before["due_at"], after["due_at"]) == (text_of(233 + 2 * 1440), text_of(353 + 30 + 2 * 1440))
    assert [mark["text"] for mark in after["marks"]] == ["补时"]
    assert clock() == after


def test_a_row_says_what_lies_and_whom_it_was_passed_up_to_until_somebody_acts(console_database, desk):
    telling = Telling()
    said = {"case_number": CASE, "responsible_unit": "u04"}
    telling.tell(assessment.AppealMade(**said, reason="暴雨", appealed_at=at(300)), 300)
    for post, minutes in (("shift_supervisor", 400), ("leader", 500)):
        fact = assessment.AppealEscalated(
            case_number=CASE, to=post, reason="申诉超时未初审", escalated_at=at(minutes)
        )
        telling.tell(fact, minutes)
    made, called, called_again = telling.told
    reviewed = assessment.AppealReviewed(
        **said, recommended=True, reason="属实", reviewer="d1", reviewed_at=at(600)
    )

    def callings() -> list[tuple[str, str, str]]:
        found = desk.get("/api/console/live?limit=1", claims=SUPERVISOR).document["rows"][0]["callings"]
        return [(one["post"], one["to"], one["reason"]) for one in found]

    take(console_database, *a_story(), made)
    assert callings() == []
    take(console_database, called)
    assert callings() == [("shift_supervisor", "值班长", "申诉超时未初审")]
    take(console_database, called_again, called)
    assert callings() == [("leader", "领导", "申诉超时未初审")]
    take(console_database, telling.tell(reviewed, 600))
    assert callings() == []


@pytest.mark.timed
def test_who_wrote_waits_for_what_was_written(console_database, desk):
    story = a_story()
    take(console_database, *story[:5])
    path = f"/api/console/reports/{REPORT}?at_least=case/{CASE}:1"
    later = threading.Timer(0.3, take, (console_database, story[5]))
    later.start()

    shown = desk.get(path, claims=SUPERVISOR)
    later.join()

    assert shown.status == 200
    assert shown.document["state"] == "awaiting_dispatch"


def test_what_does_not_come_in_two_seconds_is_answered_with_try_again(console_database, desk):
    take(console_database, *a_story()[:5])

    answer = desk.get(f"/api/console/reports/{REPORT}?at_least=case/{CASE}:1", claims=SUPERVISOR)

    assert answer.status == 409
    assert answer.document["type"] == "urn:qianliyan:problem:not-yet"
    assert answer.headers["Retry-After"] == "1"


def test_a_nonsensical_at_least_is_refused(desk):
    answer = desk.get(f"/api/console/case-files/{CASE}?at_least=everything", claims=SUPERVISOR)

    assert answer.status == 422
    assert answer.document["errors"][0]["field"] == "at_least"


def test_waiting_asks_at_least_once_and_ends():
    asked = []

    assert not wait_for(lambda: bool(asked.append(1)), longest=0, pause=0)
    assert asked == [1]


def test_case_files_are_found_by_words_and_state(console_database, desk):
    take(console_database, *a_story())
    take(console_database, *a_story("R2", "412", "call-2")[:2])

    def found(query: str) -> list[str]:
        answer = desk.get(f"/api/console/case-files?{query}", claims=SUPERVISOR).document
        return [one["number"] for one in answer["rows"]]

    assert found("q=志得街") == ["R2", CASE]
    assert found("q=市政设施管理所") == [CASE]
    assert found("q=志得街&state=received") == ["R2"]
    assert found("q=%25") == []
    first = desk.get("/api/console/case-files?limit=1", claims=SUPERVISOR).document
    assert found(f"limit=1&before={first['before']}") == [CASE]


def test_what_nobody_knows_is_not_found(desk):
    assert desk.get("/api/console/case-files/1", claims=SUPERVISOR).status == 404
    assert desk.get("/api/console/reports/1", claims=SUPERVISOR).status == 404


def test_only_who_has_the_right_reads_case_files(desk):
    assert desk.get("/api/console/live", claims=COLLECTOR).status == 403
    assert desk.get("/api/console/live").status == 401


def test_the_gauges_count_the_case_files_by_state(console_database):
    from console.service import cases_by_state

    take(console_database, *a_story())
    with closing(console_database), console_database.transaction() as tx:
        measured = {labels["state"]: value for _, labels, value in cases_by_state(tx.bound)}

    assert (measured["closed"], measured["received"]) == (1.0, 0.0)
