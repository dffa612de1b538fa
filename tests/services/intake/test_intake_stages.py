"""The journey of reports and cases through intake's stages, on both stores."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from intake_builders import (
    ANOTHER_COLLECTOR,
    COLLECTOR,
    LATER,
    NOON,
    OPERATOR,
    PHOTO_BEFORE,
    PHOTO_SEEN,
    SUPERVISOR,
    VIDEO_SEAT,
    a_dispatch,
    a_feedback,
    a_gateway,
    all_dispatch_facts,
    dispatch_facts,
    informed,
    names,
    unreachable,
)
from intake_journey import (
    CELL,
    HANDBOOK,
    INSIDE,
    KIND,
    OUTSIDE,
    STANDARD,
    a_closed_case,
    a_filed_case,
    an_account,
    answer_of,
    case_of,
    close,
    confirmed,
    do,
    filed,
    flow,
    person,
    phoned_in,
    proposal,
    proposed,
    received,
    report_of,
    told,
    verified,
)

from case_contracts.codes import AnswerKind, Source, Urgency
from case_contracts.console import AccountChanged, AccountClosed
from case_contracts.roles import SYSTEM, NotAllowed, Role
from chassis.statements import Statements
from services.intake.domain.answer import AnswerState
from services.intake.domain.case import CaseState
from services.intake.domain.position import Reading
from services.intake.domain.refusals import MoveNotAllowed, NoCollectorAvailable, NotFound, RuleBroken
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, TaskState
from services.intake.ports import RevealsWanted
from services.intake.stages import (
    answering,
    closing,
    confirmation,
    filing,
    linking,
    raising_urgency,
    reporting,
    surveying,
    verification,
)
from services.intake.stages.surveying import Finding

pytestmark = pytest.mark.usefixtures("ready_centre")


# --- the normal path ----------------------------------------------------------------------------------------


def test_a_collectors_report_becomes_a_case_is_verified_closed_and_answered(intake: Any) -> None:
    number = received(intake)
    case = filed(intake, number)
    intake.read(a_dispatch(case), at=LATER)
    asked = verified(intake, case)
    close(intake, case)

    assert (number, case) == ("R2020061500001", "4105232020061500001")
    assert names(intake.announced()) == [
        "report_received",
        "report_accepted",
        "case_filed",
        "verification_asked",
        "handling_verified",
        "case_closed",
        "answer_due",
    ]
    assert asked.collector == ANOTHER_COLLECTOR.person_id
    assert report_of(intake, number).state is ReportState.FILED
    closed = case_of(intake, case)
    assert (closed.state, closed.owner, closed.due_at) == (CaseState.CLOSED, None, None)
    assert flow(intake, f"report/{number}") == ["report", "propose_filing", "file_case", "open_answer"]
    assert flow(intake, f"case/{case}") == [
        "file_case",
        "follow_case_dispatched",
        "follow_feedback_submitted",
        "ask_verification",
        "verify",
        "close_case",
    ]


def test_case_filed_carries_all_that_dispatch_needs(intake: Any) -> None:
    case = filed(intake, received(intake))

    fact = next(fact for fact in intake.announced() if fact.name == "case_filed")
    standard = HANDBOOK.standards[STANDARD]
    assert (fact.case_number, fact.round, fact.source) == (case, 1, Source.COLLECTOR)
    assert (fact.subcategory, fact.filing_standard) == (KIND, STANDARD)
    assert (fact.limit, fact.limit_unit) == (standard.limit, standard.limit_unit.value)
    assert fact.closing_condition == standard.closing_condition
    assert (fact.unit_grid_code, fact.responsibility_grid) == (CELL.code, CELL.responsibility_grid)
    assert (fact.photos, fact.supervisor) == ((PHOTO_BEFORE,), SUPERVISOR.person_id)
    assert fact.handbook_version == HANDBOOK.version


def test_a_call_is_confirmed_filed_closed_and_called_back(intake: Any) -> None:
    number = phoned_in(intake)
    collector = confirmed(intake, number)
    case = a_closed_case(intake, number)

    assert answer_of(intake, number).state is AnswerState.SENT
    intake.read(informed(number, AnswerKind.CLOSED), at=LATER)

    assert answer_of(intake, number).state is AnswerState.DELIVERED
    assert names(intake.announced())[-3:] == ["case_closed", "call_back_due", "answer_delivered"]
    assert case_of(intake, case).photos == (PHOTO_SEEN,)
    with intake.transaction() as tx:
        sent = [task.collector for task in tx.tasks.of_report(number)]
    assert len(sent) == len(set(sent)) == 2
    assert collector in sent


def test_numbers_count_by_the_countys_day_and_the_case_number_by_the_day_of_filing(intake: Any) -> None:
    before_midnight = datetime.fromisoformat("2020-06-15T23:59:59+08:00")
    after_midnight = before_midnight + timedelta(seconds=1)

    numbers = [received(intake, at=at) for at in (before_midnight, before_midnight, after_midnight)]
    do(intake, filing.propose_filing, HANDBOOK, numbers[0], proposal(), by=OPERATOR)
    case = do(intake, filing.file_case, HANDBOOK, numbers[0], by=SUPERVISOR, at=after_midnight)

    assert numbers == ["R2020061500001", "R2020061500002", "R2020061600001"]
    assert case.case_number == "4105232020061600001"


def test_a_number_whose_transaction_failed_is_given_again(intake: Any) -> None:
    def then_fails() -> None:
        with intake.transaction() as tx:
            reporting.receive_report(tx, HANDBOOK, told(), at=NOON, by=COLLECTOR)
            raise KeyError

    with pytest.raises(KeyError):
        then_fails()

    assert received(intake) == "R2020061500001"
    assert names(intake.announced()) == ["report_received"]


# --- reporting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "source", "expected"),
    [
        (COLLECTOR, None, Source.COLLECTOR),
        (VIDEO_SEAT, None, Source.VIDEO),
        (a_gateway(Source.WECHAT), None, Source.WECHAT),
        (a_gateway(Source.OPEN311), Source.OPEN311, Source.OPEN311),
        (a_gateway(Source.TRANSFERRED_12345), None, Source.TRANSFERRED_12345),
        (OPERATOR, Source.LEADER, Source.LEADER),
        (OPERATOR, Source.PUBLIC_PAGE, Source.PUBLIC_PAGE),
    ],
)
def test_who_reports_decides_the_source(intake: Any, by: Any, source: Any, expected: Source) -> None:
    number = received(intake, by=by, source=source)

    assert report_of(intake, number).source is expected


@pytest.mark.parametrize(
    ("by", "changes", "field"),
    [
        (OPERATOR, {"source": None}, "source"),
        (COLLECTOR, {"source": Source.LEADER}, "source"),
        (a_gateway(Source.WECHAT), {"source": Source.OPEN311}, "source"),
        (a_gateway(Source.LEADER), {}, "source"),
        (COLLECTOR, {"photos": ()}, "photos"),
        (VIDEO_SEAT, {"photos": ()}, "photos"),
        (COLLECTOR, {"position": None}, "position"),
        (COLLECTOR, {"photos": (PHOTO_BEFORE, "d" * 64)}, "photos"),
        (COLLECTOR, {"subcategory": "I9999"}, "subcategory"),
        (COLLECTOR, {"subcategory": None, "component_code": "4105230101000001"}, "component_code"),
    ],
)
def test_a_report_that_breaks_a_rule_is_not_stored(
    intake: Any, by: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleBroken) as broken:
        received(intake, by=by, **changes)

    assert broken.value.field == field
    assert intake.announced() == []
    assert received(intake) == "R2020061500001"


def test_a_citizen_may_report_without_photo_kind_or_position(intake: Any) -> None:
    number = received(
        intake, by=a_gateway(Source.WECHAT), photos=(), position=None, subcategory=None, reporter=b"sealed"
    )

    report = report_of(intake, number)
    assert (report.position, report.reporter_ref) == (None, f"intake/{number}")
    with intake.transaction() as tx:
        assert tx.reporters.find(f"intake/{number}") == b"sealed"


def test_the_position_keeps_its_raw_values_and_falls_into_its_grids(intake: Any) -> None:
    inside = report_of(intake, received(intake)).position
    outside = report_of(intake, received(intake, position=OUTSIDE)).position

    assert (inside.unit_grid_code, inside.responsibility_grid) == (CELL.code, CELL.responsibility_grid)
    assert (inside.raw_lon, inside.raw_lat, inside.datum) == (INSIDE.lon, INSIDE.lat, "wgs84")
    assert (outside.unit_grid_code, outside.responsibility_grid) == (None, None)


def test_a_complete_report_is_filed_by_itself_when_the_county_wants_it(intake: Any) -> None:
    with intake.transaction() as tx:
        reporting.receive_report(tx, HANDBOOK, told(), at=NOON, by=COLLECTOR, files_by_itself=True)
        reporting.receive_report(
            tx, HANDBOOK, told(position=OUTSIDE), at=NOON, by=COLLECTOR, files_by_itself=True
        )
        reporting.receive_report(
            tx, HANDBOOK, told(), at=NOON, by=a_gateway(Source.WECHAT), files_by_itself=True
        )

    assert names(intake.announced()) == [
        "report_received",
        "report_accepted",
        "case_filed",
        "report_received",
        "report_received",
    ]
    assert case_of(intake, "4105232020061500001").supervisor == SYSTEM.person_id


def test_every_look_at_a_reporter_needs_a_reason_and_the_right(intake: Any) -> None:
    number = received(intake, by=a_gateway(Source.WECHAT), reporter=b"sealed")

    assert do(intake, reporting.reveal_reporter, number, "核对地址", by=OPERATOR) == b"sealed"
    with intake.transaction() as tx:
        (seen,) = tx.reporters.reveals(RevealsWanted(person_id=OPERATOR.person_id, since=LATER))
        assert (seen.report_number, seen.reason, seen.at) == (number, "核对地址", LATER)
        assert tx.reporters.reveals(RevealsWanted(before=seen.reveal_id)) == []
        assert tx.reporters.reveals(RevealsWanted(until=LATER)) == []
    with pytest.raises(RuleBroken):
        do(intake, reporting.reveal_reporter, number, " ", by=OPERATOR)
    with pytest.raises(NotAllowed):
        do(intake, reporting.reveal_reporter, number, "好奇", by=COLLECTOR)


# --- confirmation and filing --------------------------------------------------------------------------------


def test_a_report_that_was_denied_can_be_refused_or_confirmed_again_but_not_filed(intake: Any) -> None:
    number = phoned_in(intake)
    confirmed(intake, number, Outcome.DENIED)

    with pytest.raises(RuleBroken) as broken:
        proposed(intake, number)
    confirmed(intake, number)
    proposed(intake, number)

    assert broken.value.field == "report_number"
    assert report_of(intake, number).state is ReportState.AWAITING_FILING
    assert names(intake.announced()) == [
        "report_received",
        "confirmation_asked",
        "report_denied",
        "confirmation_asked",
        "report_confirmed",
        "report_accepted",
    ]


@pytest.mark.parametrize("source", [Source.WECHAT, Source.OPEN311, Source.TRANSFERRED_12345])
def test_a_citizens_report_must_be_confirmed_before_it_is_proposed(intake: Any, source: Source) -> None:
    number = received(intake, by=a_gateway(source))

    with pytest.raises(RuleBroken):
        proposed(intake, number)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subcategory": "I9999"}, "subcategory"),
        ({"filing_standard": "nothing"}, "filing_standard"),
        ({"position": OUTSIDE}, "position"),
        (
            {"filing_standard": next(s.id for s in HANDBOOK.standards.values() if s.subcategory != KIND)},
            "filing_standard",
        ),
    ],
)
def test_a_proposal_that_breaks_a_rule_changes_nothing(
    intake: Any, changes: dict[str, Any], field: str
) -> None:
    number = received(intake)

    with pytest.raises(RuleBroken) as broken:
        do(intake, filing.propose_filing, HANDBOOK, number, proposal(**changes), by=OPERATOR)

    assert broken.value.field == field
    assert report_of(intake, number).state is ReportState.RECEIVED
    assert report_of(intake, number).position.unit_grid_code == CELL.code


def test_a_report_that_is_not_accepted_is_answered_with_the_reason(intake: Any) -> None:
    number = received(intake, by=a_gateway(Source.WECHAT))

    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    assert report_of(intake, number).state is ReportState.NOT_ACCEPTED
    answer = answer_of(intake, number)
    assert (answer.kind, answer.channel, answer.state) == (
        AnswerKind.NOT_ACCEPTED,
        Source.WECHAT,
        AnswerState.DUE,
    )
    assert "不属城市管理范围" in answer.text


def test_a_report_that_is_not_filed_is_answered_with_the_reason(intake: Any) -> None:
    number = proposed(intake, received(intake))

    do(intake, filing.decline, number, reason="未达立案条件", by=SUPERVISOR)

    assert report_of(intake, number).state is ReportState.NOT_FILED
    assert answer_of(intake, number).kind is AnswerKind.NOT_FILED
    assert names(intake.announced())[-2:] == ["filing_declined", "answer_due"]


def test_a_report_returned_for_completion_can_be_proposed_again(intake: Any) -> None:
    number = proposed(intake, received(intake))

    do(intake, filing.return_for_completion, HANDBOOK, number, reason="补充地址", by=SUPERVISOR)
    do(intake, filing.propose_filing, HANDBOOK, number, proposal(address="文王路12号"), by=OPERATOR)
    do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR)

    assert [fact.address for fact in intake.announced() if fact.name == "case_filed"] == ["文王路12号"]
    assert answer_of(intake, number) is None


def test_without_another_collector_than_the_reporter_nobody_can_be_sent(intake: Any) -> None:
    number = received(intake)
    intake.read(AccountClosed(person_id=ANOTHER_COLLECTOR.person_id, closed_at=NOON), at=NOON)

    with pytest.raises(NoCollectorAvailable):
        do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)

    assert report_of(intake, number).state is ReportState.RECEIVED


@pytest.mark.parametrize("wanted", [COLLECTOR.person_id, OPERATOR.person_id, "nobody"])
def test_the_operator_can_send_only_an_active_collector_who_did_not_report(intake: Any, wanted: str) -> None:
    number = received(intake)

    with pytest.raises(RuleBroken) as broken:
        do(intake, confirmation.ask_confirmation, HANDBOOK, number, collector=wanted, by=OPERATOR)

    assert broken.value.field == "collector"


def test_a_task_is_answered_only_by_the_collector_who_was_sent(intake: Any) -> None:
    number = phoned_in(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    other = next(p for p in (COLLECTOR, ANOTHER_COLLECTOR) if p.person_id != asked.collector)

    with pytest.raises(NotAllowed):
        do(
            intake,
            surveying.answer_task,
            HANDBOOK,
            asked.task_id,
            Finding(outcome=Outcome.CONFIRMED),
            by=other,
        )
    with pytest.raises(NotFound):
        do(intake, surveying.answer_task, HANDBOOK, "none", Finding(outcome=Outcome.CONFIRMED), by=other)

    with intake.transaction() as tx:
        own = surveying.own_errands(tx, by=person(asked.collector))
        assert [errand.task.task_id for errand in own] == [asked.task_id]
        assert surveying.own_errands(tx, by=other) == []


def test_an_errand_comes_with_its_report_and_with_the_case_where_there_is_one(intake: Any) -> None:
    number, case = received(intake), a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    with intake.transaction() as tx:
        errands = surveying.own_errands(tx, by=ANOTHER_COLLECTOR)
        about = {errand.report.report_number: errand.about for errand in errands}
        filed_from = tx.cases.peek(case).report_number
        assert about == {number: tx.reports.peek(number), filed_from: tx.cases.peek(case)}


def test_the_errand_of_greater_urgency_comes_first_though_it_is_due_later(intake: Any) -> None:
    early, late = received(intake), received(intake)
    do(intake, confirmation.ask_confirmation, HANDBOOK, early, by=OPERATOR)
    do(intake, confirmation.ask_confirmation, HANDBOOK, late, by=OPERATOR, at=LATER + timedelta(hours=1))
    do(intake, raising_urgency.raise_report, late, urgency=Urgency.URGENT, reason="学校门口", by=OPERATOR)

    with intake.transaction() as tx:
        errands = surveying.own_errands(tx, by=ANOTHER_COLLECTOR)
        assert [errand.task.report_number for errand in errands] == [late, early]


@pytest.mark.parametrize("intake", [pytest.param("postgres", marks=pytest.mark.infra)], indirect=True)
def test_many_errands_are_read_in_as_many_strides_as_two(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def strides() -> int:
        case = a_filed_case(intake)
        intake.read(a_feedback(case), at=LATER)
        do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)
        do(intake, confirmation.ask_confirmation, HANDBOOK, received(intake), by=OPERATOR)
        read.clear()
        with intake.transaction() as tx:
            surveying.own_errands(tx, by=ANOTHER_COLLECTOR)
        return len(read)

    plain = Statements._add
    monkeypatch.setattr(
        Statements, "_add", lambda self, said, given: (read.append(said), plain(self, said, given))
    )
    first = strides()

    assert first > 1
    assert [strides(), strides()] == [first, first]


def test_a_finding_names_only_stored_photos(intake: Any) -> None:
    number = phoned_in(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)

    finding = Finding(outcome=Outcome.CONFIRMED, photos=("d" * 64,))

    with pytest.raises(RuleBroken) as broken:
        do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))

    assert broken.value.field == "photos"
    assert report_of(intake, number).state is ReportState.CONFIRMING


# --- linking ------------------------------------------------------------------------------------------------


def test_two_citizens_tell_of_one_problem_and_both_are_answered(intake: Any) -> None:
    first = received(intake)
    case = filed(intake, first)
    second = received(intake, by=a_gateway(Source.WECHAT))
    do(intake, linking.link, second, case, by=OPERATOR)

    assert answer_of(intake, second) is None
    verified(intake, case)
    close(intake, case)

    closed = next(fact for fact in intake.announced() if fact.name == "case_closed")
    assert closed.report_numbers == (first, second)
    assert {answer_of(intake, number).kind for number in (first, second)} == {AnswerKind.CLOSED}


def test_a_report_linked_to_a_closed_case_is_answered_at_once(intake: Any) -> None:
    case = a_closed_case(intake)
    late = received(intake, by=a_gateway(Source.OPEN311))

    do(intake, linking.link, late, case, by=OPERATOR)

    assert answer_of(intake, late).state is AnswerState.DELIVERED
    assert names(intake.announced())[-2:] == ["report_linked", "answer_delivered"]


@pytest.mark.parametrize("target", ["voided", "unknown"])
def test_a_report_is_not_linked_to_a_voided_or_unknown_case(intake: Any, target: str) -> None:
    case = a_filed_case(intake)
    do(intake, closing.void_case, case, reason="误立", by=SUPERVISOR)
    number = received(intake)

    with pytest.raises(RuleBroken) as broken:
        do(intake, linking.link, number, case if target == "voided" else "nothing", by=OPERATOR)

    assert broken.value.field == "case_number"
    assert report_of(intake, number).state is ReportState.RECEIVED


def test_similar_cases_are_near_of_the_same_kind_and_not_long_ended(intake: Any) -> None:
    near = a_closed_case(intake)

    def found(lon: float = INSIDE.lon, after: datetime = NOON, kind: str = KIND) -> list[str]:
        with intake.transaction() as tx:
            cases = tx.cases.near([kind], lon, INSIDE.lat, metres=50, ended_after=after)
        return [case.case_number for case in cases]

    assert found() == [near]
    assert found(lon=INSIDE.lon + 0.0005) == [near]
    assert found(lon=INSIDE.lon + 0.0007) == []
    assert found(after=LATER) == []
    assert found(kind="I9999") == []


def test_before_a_report_exists_what_is_near_is_found_of_any_kind_or_of_none_yet(intake: Any) -> None:
    case = a_filed_case(intake)
    without_kind = received(intake, by=a_gateway(Source.OPEN311), photos=(), subcategory=None)

    def near(**asked: Any) -> list[list[str]]:
        given = {"subcategory": None, "words": "", "within": None, **asked}
        place = Reading(lon=given.pop("lon", INSIDE.lon), lat=INSIDE.lat)
        found = do(intake, linking.near_place, HANDBOOK, place, **given, by=OPERATOR)
        return [[one.found.subject.split("/")[1] for one in group] for group in found]

    assert near() == near(subcategory=KIND) == [[case], [without_kind]]
    assert near(subcategory="I9999") == [[], [without_kind]]
    assert near(lon=INSIDE.lon + 0.001) == [[], []]
    assert near(lon=INSIDE.lon + 0.001, within=200) == [[case], [without_kind]]


def test_what_is_told_in_like_words_comes_first(intake: Any) -> None:
    first = received(intake, by=a_gateway(Source.OPEN311), description="路灯不亮")
    second = received(intake, by=a_gateway(Source.OPEN311), description="井盖缺失，十分危险")

    _, reports = do(
        intake, linking.near_place, HANDBOOK, Reading(lon=INSIDE.lon, lat=INSIDE.lat),
        subcategory=None, words="缺失井盖", within=None, by=OPERATOR,
    )  # fmt: skip

    assert [one.found.report_number for one in reports] == [second, first]
    assert reports[0].likeness > 0.5 > reports[1].likeness


def test_only_who_reads_reports_looks_for_what_is_near(intake: Any) -> None:
    with pytest.raises(NotAllowed):
        do(intake, linking.near_place, HANDBOOK, Reading(lon=INSIDE.lon, lat=INSIDE.lat),
           subcategory=None, words="", within=None, by=COLLECTOR)  # fmt: skip


# --- verification and closing -------------------------------------------------------------------------------


def test_a_failed_verification_begins_a_new_round_and_the_second_feedback_counts(intake: Any) -> None:
    case = a_filed_case(intake)

    verified(intake, case, Outcome.REMAINS)
    intake.read(a_feedback(case, round=1), at=LATER)
    assert (case_of(intake, case).state, case_of(intake, case).round) == (CaseState.IN_COMMAND, 2)
    verified(intake, case, Outcome.GONE, round=2)
    close(intake, case)

    assert [fact.round for fact in intake.announced() if fact.subject == f"case/{case}"] == [1, 1, 2, 2, 2, 2]
    assert "note_feedback_submitted" in flow(intake, f"case/{case}")


def test_a_void_case_is_answered_and_whoever_is_on_the_way_is_called_off(intake: Any) -> None:
    number = received(intake)
    case = filed(intake, number)
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    do(intake, closing.void_case, case, reason="不属本市", by=SUPERVISOR)

    with intake.transaction() as tx:
        assert tx.tasks.get(asked.task_id).state is TaskState.WITHDRAWN
    assert answer_of(intake, number).kind is AnswerKind.VOIDED
    assert names(intake.announced())[-2:] == ["case_voided", "answer_due"]
    finding = Finding(outcome=Outcome.GONE, photos=(PHOTO_SEEN,))
    with pytest.raises(MoveNotAllowed):
        do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))


def test_feedback_on_a_void_case_is_noted_and_changes_nothing(intake: Any) -> None:
    case = a_filed_case(intake)
    do(intake, closing.void_case, case, reason="误立", by=SUPERVISOR)

    intake.read(a_feedback(case), at=LATER)

    assert case_of(intake, case).state is CaseState.VOIDED
    assert flow(intake, f"case/{case}")[-1] == "note_feedback_submitted"
    assert intake.waiting() == []


def test_a_case_follows_dispatch_and_always_has_an_owner(intake: Any) -> None:
    case = a_filed_case(intake)
    owners = [case_of(intake, case).owner]
    for fact in dispatch_facts(case):
        intake.read(fact, at=LATER)
        owners.append(case_of(intake, case).owner)
        assert case_of(intake, case).due_at is not None

    unit, dispatcher = Role.RESPONSIBLE_UNIT, Role.DISPATCHER
    assert owners == [dispatcher, unit, unit, dispatcher, dispatcher, *[unit] * 6, Role.INTAKE_OPERATOR]


# --- early and repeated facts -------------------------------------------------------------------------------


def test_facts_that_come_before_their_case_take_effect_when_it_is_filed(intake: Any) -> None:
    case = "4105232020061500001"
    intake.read(a_dispatch(case), at=LATER)
    intake.read(a_feedback(case), at=LATER + timedelta(minutes=1))
    assert intake.waiting() == [f"case/{case}"] * 2

    assert a_filed_case(intake) == case

    assert intake.waiting() == []
    assert case_of(intake, case).state is CaseState.AWAITING_VERIFICATION
    assert case_of(intake, case).responsible_unit == "u04"


def test_a_fact_of_the_round_to_come_waits_for_that_round(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case, round=2), at=LATER)
    assert intake.waiting() == [f"case/{case}/round/2"]

    verified(intake, case, Outcome.REMAINS)

    assert intake.waiting() == []
    assert (case_of(intake, case).state, case_of(intake, case).round) == (CaseState.AWAITING_VERIFICATION, 2)


@pytest.mark.parametrize("fact", all_dispatch_facts("4105232020061500001"), ids=lambda fact: fact.name)
def test_each_of_dispatchs_facts_may_come_twice(intake: Any, fact: Any) -> None:
    case = a_filed_case(intake)
    intake.read(fact, at=LATER)
    once, announced = case_of(intake, case), intake.announced()

    intake.read(fact, at=LATER)

    assert case_of(intake, case) == once
    assert intake.announced() == announced


def test_a_problem_phoned_in_twice_makes_one_report(intake: Any) -> None:
    number = phoned_in(intake)
    phoned_in(intake)

    assert names(intake.announced()) == ["report_received"]
    assert flow(intake, f"report/{number}") == ["report", "note_problem_phoned_in"]


def test_a_caller_informed_twice_is_answered_once(intake: Any) -> None:
    number = phoned_in(intake)
    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    intake.read(informed(number, AnswerKind.NOT_ACCEPTED), at=LATER)
    intake.read(informed(number, AnswerKind.NOT_ACCEPTED), at=LATER)
    intake.read(unreachable(number, AnswerKind.NOT_ACCEPTED), at=LATER)

    assert answer_of(intake, number).state is AnswerState.DELIVERED
    assert names(intake.announced()).count("answer_delivered") == 1
    assert "answer_undeliverable" not in names(intake.announced())


def test_a_caller_who_cannot_be_reached_is_counted_apart_and_once(intake: Any) -> None:
    number = phoned_in(intake)
    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    intake.read(unreachable(number, AnswerKind.NOT_ACCEPTED), at=LATER)
    intake.read(unreachable(number, AnswerKind.NOT_ACCEPTED), at=LATER)

    assert answer_of(intake, number).state is AnswerState.UNREACHABLE
    assert names(intake.announced()).count("answer_undeliverable") == 1


def test_a_caller_informed_before_the_answer_is_known_here_waits_for_it(intake: Any) -> None:
    number = phoned_in(intake)
    intake.read(informed(number, AnswerKind.NOT_ACCEPTED), at=LATER)
    assert intake.waiting() == [f"answer/{number}/not_accepted"]

    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    assert answer_of(intake, number).state is AnswerState.DELIVERED
    assert intake.waiting() == []


def test_accounts_may_be_opened_and_closed_twice_and_in_the_wrong_order(intake: Any) -> None:
    closed = AccountClosed(person_id="p-new", closed_at=NOON)
    for fact in (closed, an_account("p-new"), an_account("p-new"), closed):
        intake.read(fact, at=NOON)
    intake.read(an_account("p-clerk", roles=("intake_operator",)), at=NOON)
    intake.read(an_account(COLLECTOR.person_id, responsibility_grid="other"), at=NOON)

    with intake.transaction() as tx:
        assert {one.person_id for one in tx.collectors.candidates()} == {
            COLLECTOR.person_id,
            ANOTHER_COLLECTOR.person_id,
        }
        assert tx.collectors.find(COLLECTOR.person_id).responsibility_grid == CELL.responsibility_grid


def test_what_a_leaving_collector_had_to_do_is_given_to_another(intake: Any) -> None:
    number = phoned_in(intake)
    first = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    case = filed(intake, received(intake, by=OPERATOR, source=Source.LEADER))
    intake.read(a_feedback(case), at=LATER)
    second = do(intake, verification.ask_verification, HANDBOOK, case, collector=first.collector, by=OPERATOR)

    intake.read(AccountClosed(person_id=first.collector, closed_at=LATER), at=LATER)

    other = next(p for p in (COLLECTOR, ANOTHER_COLLECTOR) if p.person_id != first.collector)
    with intake.transaction() as tx:
        handed_over = tx.tasks.open_of(other.person_id)
        assert {task.report_number for task in handed_over} == {number, case_of(intake, case).report_number}
        for task_id in (first.task_id, second.task_id):
            assert tx.tasks.get(task_id).state is TaskState.WITHDRAWN
    assert set(names(intake.announced())[-2:]) == {"confirmation_asked", "verification_asked"}


def changed_account(
    person_id: str, *roles: str, grid: str | None = None, at: datetime = LATER
) -> AccountChanged:
    return AccountChanged(person_id=person_id, roles=roles, responsibility_grid=grid, changed_at=at)


def test_who_is_no_collector_any_more_hands_on_what_was_to_be_done(intake: Any) -> None:
    number = phoned_in(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)

    for _ in range(2):
        intake.read(changed_account(asked.collector, "intake_operator"), at=LATER)

    other = next(p for p in (COLLECTOR, ANOTHER_COLLECTOR) if p.person_id != asked.collector)
    with intake.transaction() as tx:
        assert [task.report_number for task in tx.tasks.open_of(other.person_id)] == [number]
        assert asked.collector not in {one.person_id for one in tx.collectors.candidates()}


def test_a_collector_who_walks_another_grid_keeps_the_tasks(intake: Any) -> None:
    number = phoned_in(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)

    intake.read(changed_account(asked.collector, "collector", grid="other"), at=LATER)

    with intake.transaction() as tx:
        assert tx.collectors.find(asked.collector).responsibility_grid == "other"
        assert [task.report_number for task in tx.tasks.open_of(asked.collector)] == [number]


def test_who_becomes_a_collector_gets_what_nobody_could_take(intake: Any) -> None:
    number = phoned_in(intake)
    do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        intake.read(changed_account(someone.person_id, "leader"), at=LATER)

    intake.read(changed_account("p-clerk", "leader"), at=LATER)
    intake.read(changed_account("p-new", "collector", grid="other"), at=LATER)

    with intake.transaction() as tx:
        assert not tx.collectors.find("p-clerk").active
        assert "p-clerk" not in {one.person_id for one in tx.collectors.candidates()}
        assert [task.report_number for task in tx.tasks.open_of("p-new")] == [number]


def test_a_change_that_comes_after_the_closing_it_preceded_brings_nobody_back(intake: Any) -> None:
    number = phoned_in(intake)
    do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        intake.read(AccountClosed(person_id=someone.person_id, closed_at=LATER), at=LATER)
    intake.read(AccountClosed(person_id="p-gone", closed_at=LATER), at=LATER)
    before = LATER - timedelta(seconds=1)

    for person_id in (COLLECTOR.person_id, "p-gone"):
        intake.read(changed_account(person_id, "collector", grid="other", at=before), at=LATER)

    with intake.transaction() as tx:
        assert tx.collectors.candidates() == []
        assert not tx.collectors.find(COLLECTOR.person_id).active
        assert tx.tasks.open_of(COLLECTOR.person_id) == tx.tasks.open_of("p-gone") == []


def test_of_two_changes_the_newer_stands_in_whichever_order_they_come(intake: Any) -> None:
    before = LATER - timedelta(seconds=1)

    for grid, at in (("newer", LATER), ("older", before)):
        intake.read(changed_account(COLLECTOR.person_id, "collector", grid=grid, at=at), at=LATER)
    intake.read(changed_account("p-clerk", "leader", at=LATER), at=LATER)
    intake.read(changed_account("p-clerk", "collector", grid="older", at=before), at=LATER)
    for grid, at in (("older", before), ("newer", LATER)):
        intake.read(changed_account(ANOTHER_COLLECTOR.person_id, "collector", grid=grid, at=at), at=LATER)

    with intake.transaction() as tx:
        grids = {one.person_id: one.responsibility_grid for one in tx.collectors.candidates()}
    assert grids == {COLLECTOR.person_id: "newer", ANOTHER_COLLECTOR.person_id: "newer"}


def test_a_change_that_leaves_somebody_no_collector_is_newer_than_the_one_before_it(intake: Any) -> None:
    much_later = LATER + timedelta(hours=1)

    for at in (LATER, much_later):
        intake.read(changed_account(COLLECTOR.person_id, "leader", at=at), at=much_later)
    between = LATER + timedelta(minutes=1)
    intake.read(changed_account(COLLECTOR.person_id, "collector", at=between), at=much_later)

    with intake.transaction() as tx:
        assert not tx.collectors.find(COLLECTOR.person_id).active


def test_who_was_no_collector_any_more_before_the_account_was_heard_of_becomes_none(intake: Any) -> None:
    intake.read(changed_account("p-clerk", "leader"), at=LATER)

    intake.read(an_account("p-clerk"), at=LATER)

    with intake.transaction() as tx:
        assert "p-clerk" not in {one.person_id for one in tx.collectors.candidates()}


def test_a_task_that_nobody_could_take_goes_to_the_next_collector_who_joins(intake: Any) -> None:
    number = phoned_in(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        intake.read(AccountClosed(person_id=someone.person_id, closed_at=LATER), at=LATER)

    intake.read(an_account("p-new"), at=LATER)

    with intake.transaction() as tx:
        assert [task.report_number for task in tx.tasks.open_of("p-new")] == [number]
        assert tx.tasks.get(asked.task_id).state is TaskState.WITHDRAWN


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "by", "state", "fact"),
    [
        (Source.WECHAT, a_gateway(Source.WECHAT), AnswerState.DUE, "answer_due"),
        (
            Source.TRANSFERRED_12345,
            a_gateway(Source.TRANSFERRED_12345),
            AnswerState.DUE,
            "answer_due",
        ),
        (Source.OPEN311, a_gateway(Source.OPEN311), AnswerState.DELIVERED, "answer_delivered"),
        (Source.PUBLIC_PAGE, OPERATOR, AnswerState.DELIVERED, "answer_delivered"),
        (Source.LEADER, OPERATOR, AnswerState.DUE, "answer_due"),
        (Source.COLLECTOR, COLLECTOR, AnswerState.DUE, "answer_due"),
        (Source.VIDEO, VIDEO_SEAT, AnswerState.DUE, "answer_due"),
    ],
)
def test_the_channel_of_the_report_decides_how_it_is_answered(
    intake: Any, source: Source, by: Any, state: AnswerState, fact: str
) -> None:
    number = received(intake, by=by, source=source)

    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    assert (answer_of(intake, number).channel, answer_of(intake, number).state) == (source, state)
    assert names(intake.announced())[-1] == fact


def test_a_gateway_sees_and_acknowledges_only_its_own_answers(intake: Any) -> None:
    wechat, other = a_gateway(Source.WECHAT), a_gateway(Source.TRANSFERRED_12345)
    first, second = received(intake, by=wechat), received(intake, by=wechat)
    for number in (first, second):
        do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    def due(by: Any, channel: Source | None = None) -> list[str]:
        with intake.transaction() as tx:
            listed = answering.due_answers(
                tx, channel=channel, state=AnswerState.DUE, after=None, limit=10, by=by
            )
        return [answer.report_number for answer in listed]

    assert (due(wechat), due(other)) == ([first, second], [])
    with pytest.raises(NotAllowed):
        due(other, Source.WECHAT)
    with pytest.raises(NotAllowed):
        do(intake, answering.deliver, first, by=other)
    do(intake, answering.deliver, first, by=wechat)
    do(intake, answering.give_up, second, reason="用户已取消关注", by=wechat)

    assert due(wechat) == []
    assert names(intake.announced())[-2:] == ["answer_delivered", "answer_undeliverable"]
    with pytest.raises(MoveNotAllowed):
        do(intake, answering.deliver, first, by=wechat)


@pytest.mark.parametrize(("by", "source"), [(COLLECTOR, None), (VIDEO_SEAT, None), (OPERATOR, Source.LEADER)])
def test_an_answer_is_delivered_when_the_reporter_reads_their_own_list(
    intake: Any, by: Any, source: Source | None
) -> None:
    number = received(intake, by=by, source=source)
    received(intake, by=by, source=source)
    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    first = do(intake, answering.read_own_reports, by=by).reports
    second = do(intake, answering.read_own_reports, by=by).reports

    assert [(report.report_number, [one.state for one in told]) for report, told in first] == [
        ("R2020061500002", []),
        (number, [AnswerState.DELIVERED]),
    ]
    assert first == second
    assert names(intake.announced()).count("answer_delivered") == 1


def test_an_answer_is_read_however_many_reports_have_come_since(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "OWN_REPORTS", 2)
    oldest = received(intake)
    newer = [received(intake) for _ in range(3)]
    do(intake, filing.not_accept, oldest, reason="不属城市管理范围", by=OPERATOR)

    first = do(intake, answering.read_own_reports, by=COLLECTOR).reports
    second = do(intake, answering.read_own_reports, by=COLLECTOR).reports

    assert [report.report_number for report, _ in first] == [newer[-1], oldest]
    assert answer_of(intake, oldest).state is AnswerState.DELIVERED
    assert [report.report_number for report, _ in second] == newer[:0:-1]


def test_a_persons_own_list_comes_in_pages_and_by_state(intake: Any) -> None:
    numbers = [received(intake) for _ in range(5)]
    do(intake, filing.not_accept, numbers[3], reason="不属城市管理范围", by=OPERATOR)

    def page(**asked: Any) -> tuple[list[str], str | None]:
        read = do(intake, answering.read_own_reports, by=COLLECTOR, **asked)
        return [report.report_number for report, _ in read.reports], read.after

    do(intake, answering.read_own_reports, by=COLLECTOR)  # what was unread is read
    first, after = page(limit=2)
    second, then = page(limit=2, after=after)
    last, nothing = page(limit=2, after=then)
    assert [*first, *second, *last] == numbers[::-1]
    assert nothing is None
    assert page(state=ReportState.NOT_ACCEPTED) == ([numbers[3]], None)


@pytest.mark.parametrize("unread", [(), (1, 4), (1, 2), (1, 2, 3), (2, 3, 6), (1, 2, 3, 4, 5, 6)])
@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_paging_through_ones_own_list_shows_every_report_whatever_was_unread(
    intake: Any, unread: tuple[int, ...], limit: int
) -> None:
    numbers = [received(intake) for _ in range(6)]
    for place in unread:
        do(intake, filing.not_accept, numbers[place - 1], reason="不属城市管理范围", by=OPERATOR)

    seen, after = set(), None
    for _ in range(7):
        page = do(intake, answering.read_own_reports, by=COLLECTOR, limit=limit, after=after)
        shown = [report.report_number for report, _ in page.reports]
        assert shown == sorted(set(shown), reverse=True)
        assert len(shown) <= limit
        seen.update(shown)
        after = page.after
        if after is None:
            break

    assert after is None
    assert seen == set(numbers)
    assert all(answer_of(intake, numbers[place - 1]).state is AnswerState.DELIVERED for place in unread)


def test_another_persons_look_at_a_list_delivers_nothing(intake: Any) -> None:
    number = received(intake)
    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    assert do(intake, answering.read_own_reports, by=ANOTHER_COLLECTOR).reports == []
    assert answer_of(intake, number).state is AnswerState.DUE


# --- rights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "arguments", "by"),
    [
        (reporting.receive_report, (HANDBOOK, told()), SUPERVISOR),
        (confirmation.ask_confirmation, (HANDBOOK, "R1"), SUPERVISOR),
        (filing.propose_filing, (HANDBOOK, "R1", proposal()), SUPERVISOR),
        (filing.file_case, (HANDBOOK, "R1"), OPERATOR),
        (linking.link, ("R1", "C1"), SUPERVISOR),
        (verification.ask_verification, (HANDBOOK, "C1"), COLLECTOR),
        (surveying.answer_task, (HANDBOOK, "T1", Finding(outcome=Outcome.GONE)), OPERATOR),
        (closing.close_case, (HANDBOOK, "C1"), OPERATOR),
        (answering.deliver, ("R1",), OPERATOR),
        (answering.read_own_reports, (), SUPERVISOR),
    ],
)
def test_whoever_lacks_the_right_is_refused_before_anything_is_looked_at(
    intake: Any, stage: Callable[..., Any], arguments: tuple[Any, ...], by: Any
) -> None:
    with pytest.raises(NotAllowed):
        do(intake, stage, *arguments, by=by)


def with_handbook(stage: Callable[..., Any], tx: Any, *arguments: Any, **named: Any) -> Any:
    return stage(tx, HANDBOOK, *arguments, **named)


@pytest.mark.parametrize(
    ("stage", "by"),
    [
        (filing.decline, OPERATOR),
        (partial(with_handbook, filing.return_for_completion), OPERATOR),
        (filing.not_accept, SUPERVISOR),
        (closing.void_case, OPERATOR),
        (answering.give_up, OPERATOR),
    ],
)
def test_whoever_lacks_the_right_cannot_refuse(intake: Any, stage: Callable[..., Any], by: Any) -> None:
    with pytest.raises(NotAllowed):
        do(intake, stage, "R1", reason="因为", by=by)
