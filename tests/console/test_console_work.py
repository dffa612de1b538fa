"""Work counts: how much waits for each role, by the whole story of a case."""

from datetime import timedelta
from typing import Any

import pytest

from case_contracts import assessment, dispatch, hotline, intake
from case_contracts.codes import AnswerKind, SupervisionKind
from case_contracts.roles import Role
from case_contracts.wire import Envelope
from chassis.transactions import Database
from console.parked import ParkedMessage
from console.work import COUNTS
from tests.console.console_kit import CASE, REPORT, Desk, Telling, a_story, at

pytestmark = pytest.mark.infra

U4 = {"case_number": CASE, "round": 1, "dispatch_number": 2, "responsible_unit": "u04"}


def take(database: Database, *envelopes: Envelope) -> None:
    database.run(lambda tx: tx.bound.case_files.take(list(envelopes)))


def told_after(story: list[Envelope], *facts: tuple[Any, float]) -> list[Envelope]:
    """More facts after those of a story."""
    telling = Telling()
    for one in story:
        key = (one.source, one.subject)
        telling.sequences[key] = max(telling.sequences.get(key, 0), one.sequence)
    return [telling.tell(fact, minutes) for fact, minutes in facts]


@pytest.fixture
def work(desk: Desk):
    def work(*roles: str, person: str = "p1", **claims: Any) -> dict[str, int]:
        answer = desk.get("/api/console/work", claims={"sub": person, "roles": list(roles), **claims})
        assert answer.status == 200
        return {one["name"]: one["count"] for one in answer.document["counts"] if one["count"]}

    return work


def test_a_case_is_counted_where_it_waits_all_along_its_way(console_database, work):
    story = a_story()
    expected = [
        (1, {}, {}, {}),
        (2, {"received": 1}, {}, {}),
        (3, {"confirming": 1}, {}, {}),
        (4, {"received": 1}, {}, {}),
        (5, {}, {"awaiting_filing": 1}, {}),
        (6, {}, {}, {"awaiting_dispatch": 1}),
        (7, {}, {}, {}),
        (8, {}, {}, {"return_under_review": 1}),
        (9, {}, {}, {"awaiting_dispatch": 1}),
        (11, {}, {}, {}),
        (12, {"awaiting_verification": 1}, {}, {}),
        (13, {"verifying": 1}, {}, {}),
        (18, {}, {"awaiting_closing": 1}, {}),
        (19, {}, {}, {}),
    ]
    told = 0
    for count, intake_desk, filing_desk, dispatch_desk in expected:
        take(console_database, *story[told:count])
        told = count
        if count > 1:
            assert work("intake_operator") == intake_desk, count
        assert work("shift_supervisor") == filing_desk, count
        assert work("dispatcher") == dispatch_desk, count


def test_a_unit_counts_its_own_tasks_only(console_database, desk, work):
    take(console_database, *a_story()[:10])
    assert work("responsible_unit", unit="u04") == {"own_awaiting_signature": 1}
    assert work("responsible_unit", unit="u03") == {}
    take(console_database, a_story()[10])
    assert work("responsible_unit", unit="u04") == {"own_handling": 1}

    desk.now = at(4101)

    assert work("responsible_unit", unit="u04") == {"own_handling": 1, "own_overdue": 1}
    assert work("dispatcher") == {"overdue": 1}
    assert work("responsible_unit") == {}


def test_a_collector_counts_the_own_errands_only(console_database, work):
    take(console_database, *a_story()[:3])
    assert work("collector", person="c1") == {"own_confirming": 1}
    assert work("collector", person="c2") == {}

    take(console_database, *a_story()[3:13])

    assert work("collector", person="c2") == {"own_verifying": 1}
    assert work("collector", person="c1") == {}


def test_requests_are_counted_for_who_decides_them(console_database, work):
    story = a_story()[:11]
    first, granted, second = told_after(
        story,
        (dispatch.ExtensionAsked(**U4, reason="雨", count=1, asked_at=at(70)), 70),
        (dispatch.ExtensionGranted(**U4, count=1, due_at=at(9000), decided_by="d1", granted_at=at(71)), 71),
        (dispatch.ExtensionAsked(**U4, reason="雨", count=2, asked_at=at(72)), 72),
    )
    take(console_database, *story, first)
    assert work("dispatcher") == {"extension_pending": 1}
    assert work("shift_supervisor") == {}
    take(console_database, granted)
    assert work("dispatcher") == {}
    take(console_database, second)
    assert work("dispatcher") == {}
    assert work("shift_supervisor") == {"second_extension_pending": 1}


def test_a_supervision_order_is_counted_until_it_is_replied_to(console_database, work):
    story = a_story()[:11]
    ordered, fed_back, replied = told_after(
        story,
        (
            dispatch.SupervisionOrdered(
                **U4,
                order_number="D1",
                kind=SupervisionKind.LEADER,
                words="请速办",
                reply_by_at=at(500),
                ordered_by="s1",
                ordered_at=at(70),
            ),
            70,
        ),
        (
            dispatch.FeedbackSubmitted(
                **U4, text="已修补", photos=(), in_time=True, due_at=at(4100), fed_back_at=at(75)
            ),
            75,
        ),
        (
            dispatch.SupervisionReplied(
                **U4, order_number="D1", text="在办", in_time=True, replied_at=at(80)
            ),
            80,
        ),
    )
    take(console_database, *story, ordered)
    assert work("leader") == {"supervision_open": 1}
    assert work("responsible_unit", unit="u04") == {"own_handling": 1, "own_supervision_open": 1}

    take(console_database, fed_back)
    assert work("responsible_unit", unit="u04") == {"own_supervision_open": 1}

    take(console_database, replied)

    assert work("leader") == {}
    assert work("responsible_unit", unit="u04") == {}


def test_a_caller_is_counted_until_rung_back(console_database, work):
    take(console_database, *a_story()[:-2])
    assert work("hotline_agent") == {"call_back_due": 1}

    take(console_database, *a_story()[-2:])

    assert work("hotline_agent") == {}


def test_what_nobody_touches_is_counted_for_who_was_called(console_database, work):
    story = a_story()[:2]
    called, higher = told_after(
        story,
        (
            intake.ReportEscalated(
                report_number=REPORT, to="shift_supervisor", reason="超时", escalated_at=at(60)
            ),
            60,
        ),
        (intake.ReportEscalated(report_number=REPORT, to="leader", reason="超时", escalated_at=at(90)), 90),
    )
    take(console_database, *story, called)
    assert work("shift_supervisor") == {"escalated": 1}
    assert work("leader") == {}

    take(console_database, higher)

    assert work("leader") == {"escalated_to_leader": 1}
    assert work("shift_supervisor") == {}


def posts(work) -> tuple[int, int]:
    """How much the shift supervisor and the leader were called for."""
    return (
        work("shift_supervisor").get("escalated", 0),
        work("leader").get("escalated_to_leader", 0),
    )


def passed_up(to: str, minutes: float, **said: Any) -> tuple[dispatch.AssignmentEscalated, float]:
    fact = dispatch.AssignmentEscalated(
        case_number=CASE, round=1, to=to, reason="超时", escalated_at=at(minutes), **said
    )
    return fact, minutes


def test_a_decision_ends_the_calling_for_its_own_request_only(console_database, work):
    story = a_story()[:12]
    asked, also, lying, waiting, granted, refused = told_after(
        story,
        (dispatch.ExtensionAsked(**U4, reason="等材料", count=1, asked_at=at(200)), 200),
        (dispatch.SuspensionAsked(**U4, reason="雨季", until_at=at(9000), asked_at=at(201)), 201),
        passed_up("shift_supervisor", 320, about="extension"),
        passed_up("leader", 321, about="suspension"),
        (dispatch.SuspensionRefused(**U4, reason="可处置", decided_by="s", refused_at=at(330)), 330),
        (
            dispatch.ExtensionGranted(**U4, count=1, due_at=at(9999), decided_by="d", granted_at=at(340)),
            340,
        ),
    )
    take(console_database, *story, asked, also, lying, waiting)
    assert posts(work) == (0, 1)

    take(console_database, granted)
    assert posts(work) == (1, 0)
    take(console_database, refused)
    assert posts(work) == (0, 0)


def test_a_caller_whom_nobody_rings_is_counted_after_the_case_was_closed_until_somebody_tries(
    console_database, work
):
    story = a_story()[:-2]
    of = {"call_id": "call-1", "report_number": REPORT}
    supervisor, leader, tried = told_after(
        story,
        (
            hotline.CallBackEscalated(**of, to="shift_supervisor", reason="超时", escalated_at=at(9000)),
            9000,
        ),
        (hotline.CallBackEscalated(**of, to="leader", reason="超时", escalated_at=at(9100)), 9100),
        (hotline.CallBackTried(**of, kind=AnswerKind.CLOSED, attempts=1, tried_at=at(9200)), 9200),
    )
    take(console_database, *story, supervisor)
    assert posts(work) == (1, 0)
    take(console_database, leader)
    assert posts(work) == (0, 1)

    take(console_database, tried)

    assert posts(work) == (0, 0)


def test_an_appeal_that_lies_is_counted_until_its_step_is_done(console_database, work):
    story = a_story()
    of = {"case_number": CASE}
    made, called, reviewed, again, decided = told_after(
        story,
        (
            assessment.AppealMade(**of, responsible_unit="u04", reason="暴雨", appealed_at=at(9000)),
            9000,
        ),
        (assessment.AppealEscalated(**of, to="shift_supervisor", reason="超时", escalated_at=at(9100)), 9100),
        (
            assessment.AppealReviewed(
                **of,
                responsible_unit="u04",
                recommended=True,
                reason="属实",
                reviewer="d",
                reviewed_at=at(9200),
            ),
            9200,
        ),
        (assessment.AppealEscalated(**of, to="leader", reason="超时", escalated_at=at(9300)), 9300),
        (
            assessment.AppealGranted(**of, responsible_unit="u04", assessor="a", granted_at=at(9400)),
            9400,
        ),
    )
    seen = []
    take(console_database, *story)
    for fact in (made, called, reviewed, again, decided):
        take(console_database, fact)
        seen.append(posts(work))

    assert seen == [(0, 0), (1, 0), (0, 0), (0, 1), (0, 0)]


def test_a_closed_case_calls_the_leader_while_a_dissatisfied_reporter_waits(console_database, work):
    story = a_story()
    asked, called, declined = told_after(
        story,
        (
            intake.ReopeningAsked(
                case_number=CASE, report_number=REPORT, words="还是坏的", asked_at=at(9000)
            ),
            9000,
        ),
        (
            intake.CaseEscalated(
                case_number=CASE, round=2, to="leader", reason="重新处置审批超过时限", escalated_at=at(9061)
            ),
            9061,
        ),
        (
            intake.ReopeningDeclined(
                case_number=CASE, round=2, report_number=REPORT, reason="已修复", supervisor="s",
                declined_at=at(9100),
            ),
            9100,
        ),
    )  # fmt: skip
    take(console_database, *story, asked, called)
    assert posts(work) == (0, 1)

    take(console_database, declined)

    assert posts(work) == (0, 0)


def test_the_leader_finds_what_was_passed_up_in_the_search_of_case_files(console_database, desk):
    story = a_story()[:2]
    (called,) = told_after(
        story,
        (intake.ReportEscalated(report_number=REPORT, to="leader", reason="超时", escalated_at=at(90)), 90),
    )
    claims = {"sub": "p1", "roles": ["leader"]}
    take(console_database, *story)
    assert (
        desk.get("/api/console/case-files?matter=escalated_to_leader", claims=claims).document["rows"] == []
    )

    take(console_database, called)

    (row,) = desk.get("/api/console/case-files?matter=escalated_to_leader", claims=claims).document["rows"]
    assert row["number"] == REPORT
    assert desk.get("/api/console/case-files?matter=escalated", claims=claims).document["rows"] == []
    assert desk.get("/api/console/case-files?matter=weather", claims=claims).status == 422


def test_operations_counts_parked_messages(console_database, work):
    message = ParkedMessage(
        id="m1",
        queue="q",
        exchange="x",
        routing_key="k",
        message_id="1",
        content_type="text/plain",
        error_type="E",
        error="e",
        traceback="",
        frame="f",
        headers={},
        body=b"",
        parked_at=at(0),
    )
    console_database.run(lambda tx: tx.bound.parked.keep(message))

    assert work("operations") == {"parked": 1}
    assert work("administrator") == {}


def test_every_count_has_its_words_and_each_role_its_counts(desk):
    assert len({one.name for one in COUNTS}) == len(COUNTS)
    every_role = {"sub": "p1", "roles": [role.value for role in Role], "unit": "u03"}
    counts = desk.get("/api/console/work", claims=every_role).document["counts"]

    assert [(one["name"], one["text"]) for one in counts] == [(one.name, one.chinese) for one in COUNTS]
    assert desk.get("/api/console/work").status == 401


def test_nothing_is_late_before_its_time(console_database, desk, work):
    take(console_database, *a_story()[:11])
    desk.now = at(4100) - timedelta(seconds=1)

    assert "overdue" not in work("dispatcher")
