"""A story tells the same whatever order its facts came in, and each point of the journey has its state."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from case_contracts.dispatch import SuspensionAsked
from case_contracts.facts import FACTS
from case_contracts.readers import READERS
from case_contracts.wire import Envelope
from console import county, schemas
from console.sentences import SENTENCES, sentence
from console.showing import case_file, row
from console.story import Story
from console.told import Told, belonging
from console.words import AnswerState, Stage, State, stage_counts
from tests.console.console_kit import (
    AFTER,
    BEFORE,
    CASE,
    CHECKED,
    NAMES,
    REPORT,
    Telling,
    a_story,
    at,
    linked_report,
)


def told(envelope: Envelope) -> Told:
    return Told(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        sequence=envelope.sequence,
        time=envelope.time,
        data=envelope.data,
    )


def story_until(fact_type: str, nth: int = 1) -> Story:
    facts = []
    for envelope in a_story():
        facts.append(told(envelope))
        nth -= envelope.type == fact_type
        if nth == 0:
            break
    return Story(facts)


def without(*types: str) -> Story:
    return Story(told(envelope) for envelope in a_story() if envelope.type not in types)


JOURNEY = [
    ("problem_phoned_in", 1, State.RECEIVED, 1),
    ("report_received", 1, State.RECEIVED, 1),
    ("confirmation_asked", 1, State.CONFIRMING, 2),
    ("report_confirmed", 1, State.RECEIVED, 1),
    ("report_accepted", 1, State.AWAITING_FILING, 2),
    ("case_filed", 1, State.AWAITING_DISPATCH, 3),
    ("case_dispatched", 1, State.AWAITING_SIGNATURE, 4),
    ("case_sent_back", 1, State.RETURN_UNDER_REVIEW, 4),
    ("return_accepted", 1, State.AWAITING_DISPATCH, 3),
    ("case_dispatched", 2, State.AWAITING_SIGNATURE, 4),
    ("handling_started", 1, State.HANDLING, 4),
    ("feedback_submitted", 1, State.AWAITING_VERIFICATION, 5),
    ("verification_asked", 1, State.VERIFYING, 6),
    ("verification_failed", 1, State.REWORK, 4),
    ("rework_ordered", 1, State.REWORK, 4),
    ("feedback_submitted", 2, State.AWAITING_VERIFICATION, 5),
    ("verification_asked", 2, State.VERIFYING, 6),
    ("handling_verified", 1, State.AWAITING_CLOSING, 6),
    ("case_closed", 1, State.CLOSED, 7),
]


def test_each_fact_of_the_journey_leads_to_its_state_and_stage():
    seen = [(fact, nth, story_until(fact, nth).state) for fact, nth, _, _ in JOURNEY]

    assert seen == [(fact, nth, state) for fact, nth, state, _ in JOURNEY]
    assert [int(state.stage) for _, _, state in seen] == [stage for _, _, _, stage in JOURNEY]


@given(st.data())
def test_a_story_reads_the_same_in_every_order_and_with_every_fact_twice(data):
    facts = [told(envelope) for envelope in a_story()]
    again = data.draw(st.lists(st.sampled_from(facts), max_size=10))
    shuffled = data.draw(st.permutations([*facts, *again]))

    assert case_file(Story(shuffled), [], NAMES, county.edition_at) == case_file(
        Story(facts), [], NAMES, county.edition_at
    )


@given(st.data())
def test_any_part_of_a_story_can_be_shown(data):
    facts = [told(envelope) for envelope in a_story()]
    part = data.draw(st.lists(st.sampled_from(facts), min_size=1))

    shown = case_file(Story(part), [], NAMES, county.edition_at)

    assert shown["number"] in (REPORT, CASE)
    assert all(line["sentence"] for line in shown["flow"])


def test_an_end_stays_the_end_although_a_late_feedback_comes_after_it():
    late = told(next(envelope for envelope in a_story() if envelope.type == "feedback_submitted"))
    voided = Told(
        id="void",
        source="intake",
        type="case_voided",
        subject=f"case/{CASE}",
        sequence=2,
        time=late.time,
        data={"case_number": CASE, "round": 1, "reason": "误立"},
    )

    story = Story([*story_until("case_filed").flow, voided, late])

    assert story.state is State.VOIDED


def test_a_refused_return_goes_back_to_where_the_unit_stood():
    dispatched = story_until("case_dispatched").flow
    signed = story_until("handling_started").flow

    def refused(number: int, sequence: int) -> Told:
        data = {"case_number": CASE, "round": 1, "dispatch_number": number, "responsible_unit": "u03"}
        return Told(
            id="refused",
            source="dispatch",
            type="return_refused",
            subject=f"assignment/{CASE}",
            sequence=sequence,
            time=signed[-1].time,
            data=data,
        )

    assert Story([*dispatched, refused(1, 3)]).state is State.AWAITING_SIGNATURE
    assert Story([*signed, refused(2, 9)]).state is State.HANDLING


def test_a_gap_in_the_command_axis_is_filled_by_what_intake_says():
    assert without("feedback_submitted", "verification_asked").state is State.CLOSED
    assert without("case_closed", "handling_verified", "rework_ordered").state is State.VERIFYING


def test_nobody_has_the_task_after_an_accepted_return():
    story = story_until("return_accepted")

    assert (story.standing.responsible_unit, story.standing.due_at) == (None, None)


def test_a_row_has_what_the_first_screen_must_show():
    shown = row(story_until("handling_started"), NAMES)

    assert shown["number"] == CASE
    assert shown["report_number"] == REPORT
    assert shown["place"] == "文王路与志得街交叉口向西180米"
    assert shown["photo"] == BEFORE
    assert shown["grid"] == "第七责任网格"
    assert (shown["category"], shown["subcategory"], shown["kind"]) == ("市政设施", "道路破损", "事件")
    assert (shown["state_text"], shown["unit_name"]) == ("处置中", "市政设施管理所")


def test_pictures_stand_under_what_they_show():
    photos = case_file(story_until("case_closed"), [], NAMES, county.edition_at)["photos"]

    assert {kind: [one["sha256"] for one in shown] for kind, shown in photos.items()} == {
        "report": [BEFORE],
        "confirmation": [],
        "suspension": [],
        "feedback": [AFTER],
        "verification": [CHECKED],
    }


def test_what_shows_why_a_case_rests_stands_in_its_file():
    asked = SuspensionAsked(
        case_number=CASE,
        round=1,
        dispatch_number=1,
        responsible_unit="u07",
        reason="待春季补植",
        until_at=at(10_000),
        asked_at=at(60),
        photos=(CHECKED,),
    )
    resting = replace(told(Telling().tell(asked, 60)), id="asked", sequence=99)

    shown = case_file(Story([*map(told, a_story()), resting]), [], NAMES, county.edition_at)

    assert [one["sha256"] for one in shown["photos"]["suspension"]] == [CHECKED]


def test_the_answers_of_linked_reports_stand_in_the_file_too():
    linked = Story([told(envelope) for envelope in linked_report()])
    whole = Story([told(envelope) for envelope in a_story()])

    shown = case_file(whole, [linked], NAMES, county.edition_at)

    assert shown["linked_reports"] == ["R2020061500009"]
    assert [answer["state_text"] for answer in shown["answers"]] == ["已答复"]
    assert linked.state is State.LINKED
    assert linked.case_number is None


def test_an_answer_is_due_until_it_is_delivered():
    assert story_until("case_closed").answer is None
    assert story_until("call_back_due").answer is AnswerState.DUE
    assert story_until("caller_informed").answer is AnswerState.DELIVERED


def test_facts_of_one_moment_are_told_in_the_order_of_the_journey():
    flow = story_until("answer_delivered").flow

    assert [fact.type for fact in flow[:2]] == ["problem_phoned_in", "report_received"]
    assert [fact.type for fact in flow[-4:]] == [
        "case_closed",
        "call_back_due",
        "caller_informed",
        "answer_delivered",
    ]


def test_every_fact_about_a_case_has_its_sentence():
    elsewhere = ("person/", "post/", "handbook/", "outage/")
    assert READERS, "importing the readers fills the table of facts"
    about_cases = {kind.name for kind in FACTS.values() if not kind.subject_template.startswith(elsewhere)}

    assert set(SENTENCES) == about_cases


def test_sentences_are_whole_chinese_sentences():
    for envelope in a_story():
        said = sentence(envelope.type, envelope.data, NAMES)

        assert "{" not in said
        assert "None" not in said
    filed = next(envelope for envelope in a_story() if envelope.type == "case_filed")
    assert sentence("case_filed", filed.data, NAMES) == (
        f"值班长王值批准立案，案件编号 {CASE}，处置时限 3 工作日。"
    )


def test_a_fact_of_a_later_release_is_kept_and_changes_no_state():
    known = story_until("handling_started").flow
    newer = Told(
        id="new",
        source="dispatch",
        type="watched_by_drone",
        subject=f"assignment/{CASE}",
        sequence=99,
        time=known[-1].time,
        data={"case_number": CASE, "round": 1, "dispatch_number": 2},
    )

    story = Story([*known, newer])

    assert story.state is State.HANDLING
    assert story.standing.responsible_unit == "u04"
    assert "watched_by_drone" in case_file(story, [], NAMES, county.edition_at)["flow"][-1]["sentence"]


def test_the_strip_counts_what_is_under_way_and_what_was_closed():
    counts = stage_counts({"received": 2, "handling": 3, "rework": 1, "closed": 5, "voided": 7, "linked": 1})

    assert [one["count"] for one in counts] == [2, 0, 0, 4, 0, 0, 5]
    assert [one["name"] for one in counts] == [stage.chinese for stage in Stage]


def test_a_linked_report_does_not_become_part_of_the_case():
    received, linked = linked_report()

    assert belonging(received).report_number == "R2020061500009"
    assert belonging(linked).case_number is None
    assert belonging(linked).linked_case == CASE


def test_the_case_file_says_no_field_that_its_schema_does_not_know():
    shown = case_file(Story(map(told, a_story())), [], NAMES, county.edition_at)

    schema = schemas.CaseFile()
    assert set(shown) == set(schema.fields) - {"fields_"} | {"fields"}
    assert set(shown["fields"]) == set(schemas.CaseFields().fields)
    assert orjson.loads(orjson.dumps(schema.dump(shown))) == orjson.loads(orjson.dumps(shown))
