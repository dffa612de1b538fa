"""The clocks of a case file: whose time ran when, what held it up, and whether it was kept."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from case_contracts import assessment, dispatch, hotline, intake
from case_contracts.codes import AnswerKind, Source, Urgency
from case_contracts.wire import Envelope, time_text
from console import county
from console.clocks import clocks
from console.story import Story
from console.told import Told
from tests.console.console_kit import CASE, NAMES, REPORT, Telling, a_story, at

WORK: dict[str, Any] = {
    "case_number": CASE,
    "round": 1,
    "dispatch_number": 1,
    "responsible_unit": "u04",
}


def seen(envelopes: Iterable[Envelope]) -> list[dict[str, Any]]:
    known = told_of(envelopes)
    outages = [one for one in known if one.about == "outage"]
    story = Story(one for one in known if one.about != "outage")
    return clocks(story.flow, outages, NAMES, county.edition_at)


def told_of(envelopes: Iterable[Envelope]) -> list[Told]:
    return [
        Told(
            id=one.id,
            source=one.source,
            type=one.type,
            subject=one.subject,
            sequence=one.sequence,
            time=one.time,
            data=one.data,
        )
        for one in envelopes
    ]


def text(minutes: float) -> str:
    return time_text(at(minutes))


def minute(moment: str | None) -> float | None:
    return None if moment is None else (datetime.fromisoformat(moment) - at(0)).total_seconds() / 60


def besides(telling: Telling) -> list[Envelope]:
    """Told beside a whole story, whose facts have the same numbers."""
    return [replace(one, id=f"besides-{one.id}") for one in telling.told]


def dispatched() -> Telling:
    telling = Telling()
    telling.tell(
        dispatch.CaseDispatched(**WORK, due_at=at(600), dispatched_at=at(30), dispatcher="d1"),
        30,
    )
    return telling


def test_every_post_of_the_journey_has_its_clock_in_its_turn() -> None:
    runs = seen(a_story())

    assert [
        (one["text"], one["round"], minute(one["began_at"]), minute(one["ended_at"])) for one in runs
    ] == [
        ("受理", 1, 0, 22),
        ("核实", 1, 3, 20),
        ("立案", 1, 22, 25),
        ("派遣", 1, 25, 30),
        ("处置", 1, 30, 45),
        ("派遣", 1, 45, 50),
        ("处置", 1, 50, 90),
        ("派核查", 1, 90, 95),
        ("核查", 1, 95, 110),
        ("处置", 2, 111, 150),
        ("派核查", 2, 150, 160),
        ("核查", 2, 160, 170),
        ("结案", 2, 170, 180),
        ("回访", 1, 180, 200),
    ]


def test_the_time_for_accepting_rests_while_a_collector_looks() -> None:
    accepted = seen(a_story())[0]

    assert accepted["pauses"] == [{"began_at": text(3), "ended_at": text(20), "text": "核实"}]
    assert minute(accepted["due_at"]) == 15 + 17
    assert accepted["in_time"] is True


def test_a_unit_that_gave_the_task_back_neither_kept_its_time_nor_missed_it() -> None:
    given_back = next(one for one in seen(a_story()) if one["text"] == "处置")

    assert given_back["unit_name"] == "园林绿化中心"
    assert [pause["text"] for pause in given_back["pauses"]] == ["回退待审"]
    assert given_back["in_time"] is None


def test_a_suspended_task_shows_no_due_time_until_it_goes_on() -> None:
    telling = dispatched()
    telling.tell(
        dispatch.CaseSuspended(
            **WORK, reason="汛期", until_at=at(900), decided_by="s1", suspended_at=at(100)
        ),
        100,
    )
    standing = seen(telling.told)[-1]
    telling.tell(dispatch.CaseResumed(**WORK, due_at=at(1400), resumed_by="clock", resumed_at=at(900)), 900)
    going_on = seen(telling.told)[-1]

    assert (standing["due_at"], standing["pauses"][0]["ended_at"]) == (None, None)
    assert (minute(going_on["due_at"]), minute(going_on["pauses"][0]["ended_at"])) == (1400, 900)


def test_an_extension_and_a_credit_are_marked_and_move_the_due_time() -> None:
    telling = dispatched()
    telling.tell(
        dispatch.ExtensionGranted(**WORK, count=1, due_at=at(1200), decided_by="d1", granted_at=at(500)), 500
    )
    telling.tell(
        dispatch.OutageCredited(
            **WORK,
            outage_from=at(510),
            outage_until=at(520),
            due_at=at(1210),
            credited_by="ops",
            credited_at=at(530),
        ),
        530,
    )
    telling.tell(
        dispatch.FeedbackSubmitted(
            **WORK, text="已修", photos=(), due_at=at(1210), fed_back_at=at(1211), in_time=False
        ),
        1211,
    )
    handled = next(one for one in seen(telling.told) if one["name"] == "handle")

    assert [(mark["text"], minute(mark["at"])) for mark in handled["marks"]] == [("延期", 500), ("补时", 530)]
    assert (minute(handled["due_at"]), handled["in_time"]) == (1210, False)


def test_an_outage_gives_a_resting_acceptance_and_its_errand_their_own_time_back() -> None:
    outage: dict[str, Any] = {
        "report_number": REPORT,
        "outage_from": at(1),
        "outage_until": at(5),
        "credited_by": "ops",
        "credited_at": at(6),
    }
    telling = Telling()
    telling.tell(intake.ReportTimeCredited(**outage, credited_seconds=120, due_at=at(35), task_id="t-1"), 6)
    telling.tell(intake.ReportTimeCredited(**outage, credited_seconds=120), 6)

    accepted, confirmed = seen([*a_story(), *besides(telling)])[:2]

    assert (accepted["text"], minute(accepted["due_at"])) == ("受理", 15 + 2 + 17)
    assert (confirmed["text"], minute(confirmed["due_at"])) == ("核实", 35)
    assert [mark["text"] for mark in [*accepted["marks"], *confirmed["marks"]]] == ["补时", "补时"]


def test_an_outage_gives_the_dispatcher_and_the_closing_their_time_back() -> None:
    outage: dict[str, Any] = {
        "case_number": CASE,
        "outage_from": at(26),
        "outage_until": at(29),
        "credited_by": "ops",
    }
    telling = Telling()
    telling.tell(dispatch.DecisionTimeCredited(**outage, round=1, due_at=at(43), credited_at=at(29)), 29)
    telling.tell(
        intake.CaseTimeCredited(**outage, round=2, credited_seconds=180, due_at=at(233), credited_at=at(175)),
        175,
    )

    runs = seen([*a_story(), *besides(telling)])

    dispatching = next(one for one in runs if one["text"] == "派遣")
    closing = next(one for one in runs if one["text"] == "结案")
    assert (minute(dispatching["due_at"]), minute(closing["due_at"])) == (43, 233)
    marked = [one["text"] for one in runs for mark in one["marks"] if mark["text"] == "补时"]
    assert marked == ["派遣", "结案"]


def test_what_was_voided_stops_every_clock_without_a_judgement() -> None:
    telling = dispatched()
    telling.tell(
        intake.CaseVoided(
            case_number=CASE,
            round=1,
            report_numbers=(REPORT,),
            reason="误立",
            supervisor="s1",
            voided_at=at(60),
        ),
        60,
    )

    assert [(one["text"], minute(one["ended_at"]), one["in_time"]) for one in seen(telling.told)] == [
        ("处置", 60, None)
    ]


def test_a_self_handled_problem_is_judged_before_it_is_accepted() -> None:
    telling = Telling()
    number = "C2020061500001"
    telling.tell(
        intake.ReportReceived(
            report_number=number,
            source=Source.COLLECTOR,
            description="小广告",
            address="文王路",
            received_at=at(0),
            self_handled=True,
        ),
        0,
    )
    telling.tell(
        intake.ProblemSelfHandled(
            report_number=number,
            collector="c1",
            subcategory="I0203",
            photos=(),
            after_photos=(),
            handled_at=at(0),
        ),
        0,
    )
    telling.tell(
        intake.SelfHandlingJudged(
            report_number=number,
            collector="c1",
            valid=False,
            reason="未清净",
            supervisor="s1",
            judged_at=at(70),
        ),
        70,
    )

    assert [(one["text"], minute(one["due_at"]), one["in_time"]) for one in seen(telling.told)] == [
        ("自处置审核", 60, False),
        ("受理", 85, None),
    ]


# The day begins at 8:07, so 233 minutes later the noon rest begins, and at 353 the afternoon; 593 is 18:00.
NOON, AFTERNOON, NEXT_MORNING = 233, 353, 24 * 60 - 7


def an_outage(begin: float, end: float, told: float, name: str = "1") -> Envelope:
    fact = dispatch.OutageLogged(
        outage_id=name,
        outage_from=at(begin),
        outage_until=at(end),
        reason="机房断电",
        credited_by="ops",
        credited_at=at(told),
    )
    return Telling().tell(fact, told)


def asked(count: int = 1, minutes: float = 200) -> Telling:
    telling = dispatched()
    fact = dispatch.ExtensionAsked(**WORK, reason="雨", count=count, asked_at=at(minutes))
    telling.tell(fact, minutes)
    return telling


def run_of(name: str, envelopes: Iterable[Envelope]) -> dict[str, Any]:
    return next(one for one in seen(envelopes) if one["name"] == name)


def test_a_request_for_more_time_has_a_clock_in_working_time() -> None:
    telling = asked(minutes=200)
    open_run = run_of("extension", telling.told)
    granted = dispatch.ExtensionGranted(**WORK, count=1, due_at=at(1200), decided_by="d1", granted_at=at(430))
    telling.tell(granted, 430)
    decided = run_of("extension", telling.told)

    assert (open_run["text"], minute(open_run["due_at"]), open_run["in_time"]) == ("延期审批", 440, None)
    assert (minute(decided["ended_at"]), decided["in_time"]) == (430, True)


def test_a_request_in_an_urgent_case_has_an_hour_day_and_night() -> None:
    telling = dispatched()
    urgency = dispatch.UrgencyChanged(case_number=CASE, round=1, urgency=Urgency.URGENT, changed_at=at(100))
    telling.tell(urgency, 100)
    suspension = dispatch.SuspensionAsked(**WORK, reason="汛期", until_at=at(9000), asked_at=at(NOON - 10))
    telling.tell(suspension, NOON - 10)

    assert minute(run_of("suspension", telling.told)["due_at"]) == NOON - 10 + 60


def test_a_request_that_lapses_was_neither_decided_in_time_nor_late() -> None:
    telling = asked()
    telling.tell(
        dispatch.ExtensionRefused(**WORK, reason="已反馈", decided_by="clock", refused_at=at(210)),
        210,
    )

    lapsed = run_of("extension", telling.told)
    assert (minute(lapsed["ended_at"]), lapsed["in_time"]) == (210, None)


def test_an_outage_gives_who_decides_a_request_their_working_time_back_once() -> None:
    story = asked(minutes=200).told
    outage = an_outage(220, AFTERNOON + 5, AFTERNOON + 10)
    again = an_outage(225, AFTERNOON, AFTERNOON + 12, "2")

    for told in ([*story, outage], [*story, outage, again, outage]):
        credited = run_of("extension", told)
        assert minute(credited["due_at"]) == 440 + 13 + 5
        assert [(one["text"], minute(one["at"])) for one in credited["marks"]] == [("补时", AFTERNOON + 10)]


def test_an_outage_gives_nothing_to_what_had_ended_before_it_was_told() -> None:
    telling = asked(minutes=200)
    telling.tell(dispatch.ExtensionRefused(**WORK, reason="不同意", decided_by="d1", refused_at=at(441)), 441)

    refused = run_of("extension", [*telling.told, an_outage(210, 220, 445)])

    assert (minute(refused["due_at"]), refused["in_time"], refused["marks"]) == (440, False, [])


def call_backs() -> Telling:
    telling = Telling()
    kind = AnswerKind.CLOSED
    due = intake.CallBackDue(report_number=REPORT, kind=kind, text="路面已修好", due_since=at(180))
    telling.tell(due, 180)
    tried = hotline.CallBackTried(
        call_id="call-1", report_number=REPORT, kind=kind, attempts=1, tried_at=at(200)
    )
    telling.tell(tried, 200)
    return telling


def test_a_caller_who_does_not_answer_is_rung_again_from_the_next_half_day_on() -> None:
    tried, waiting = seen(call_backs().told)

    assert (tried["text"], minute(tried["due_at"]), tried["in_time"]) == ("回访", 180 + 240 + 120, True)
    assert waiting["pauses"] == [{"began_at": text(200), "ended_at": text(NOON), "text": "待再次拨打"}]
    assert minute(waiting["due_at"]) == AFTERNOON + 240


def test_a_caller_who_is_reached_before_the_next_half_day_was_waited_for_until_then_only() -> None:
    telling = call_backs()
    telling.tell(
        hotline.CallerUnreachable(
            call_id="call-1",
            report_number=REPORT,
            kind=AnswerKind.CLOSED,
            attempts=2,
            given_up_at=at(210),
        ),
        210,
    )

    waited = seen(telling.told)[1]
    assert (minute(waited["pauses"][0]["ended_at"]), minute(waited["ended_at"])) == (210, 210)


def appealed() -> Telling:
    telling = Telling()
    unit = {"case_number": CASE, "responsible_unit": "u04"}
    telling.tell(assessment.AppealMade(**unit, reason="暴雨", appealed_at=at(233)), 233)
    telling.tell(
        assessment.AppealReviewed(
            **unit, recommended=True, reason="属实", reviewer="d1", reviewed_at=at(NEXT_MORNING)
        ),
        NEXT_MORNING,
    )
    telling.tell(
        assessment.AppealGranted(**unit, assessor="a1", granted_at=at(NEXT_MORNING + 10)), NEXT_MORNING + 10
    )
    return telling


def test_both_steps_of_an_appeal_have_their_working_days() -> None:
    review, decision = seen(appealed().told)

    assert (review["text"], minute(review["due_at"]), review["in_time"]) == (
        "申诉初审",
        NOON + 2 * 1440,
        True,
    )
    # Three working days from Tuesday morning end on Thursday at 18:00.
    assert (decision["text"], minute(decision["due_at"])) == ("申诉决定", 593 + 3 * 1440)
    assert decision["in_time"] is True


@given(st.data())
def test_the_clocks_read_the_same_in_every_order_and_with_every_fact_twice(data: st.DataObject) -> None:
    facts = [
        *asked(minutes=150).told,
        *call_backs().told,
        *appealed().told,
        an_outage(160, 170, 172),
        an_outage(165, 210, 215, "2"),
    ]
    again = data.draw(st.lists(st.sampled_from(facts), max_size=6))
    shuffled = data.draw(st.permutations([*facts, *again]))

    assert seen(shuffled) == seen(facts)
