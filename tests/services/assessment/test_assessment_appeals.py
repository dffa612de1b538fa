"""Appeals: by the unit that was late, once, after the closing; reviewed, then decided."""

import threading
from datetime import UTC, datetime

import pytest
from assessment_kit import (
    AGENT,
    ASSESSOR,
    DAY,
    DISPATCHER,
    JUNE,
    Desk,
    Life,
    a_closed_life,
    deliver,
    envelopes,
    unit_of,
)

from case_contracts import facts, wire
from case_contracts.console import HandbookPublished
from case_contracts.dispatch import OutageLogged
from chassis.wakes import fire_until
from services.assessment.service import app

pytestmark = pytest.mark.infra

MONDAY = JUNE + 14 * DAY
UNIT = unit_of("u01")


def a_late_life(serial: int = 1) -> Life:
    return (
        Life(serial).received(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01", days=1)
        .fed_back(MONDAY + 2 * DAY)
        .verified(MONDAY + 2 * DAY).closed(MONDAY + 2 * DAY)
    )  # fmt: skip


def appeal(desk: Desk, life: Life, by=UNIT, reason: str = "连日暴雨，无法施工", **named):
    return desk.post("appeals", {"case_number": life.case_number, "reason": reason}, by=by, **named)


def review(desk: Desk, life: Life, by=DISPATCHER, **said):
    said = {"recommended": True, "reason": "情况属实", **said}
    return desk.post(f"appeals/{life.case_number}/review", said, by=by)


def decide(desk: Desk, life: Life, by=ASSESSOR, **said):
    return desk.post(f"appeals/{life.case_number}/decide", {"granted": True, **said}, by=by)


def announced(ledger) -> list[wire.Envelope]:
    with ledger.transaction() as tx:
        return [
            wire.decode(bytes(body))
            for body in tx.execute("select body from outbox order by position").scalars()
        ]


@pytest.fixture
def late(ledger) -> Life:
    life = a_late_life()
    deliver(ledger, envelopes(life))
    return life


def test_an_appeal_goes_its_way_and_the_figures_follow_its_facts(ledger, desk, late):
    status, made = appeal(desk, late)
    assert (status, made["state_text"], made["responsible_unit"]) == (201, "待初审", "u01")
    assert review(desk, late)[1]["state_text"] == "待决定"
    assert decide(desk, late)[1]["state_text"] == "申诉通过"

    told = announced(ledger)
    assert [(fact.type, fact.subject, fact.sequence) for fact in told] == [
        (name, f"appeal/{late.case_number}", number)
        for number, name in enumerate(["appeal_made", "appeal_reviewed", "appeal_granted"], 1)
    ]
    assert (made["subject"], made["sequence"]) == (told[0].subject, 1)
    before = desk.rates()["handling_punctuality"]
    deliver(ledger, told)
    assert (before, desk.rates()["handling_punctuality"]) == (0, 1)
    _, story = desk.get(f"ledger/{late.case_number}")
    assert [fact["type"] for fact in story["facts"]][-3:] == [fact.type for fact in told]


def test_the_facts_of_an_appeal_that_come_twice_count_once(ledger, desk, late):
    appeal(desk, late)
    review(desk, late)
    decide(desk, late)

    deliver(ledger, announced(ledger) * 2)

    counts = desk.counts()
    assert (counts["appeals"], counts["appeals_granted"], counts["handled_in_time"]) == (1, 1, 1)


def test_a_case_is_appealed_for_once(desk, late):
    appeal(desk, late, key="one")
    assert appeal(desk, late, key="one")[0] == 201

    status, refused = appeal(desk, late)

    assert (status, refused["type"]) == (409, "urn:qianliyan:problem:cannot-appeal")
    assert "已经申诉过一次" in refused["detail"]


def test_two_appeals_at_the_same_moment_are_one(ledger, desk, late):
    answers: list[int] = []
    clerks = [threading.Thread(target=lambda: answers.append(appeal(desk, late)[0])) for _ in range(4)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()

    assert sorted(answers) == [201, 409, 409, 409]
    assert len(announced(ledger)) == 1


@pytest.mark.parametrize(
    ("life", "reason"),
    [
        (a_closed_life(2, MONDAY), "没有超时"),
        (
            Life(3).received(MONDAY).filed(MONDAY).dispatched(MONDAY, days=1).fed_back(MONDAY + 2 * DAY),
            "尚未结案",
        ),
        (a_late_life(4).reopened(MONDAY + 5 * DAY), "尚未结案"),
        (a_late_life(5).force_closed(MONDAY + 5 * DAY), "尚未结案"),
    ],
)
def test_only_a_closed_and_late_case_is_appealed_for(ledger, desk, life, reason):
    deliver(ledger, envelopes(life))

    status, refused = appeal(desk, life)

    assert status == 409
    assert reason in refused["detail"]
    assert announced(ledger) == []


def test_a_unit_appeals_for_its_own_cases_only_and_learns_nothing_of_others(ledger, desk, late):
    nobodys = Life(99)

    of_another = appeal(desk, late, by=unit_of("u02"))
    of_nobody = appeal(desk, nobodys, by=unit_of("u02"))
    assert (of_another[0], of_another[1]["type"]) == (404, "urn:qianliyan:problem:not-found")
    assert str(of_another).replace(late.case_number, nobodys.case_number) == str(of_nobody)
    appeal(desk, late)
    assert desk.get("appeals", by=unit_of("u02"))[1]["appeals"] == []
    assert desk.get("appeals", by=unit_of("u02"), responsible_unit="u01")[1]["appeals"] == []
    assert desk.get(f"appeals/{late.case_number}", by=unit_of("u02"))[0] == 404
    assert desk.get(f"appeals/{late.case_number}", by=UNIT)[1]["reason"] == "连日暴雨，无法施工"


def test_everybody_keeps_to_their_part(desk, late):
    refused = [appeal(desk, late, by=ASSESSOR), appeal(desk, late, by=DISPATCHER)]
    appeal(desk, late)
    refused += [review(desk, late, by=UNIT), review(desk, late, by=ASSESSOR)]
    review(desk, late)
    refused += [decide(desk, late, by=DISPATCHER), decide(desk, late, by=UNIT)]
    refused += [desk.get("appeals", by=AGENT), desk.get("appealable-cases", by=ASSESSOR)]

    assert [status for status, _ in refused] == [403] * 8


def test_the_assessor_decides_after_the_dispatcher_and_once(desk, late):
    appeal(desk, late)
    assert decide(desk, late)[0] == 409
    review(desk, late, recommended=False, reason="雨只下了一天")
    assert review(desk, late)[0] == 409

    status, refused = decide(desk, late, granted=False, reason="证据不足")

    assert (status, refused["state_text"], refused["review"]) == (200, "申诉未通过", "雨只下了一天")
    assert decide(desk, late)[0] == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"case_number": "1", "reason": " "}, "reason"),
        ({"case_number": "1", "reason": "长" * 501}, "reason"),
        ({"case_number": "", "reason": "雨"}, "case_number"),
        ({"case_number": "1", "reason": "雨", "unit": "u01"}, "unit"),
    ],
)
def test_an_appeal_that_breaks_a_rule_is_refused_with_the_field(ledger, desk, body, field):
    status, refused = desk.post("appeals", body, by=UNIT)

    assert (status, [error["field"] for error in refused["errors"]]) == (422, [field])


def test_a_refusal_needs_its_reason(desk, late):
    appeal(desk, late)
    review(desk, late)

    status, refused = decide(desk, late, granted=False, reason=" ")

    assert (status, refused["errors"][0]["field"]) == (422, "reason")


def test_lists_are_for_those_who_work_on_them(ledger, desk):
    lives = [a_late_life(serial) for serial in range(1, 6)]
    deliver(ledger, envelopes(*lives))
    assert sorted(desk.get("appealable-cases", by=UNIT)[1]["case_numbers"]) == [
        one.case_number for one in lives
    ]
    for life in lives[:4]:
        desk.now += DAY
        appeal(desk, life)
    review(desk, lives[0])

    assert desk.get("appealable-cases", by=UNIT)[1]["case_numbers"] == [lives[4].case_number]
    _, waiting = desk.get("appeals", by=DISPATCHER, state="made")
    assert [one["case_number"] for one in waiting["appeals"]] == [one.case_number for one in lives[3:0:-1]]
    _, first = desk.get("appeals", limit=3)
    _, rest = desk.get("appeals", limit=3, after=first["after"])
    assert [one["case_number"] for one in first["appeals"] + rest["appeals"]] == [
        one.case_number for one in lives[3::-1]
    ]


def test_what_may_not_be_appealed_for_takes_no_place_in_the_units_list(ledger, desk):
    may = a_late_life(1)
    open_again = a_late_life(2).reopened(MONDAY + 5 * DAY).fed_back(MONDAY + 20 * DAY)
    of_another = (
        Life(3).received(MONDAY).filed(MONDAY).dispatched(MONDAY, "u01", days=1).fed_back(MONDAY + 9 * DAY)
        .refiled(MONDAY + 9 * DAY).dispatched(MONDAY + 9 * DAY, "u02", days=1).fed_back(MONDAY + 11 * DAY)
        .closed(MONDAY + 12 * DAY)
    )  # fmt: skip
    deliver(ledger, envelopes(may, open_again, of_another))

    with ledger.transaction() as tx:
        assert tx.bound.appealable("u01", 1) == [may.case_number]
        assert tx.bound.appealable("u02", 1) == [of_another.case_number]


# --- nobody decides --------------------------------------------------------------------------------------

SUPERVISOR = {"sub": "supervisor-1", "roles": ["shift_supervisor"]}
LEADER = {"sub": "leader-1", "roles": ["leader"]}


def at_local(text: str) -> datetime:
    return datetime.fromisoformat(f"2020-{text}+08:00").astimezone(UTC)


def called(desk: Desk, by, post: str) -> list[str]:
    status, found = desk.get("appeals", by=by, post=post)
    assert status == 200, found
    return [one["case_number"] for one in found["appeals"]]


def escalations(ledger) -> list[tuple]:
    return [
        (one.data["to"], one.data["reason"], one.time)
        for one in announced(ledger)
        if one.type == "appeal_escalated"
    ]


def test_an_appeal_that_nobody_reviews_stands_in_the_list_of_the_post_that_was_called(ledger, desk, late):
    appeal(desk, late)  # Saturday 1 August
    assert called(desk, SUPERVISOR, "shift_supervisor") == []
    fire_until(ledger, app.wakes, at_local("08-04T18:00"))
    assert called(desk, SUPERVISOR, "shift_supervisor") == [late.case_number]

    fire_until(ledger, app.wakes, at_local("08-31T18:00"))

    assert called(desk, SUPERVISOR, "shift_supervisor") == []
    assert called(desk, LEADER, "leader") == [late.case_number]
    assert desk.get(f"appeals/{late.case_number}")[1]["called"] == "leader"
    assert escalations(ledger) == [
        ("shift_supervisor", "申诉超时未初审", at_local("08-04T18:00")),
        ("leader", "申诉超时未初审", at_local("08-06T18:00")),
    ]


def test_each_step_that_is_done_takes_an_appeal_from_the_called_post(ledger, desk, late):
    appeal(desk, late)
    fire_until(ledger, app.wakes, at_local("08-04T18:00"))
    desk.now = at_local("08-05T00:00")
    review(desk, late)
    assert called(desk, SUPERVISOR, "shift_supervisor") == []

    fire_until(ledger, app.wakes, at_local("08-07T18:00"))
    assert called(desk, LEADER, "leader") == [late.case_number]
    decide(desk, late)

    assert called(desk, LEADER, "leader") == []
    assert fire_until(ledger, app.wakes, at_local("09-30T18:00")) == 0
    assert [to for to, _, _ in escalations(ledger)] == ["shift_supervisor", "leader"]


def test_a_wake_up_that_fires_twice_calls_nobody_twice(ledger, desk, late):
    appeal(desk, late)
    fire_until(ledger, app.wakes, at_local("08-04T18:00"))
    with ledger.transaction() as tx:
        app.wakes.call(tx, "decide_appeal", late.case_number, {}, at=at_local("08-04T18:00"))

    assert len(escalations(ledger)) == 1


def test_an_outage_gives_whoever_reviews_an_appeal_the_working_time_back_once(ledger, desk, late):
    appeal(desk, late)
    outage = OutageLogged(
        outage_id="o-1", outage_from=at_local("08-03T16:00"), outage_until=at_local("08-04T09:00"),
        reason="机房停电", credited_by="operations-1", credited_at=at_local("08-04T09:00"),
    )  # fmt: skip
    for number in (1, 2):
        told = facts.seal(outage, id=f"o-{number}", time=at_local("08-04T09:00"), sequence=number)
        deliver(ledger, [told, told])

    fire_until(ledger, app.wakes, at_local("08-05T10:59"))
    assert escalations(ledger) == []
    fire_until(ledger, app.wakes, at_local("08-05T11:00"))

    assert [to for to, _, _ in escalations(ledger)] == ["shift_supervisor"]


def test_an_appeal_from_before_there_was_a_limit_is_given_one_when_the_wake_up_fires(ledger, desk, late):
    appeal(desk, late)
    with ledger.transaction() as tx:
        tx.execute("update appeals set body = body - 'clock'")
        app.wakes.call(tx, "decide_appeal", late.case_number, {}, at=at_local("08-10T08:00"))
    assert escalations(ledger) == []

    fire_until(ledger, app.wakes, at_local("08-11T18:00"))

    assert [to for to, _, _ in escalations(ledger)] == ["shift_supervisor"]


def test_the_escalations_of_an_appeal_count_once_and_never_against_the_unit(ledger, desk, late):
    appeal(desk, late)
    fire_until(ledger, app.wakes, at_local("08-31T18:00"))
    deliver(ledger, announced(ledger) * 2)

    counts = desk.counts()
    names = ("escalated_appeals", "escalated_to_supervisor", "escalated_to_leader")
    assert [counts[name] for name in names] == [2, 1, 1]
    (unit,) = desk.get("units")[1]["units"]
    assert (unit["counts"]["escalated_to_supervisor"], unit["counts"]["escalated_to_leader"]) == (0, 0)


def test_a_published_handbook_is_to_be_fetched_and_told_twice_once(ledger):
    published = HandbookPublished(version="2020-2", sha256="ab" * 32, valid_from=JUNE, published_at=JUNE)
    told = facts.seal(published, id="handbook-1", time=JUNE, sequence=1)
    deliver(ledger, [told, told])
    deliver(ledger, [told])

    with ledger.transaction() as tx:
        found = tx.execute("select version from fetched_versions where content is null").scalars().all()
    assert found == ["2020-2"]
