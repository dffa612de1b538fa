"""What may happen to a case besides the normal path: urgency, duplicates, returns, force, dissatisfaction."""

from datetime import timedelta
from typing import Any

import pytest
from intake_builders import (
    COLLECTOR,
    LATER,
    NOON,
    OPERATOR,
    PHOTO_SEEN,
    SUPERVISOR,
    a_dispatch,
    a_feedback,
    a_gateway,
    dissatisfied,
    informed,
    names,
    returned_to_intake,
)
from intake_journey import (
    HANDBOOK,
    INSIDE,
    KIND,
    OUTSIDE,
    STANDARD,
    a_closed_case,
    a_filed_case,
    answer_of,
    answers_of,
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
    verified,
)

from case_contracts.codes import AnswerKind, Source, Urgency
from case_contracts.roles import NotAllowed, Role
from services.intake.domain.case import CaseState
from services.intake.domain.evidence import Occasion
from services.intake.domain.position import Reading
from services.intake.domain.refusals import MoveNotAllowed, RuleBroken
from services.intake.domain.reopening import ReopeningNotPossible
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, TaskState
from services.intake.stages import (
    closing,
    filing,
    linking,
    merging,
    raising_urgency,
    refiling,
    reopening,
    surveying,
    verification,
)
from services.intake.stages.surveying import Finding

pytestmark = pytest.mark.usefixtures("ready_centre")

WECHAT = a_gateway(Source.WECHAT)
OTHER = next(one for one in HANDBOOK.standards.values() if one.subcategory != KIND)
ORDINARY = next(one for one in HANDBOOK.standards.values() if one.urgency.value == "ordinary")
COMPONENT = next(one for one in HANDBOOK.standards.values() if one.subcategory.startswith("C"))
INCIDENT = next(one for one in HANDBOOK.standards.values() if one.subcategory.startswith("I"))
URGENT = next(one for one in HANDBOOK.standards.values() if one.urgency.value == "urgent")


def merge(intake: Any, case: str, into: str, **named: Any) -> Any:
    return do(intake, merging.merge_case, case, into, by=SUPERVISOR, **named)


def file_again(intake: Any, case: str, **changes: Any) -> Any:
    return do(intake, refiling.file_again, HANDBOOK, case, proposal(**changes), by=SUPERVISOR)


def ask_reopening(intake: Any, number: str, words: str = "坑还在", by: Any = WECHAT, at: Any = LATER) -> Any:
    return do(intake, reopening.ask_reopening, HANDBOOK, number, words=words, by=by, at=at)


def reopen(intake: Any, case: str) -> Any:
    return do(intake, reopening.reopen, HANDBOOK, case, reason="照片可见坑仍在", by=SUPERVISOR)


def decline(intake: Any, case: str, **named: Any) -> Any:
    return do(intake, reopening.decline_reopening, case, reason="系另一处", by=SUPERVISOR, **named)


def a_closed_case_of_wechat(intake: Any) -> tuple[str, str]:
    number = received(intake, by=WECHAT)
    confirmed(intake, number)
    return number, a_closed_case(intake, number)


def kinds(intake: Any, number: str) -> list[AnswerKind]:
    return [answer.kind for answer in answers_of(intake, number)]


def listed_cases(intake: Any, **wanted: Any) -> list[str]:
    query = {"state": None, "post": None, "after": None, "limit": 50, **wanted}
    with intake.transaction() as tx:
        return [case.case_number for case in tx.cases.listed(**query)]


def listed_reports(intake: Any, **wanted: Any) -> list[str]:
    query = {"state": None, "post": None, "after": None, "limit": 50, **wanted}
    with intake.transaction() as tx:
        return [report.report_number for report in tx.reports.listed(**query)]


# --- urgency ------------------------------------------------------------------------------------------------


def test_a_case_begins_with_the_urgency_of_its_standard(intake: Any) -> None:
    number = received(intake, subcategory=URGENT.subcategory)
    urgent = {"subcategory": URGENT.subcategory, "filing_standard": URGENT.id}
    do(intake, filing.propose_filing, HANDBOOK, number, proposal(**urgent), by=OPERATOR)
    case = do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR).case_number

    assert case_of(intake, case).urgency is Urgency.URGENT


@pytest.mark.parametrize("by", [OPERATOR, SUPERVISOR])
def test_what_is_raised_before_the_filing_stays_raised_whatever_the_standard_says(
    intake: Any, by: Any
) -> None:
    number = received(intake)

    do(
        intake,
        raising_urgency.raise_report,
        number,
        urgency=Urgency.MAJOR,
        reason="学校门口",
        by=by,
    )
    case = filed(intake, number)

    assert case_of(intake, case).urgency is Urgency.MAJOR
    raised = next(fact for fact in intake.announced() if fact.name == "report_urgency_raised")
    assert (raised.urgency, raised.reason, raised.raised_by) == (Urgency.MAJOR, "学校门口", by.person_id)
    assert flow(intake, f"report/{number}")[1] == "raise_urgency"


def test_a_case_is_raised_with_a_reason_and_dispatch_is_told(intake: Any) -> None:
    case = a_filed_case(intake)

    named = {"urgency": Urgency.MAJOR, "reason": "积水加深", "by": OPERATOR}
    do(intake, raising_urgency.raise_case, case, **named)

    assert case_of(intake, case).urgency is Urgency.MAJOR
    assert names(intake.announced())[-1] == "urgency_raised"
    with pytest.raises(RuleBroken) as again:
        do(intake, raising_urgency.raise_case, case, **named)
    assert again.value.field == "urgency"


def test_a_proposal_may_raise_with_a_reason_and_never_lowers(intake: Any) -> None:
    number = received(intake)

    def propose(**changes: Any) -> Any:
        return do(intake, filing.propose_filing, HANDBOOK, number, proposal(**changes), by=OPERATOR)

    with pytest.raises(RuleBroken) as without_reason:
        propose(urgency=Urgency.MAJOR)
    urgent = {"subcategory": URGENT.subcategory, "filing_standard": URGENT.id}
    with pytest.raises(RuleBroken) as lower:
        propose(**urgent, urgency=Urgency.ORDINARY)
    propose(urgency=Urgency.MAJOR, urgency_reason="儿童聚集")

    assert (without_reason.value.field, lower.value.field) == ("reason", "urgency")
    assert report_of(intake, number).urgency is Urgency.MAJOR


def test_the_urgency_of_a_standard_that_was_proposed_before_stands_in_nobodys_way(intake: Any) -> None:
    number = received(intake)
    wrong = {"subcategory": URGENT.subcategory, "filing_standard": URGENT.id}
    right = {"subcategory": ORDINARY.subcategory, "filing_standard": ORDINARY.id}
    do(intake, filing.propose_filing, HANDBOOK, number, proposal(**wrong), by=OPERATOR)
    do(intake, filing.return_for_completion, HANDBOOK, number, reason="小类有误", by=SUPERVISOR)

    raising = proposal(**right, urgency=Urgency.URGENT, urgency_reason="学校门口")
    do(intake, filing.propose_filing, HANDBOOK, number, raising, by=OPERATOR)

    report = report_of(intake, number)
    assert (report.urgency, report.raised_urgency) == (Urgency.URGENT, Urgency.URGENT)


def test_a_proposal_does_not_lower_what_was_raised_by_hand(intake: Any) -> None:
    number = received(intake)
    raised = {"urgency": Urgency.MAJOR, "reason": "学校门口", "by": OPERATOR}
    do(intake, raising_urgency.raise_report, number, **raised)

    lower = proposal(
        subcategory=ORDINARY.subcategory,
        filing_standard=ORDINARY.id,
        urgency=Urgency.URGENT,
        urgency_reason="不急",
    )
    with pytest.raises(RuleBroken) as broken:
        do(intake, filing.propose_filing, HANDBOOK, number, lower, by=OPERATOR)

    assert broken.value.field == "urgency"


def test_nothing_is_raised_once_it_has_ended(intake: Any) -> None:
    number = received(intake)
    case = filed(intake, number)
    do(intake, closing.void_case, case, reason="误立", by=SUPERVISOR)

    for stage, target in ((raising_urgency.raise_report, number), (raising_urgency.raise_case, case)):
        with pytest.raises(RuleBroken):
            do(intake, stage, target, urgency=Urgency.MAJOR, reason="急", by=OPERATOR)


def test_major_and_urgent_ones_stand_first_in_lists_page_by_page(intake: Any) -> None:
    reports = [received(intake) for _ in range(4)]
    for number, urgency in ((reports[3], Urgency.MAJOR), (reports[2], Urgency.URGENT)):
        do(intake, raising_urgency.raise_report, number, urgency=urgency, reason="急", by=OPERATOR)
    expected = [reports[3], reports[2], reports[0], reports[1]]

    assert listed_reports(intake) == expected
    first = listed_reports(intake, limit=2)
    assert [*first, *listed_reports(intake, limit=2, after=first[-1])] == expected

    ordinary = {"subcategory": ORDINARY.subcategory, "filing_standard": ORDINARY.id}
    cases = {}
    for number in reports:
        do(intake, filing.propose_filing, HANDBOOK, number, proposal(**ordinary), by=OPERATOR)
        cases[number] = do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR).case_number
    assert listed_cases(intake, state=CaseState.IN_COMMAND) == [cases[number] for number in expected]


# --- duplicates ---------------------------------------------------------------------------------------------


def similar(intake: Any, number: str, at: Any = LATER) -> tuple[list[str], list[str]]:
    with intake.transaction() as tx:
        report = tx.reports.get(number)
        found = linking.similar(tx, HANDBOOK, report.subcategory, report.position, besides=number, at=at)
    return [case.case_number for case, _ in found.cases], [one.report_number for one, _ in found.reports]


def test_open_cases_lately_closed_ones_and_open_reports_nearby_are_suggested_the_nearest_first(
    intake: Any,
) -> None:
    closed = a_closed_case(intake)
    near = received(intake, position=Reading(lon=INSIDE.lon + 0.0002, lat=INSIDE.lat))
    far = received(intake, position=Reading(lon=INSIDE.lon + 0.0008, lat=INSIDE.lat))
    here = received(intake, by=WECHAT)
    other_kind = received(intake, subcategory=OTHER.subcategory)
    asking = received(intake)

    cases, reports = similar(intake, asking)

    assert (cases, reports) == ([closed], [here, near])
    assert far not in reports
    assert other_kind not in reports
    assert similar(intake, asking, at=LATER + timedelta(hours=24))[0] == []
    assert similar(intake, received(intake, position=OUTSIDE)) == ([], [])


def test_a_report_linked_to_a_force_closed_case_is_told_why_at_once(intake: Any) -> None:
    case = a_filed_case(intake)
    do(intake, closing.force_close, case, reason="待拆迁", approved_by="县政府会议纪要", by=SUPERVISOR)
    late = received(intake, by=WECHAT)

    do(intake, linking.link, late, case, by=OPERATOR)

    assert answer_of(intake, late).kind is AnswerKind.FORCE_CLOSED
    assert "待拆迁" in answer_of(intake, late).text


def test_two_cases_of_one_problem_are_merged_and_every_reporter_is_answered_once(intake: Any) -> None:
    first, second, linked = received(intake), received(intake), received(intake, by=WECHAT)
    one, other = filed(intake, first), filed(intake, second)
    do(intake, linking.link, linked, one, by=OPERATOR)

    merge(intake, one, other)
    assert [answers_of(intake, number) for number in (first, second, linked)] == [[], [], []]
    verified(intake, other)
    close(intake, other)

    assert (case_of(intake, one).state, case_of(intake, one).owner) == (CaseState.MERGED, None)
    assert all(kinds(intake, number) == [AnswerKind.CLOSED] for number in (first, second, linked))
    merged = next(fact for fact in intake.announced() if fact.name == "case_merged")
    assert (merged.into_case_number, merged.report_numbers) == (other, (first, linked))
    assert flow(intake, f"case/{one}")[-1] == "merge_case"
    assert "take_in_case" in flow(intake, f"case/{other}")


def test_a_case_that_is_being_verified_can_be_merged_and_the_collector_is_called_off(intake: Any) -> None:
    one, other = a_filed_case(intake), a_filed_case(intake)
    intake.read(a_feedback(one), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, one, by=OPERATOR)

    merge(intake, one, other)

    with intake.transaction() as tx:
        assert tx.tasks.get(asked.task_id).state is TaskState.WITHDRAWN
    finding = Finding(outcome=Outcome.GONE, photos=(PHOTO_SEEN,))
    with pytest.raises(MoveNotAllowed):
        do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))
    assert case_of(intake, one).state is CaseState.MERGED


@pytest.mark.parametrize("end", ["closed", "voided", "merged", "itself", "unknown"])
def test_nothing_is_merged_into_a_case_that_has_ended(intake: Any, end: str) -> None:
    case, into = a_filed_case(intake), a_filed_case(intake)
    if end == "closed":
        verified(intake, into)
        close(intake, into)
    elif end == "voided":
        do(intake, closing.void_case, into, reason="误立", by=SUPERVISOR)
    elif end == "merged":
        merge(intake, into, a_filed_case(intake))

    with pytest.raises(RuleBroken) as broken:
        merge(intake, case, {"itself": case, "unknown": "nothing"}.get(end, into))

    assert broken.value.field == "into_case_number"
    assert case_of(intake, case).state is CaseState.IN_COMMAND
    assert case_of(intake, into).linked_reports == ()


def test_a_report_is_not_linked_to_a_merged_case_but_told_where_it_went(intake: Any) -> None:
    case, into = a_filed_case(intake), a_filed_case(intake)
    merge(intake, case, into)
    number = received(intake)

    with pytest.raises(RuleBroken) as broken:
        do(intake, linking.link, number, case, by=OPERATOR)

    assert into in broken.value.rule


def test_whoever_reported_a_merged_case_may_ask_to_reopen_the_other(intake: Any) -> None:
    number = received(intake, by=WECHAT)
    confirmed(intake, number)
    one = filed(intake, number)
    two, three = a_filed_case(intake), a_filed_case(intake)
    merge(intake, one, two)
    merge(intake, two, three)
    verified(intake, three)
    close(intake, three)

    asked = ask_reopening(intake, number)

    assert asked.subject == f"case/{three}"


# --- returned by dispatch -----------------------------------------------------------------------------------


def test_a_case_that_dispatch_returns_is_filed_anew_under_the_same_number(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(returned_to_intake(case), at=LATER)
    reviewed = case_of(intake, case)
    assert (reviewed.state, reviewed.owner) == (CaseState.UNDER_REVIEW, Role.SHIFT_SUPERVISOR)
    assert reviewed.due_at == LATER + timedelta(minutes=15)

    again = file_again(
        intake, case, subcategory=OTHER.subcategory, filing_standard=OTHER.id, address="志得街"
    )

    assert again.case_number == case
    filings = [fact for fact in intake.announced() if fact.name == "case_filed"]
    assert [(fact.round, fact.filing_standard) for fact in filings] == [(1, STANDARD), (2, OTHER.id)]
    assert (filings[1].subcategory, filings[1].address) == (OTHER.subcategory, "志得街")
    assert (filings[1].limit, filings[1].closing_condition) == (OTHER.limit, OTHER.closing_condition)
    now = case_of(intake, case)
    assert (now.state, now.round, now.owner) == (CaseState.IN_COMMAND, 2, Role.DISPATCHER)
    assert flow(intake, f"case/{case}") == ["file_case", "follow_case_returned_to_intake", "file_again"]


def test_a_components_code_goes_with_its_kind_and_is_kept_no_longer(intake: Any) -> None:
    code = "4105230101000001"
    component = {"subcategory": COMPONENT.subcategory, "filing_standard": COMPONENT.id}
    incident = {"subcategory": INCIDENT.subcategory, "filing_standard": INCIDENT.id}
    number = received(intake, subcategory=COMPONENT.subcategory, component_code=code)
    do(intake, filing.propose_filing, HANDBOOK, number, proposal(**component), by=OPERATOR)
    case = do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR).case_number
    assert case_of(intake, case).component_code == code
    intake.read(returned_to_intake(case), at=LATER)

    file_again(intake, case, **incident)

    assert case_of(intake, case).component_code is None
    intake.read(returned_to_intake(case, round=2), at=LATER)
    file_again(intake, case, **component, component_code="4105230101000002")
    assert case_of(intake, case).component_code == "4105230101000002"


def test_a_dispatch_of_the_new_round_that_was_early_takes_effect_when_it_is_filed_anew(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(returned_to_intake(case), at=LATER)
    intake.read(a_dispatch(case, round=2), at=LATER)
    assert intake.waiting() == [f"case/{case}/round/2"]

    file_again(intake, case)

    assert case_of(intake, case).owner is Role.RESPONSIBLE_UNIT


def test_a_returned_case_can_be_voided_and_is_not_filed_anew_afterwards(intake: Any) -> None:
    number = received(intake)
    case = filed(intake, number)
    intake.read(returned_to_intake(case), at=LATER)

    do(intake, closing.void_case, case, reason="不属本市", by=SUPERVISOR)

    assert kinds(intake, number) == [AnswerKind.VOIDED]
    with pytest.raises(MoveNotAllowed):
        file_again(intake, case)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filing_standard": OTHER.id}, "filing_standard"),
        ({"filing_standard": "nothing"}, "filing_standard"),
        ({"position": OUTSIDE}, "position"),
    ],
)
def test_what_does_not_fit_is_not_filed_anew(intake: Any, changes: dict[str, Any], field: str) -> None:
    case = a_filed_case(intake)
    intake.read(returned_to_intake(case), at=LATER)
    before = case_of(intake, case)

    with pytest.raises(RuleBroken) as broken:
        file_again(intake, case, **changes)

    assert broken.value.field == field
    assert case_of(intake, case) == before


def test_only_a_returned_case_is_filed_anew(intake: Any) -> None:
    with pytest.raises(MoveNotAllowed):
        file_again(intake, a_filed_case(intake))


# --- closed by force ----------------------------------------------------------------------------------------


def test_a_case_is_closed_by_force_with_an_approval_and_its_reporters_are_told_why(intake: Any) -> None:
    first, second = received(intake), received(intake, by=WECHAT)
    case = filed(intake, first)
    do(intake, linking.link, second, case, by=OPERATOR)

    do(intake, closing.force_close, case, reason="待拆迁", approved_by="县政府会议纪要", by=SUPERVISOR)

    ended = case_of(intake, case)
    assert (ended.state, ended.owner, ended.approved_by) == (CaseState.FORCE_CLOSED, None, "县政府会议纪要")
    assert kinds(intake, first) == kinds(intake, second) == [AnswerKind.FORCE_CLOSED]
    assert "待拆迁" in answer_of(intake, second).text
    assert "case_closed" not in names(intake.announced())
    intake.read(a_feedback(case), at=LATER)
    assert case_of(intake, case) == ended


@pytest.mark.parametrize(
    ("reason", "approved_by", "field"), [(" ", "x", "reason"), ("x", " ", "approved_by")]
)
def test_force_needs_a_reason_and_an_approval(intake: Any, reason: str, approved_by: str, field: str) -> None:
    case = a_filed_case(intake)

    with pytest.raises(RuleBroken) as broken:
        do(intake, closing.force_close, case, reason=reason, approved_by=approved_by, by=SUPERVISOR)

    assert broken.value.field == field
    assert case_of(intake, case).state is CaseState.IN_COMMAND


# --- dissatisfied -------------------------------------------------------------------------------------------


def test_a_dissatisfied_reporter_has_the_case_handled_again_and_is_answered_again(intake: Any) -> None:
    number, case = a_closed_case_of_wechat(intake)

    ask_reopening(intake, number, "坑还在，请回电 13800138000")
    asked = case_of(intake, case)
    assert (asked.state, asked.owner) == (CaseState.CLOSED, Role.SHIFT_SUPERVISOR)
    assert listed_cases(intake, post=Role.SHIFT_SUPERVISOR) == [case]
    reopen(intake, case)

    again = case_of(intake, case)
    assert (again.state, again.round, again.owner) == (CaseState.IN_COMMAND, 2, Role.DISPATCHER)
    assert (again.ended_at, again.feedback_photos, again.verification_photos) == (None, (), ())
    assert kinds(intake, number) == [AnswerKind.CLOSED, AnswerKind.REOPENED]
    verified(intake, case, round=2)
    close(intake, case)
    assert kinds(intake, number) == [AnswerKind.CLOSED, AnswerKind.REOPENED, AnswerKind.CLOSED]
    assert [answer.answer_id for answer in answers_of(intake, number)] == [
        number,
        f"{number}-2",
        f"{number}-3",
    ]
    words = next(fact.words for fact in intake.announced() if fact.name == "reopening_asked")
    assert words == "坑还在，请回电 138****8000"


def test_a_reopening_that_is_declined_is_answered_with_the_reason_and_the_closing_stands(
    intake: Any,
) -> None:
    number, case = a_closed_case_of_wechat(intake)
    ended_at = case_of(intake, case).ended_at
    ask_reopening(intake, number)

    decline(intake, case)

    stands = case_of(intake, case)
    assert (stands.state, stands.owner, stands.ended_at) == (CaseState.CLOSED, None, ended_at)
    assert kinds(intake, number) == [AnswerKind.CLOSED, AnswerKind.REOPENING_DECLINED]
    assert "系另一处" in answer_of(intake, number).text
    with pytest.raises(ReopeningNotPossible, match="一次"):
        ask_reopening(intake, number)


def test_a_reopening_is_asked_for_within_fifteen_days(intake: Any) -> None:
    number, case = a_closed_case_of_wechat(intake)
    last = case_of(intake, case).ended_at + timedelta(days=15)

    with pytest.raises(ReopeningNotPossible, match="15"):
        ask_reopening(intake, number, at=last + timedelta(seconds=1))
    ask_reopening(intake, number, at=last)

    assert case_of(intake, case).owner is Role.SHIFT_SUPERVISOR


@pytest.mark.parametrize("end", ["open", "voided", "force_closed", "not_accepted"])
def test_only_a_closed_case_is_reopened_and_the_reason_is_given(intake: Any, end: str) -> None:
    number = received(intake, by=WECHAT)
    if end == "not_accepted":
        do(intake, filing.not_accept, number, reason="不属实", by=OPERATOR)
    else:
        confirmed(intake, number)
        case = filed(intake, number)
    if end == "voided":
        do(intake, closing.void_case, case, reason="误立", by=SUPERVISOR)
    if end == "force_closed":
        do(intake, closing.force_close, case, reason="待拆迁", approved_by="县政府", by=SUPERVISOR)

    with pytest.raises(ReopeningNotPossible) as refused:
        ask_reopening(intake, number)

    assert len(str(refused.value)) > 10
    assert "reopening_asked" not in names(intake.announced())


def test_nobody_decides_a_reopening_that_nobody_asked_for(intake: Any) -> None:
    case = a_closed_case(intake)

    for decide in (reopen, decline):
        with pytest.raises(MoveNotAllowed):
            decide(intake, case)


def test_two_dissatisfied_reporters_are_each_declined_or_both_told_of_the_reopening(intake: Any) -> None:
    first, case = a_closed_case_of_wechat(intake)
    second = received(intake, by=WECHAT)
    do(intake, linking.link, second, case, by=OPERATOR)
    third = received(intake, by=WECHAT)
    do(intake, linking.link, third, case, by=OPERATOR)
    for number in (first, second, third):
        ask_reopening(intake, number)

    decline(intake, case, report_number=second)
    with pytest.raises(RuleBroken):
        decline(intake, case, report_number=second)
    assert case_of(intake, case).owner is Role.SHIFT_SUPERVISOR
    reopen(intake, case)

    assert kinds(intake, first)[-1] is kinds(intake, third)[-1] is AnswerKind.REOPENED
    assert kinds(intake, second)[1:] == [AnswerKind.REOPENING_DECLINED, AnswerKind.REOPENED]
    assert case_of(intake, case).reopenings_to_decide == ()


def test_a_gateway_asks_only_for_the_reports_of_its_own_channel(intake: Any) -> None:
    number, _ = a_closed_case_of_wechat(intake)

    with pytest.raises(NotAllowed):
        ask_reopening(intake, number, by=a_gateway(Source.TRANSFERRED_12345))
    with pytest.raises(NotAllowed):
        ask_reopening(intake, number, by=OPERATOR)


def test_a_caller_who_is_dissatisfied_comes_to_the_supervisors_list_once(intake: Any) -> None:
    number = phoned_in(intake)
    confirmed(intake, number)
    case = a_closed_case(intake, number)
    intake.read(informed(number, AnswerKind.CLOSED), at=LATER)

    intake.read(dissatisfied(number), at=LATER)
    once, announced = case_of(intake, case), intake.announced()
    intake.read(dissatisfied(number), at=LATER)

    assert names(announced)[-1] == "reopening_asked"
    assert once.owner is Role.SHIFT_SUPERVISOR
    assert (case_of(intake, case), intake.announced()) == (once, announced)
    assert flow(intake, f"case/{case}")[-1] == "note_caller_dissatisfied"
    reopen(intake, case)
    intake.read(informed(number, AnswerKind.REOPENED), at=LATER)
    verified(intake, case, round=2)
    close(intake, case)
    intake.read(informed(number, AnswerKind.CLOSED), at=LATER)
    assert all(answer.state == "delivered" for answer in answers_of(intake, number))
    assert names(intake.announced()).count("answer_delivered") == 3


def test_a_dissatisfied_caller_is_noted_with_the_reason_when_nothing_can_be_reopened(intake: Any) -> None:
    number = phoned_in(intake)
    intake.read(dissatisfied(number), at=LATER)
    confirmed(intake, number)
    case = filed(intake, number)
    do(intake, closing.void_case, case, reason="误立", by=SUPERVISOR)

    intake.read(dissatisfied(number), at=LATER)

    with intake.transaction() as tx:
        reasons = [
            record.reason
            for subject in (f"report/{number}", f"case/{case}")
            for record in tx.flow_records.of(subject)
            if record.action == "note_caller_dissatisfied"
        ]
    assert ["没有立案" in reasons[0], "作废" in reasons[1]] == [True, True]
    assert case_of(intake, case).state is CaseState.VOIDED
    assert kinds(intake, number) == [AnswerKind.VOIDED, AnswerKind.REOPENING_DECLINED]
    assert "重新反映" in answer_of(intake, number).text
    intake.read(dissatisfied(number), at=LATER)
    assert len(kinds(intake, number)) == 2


def test_a_case_closed_twice_before_the_caller_was_reached_has_every_answer_told_by_one_ring(
    intake: Any,
) -> None:
    number = phoned_in(intake)
    confirmed(intake, number)
    case = a_closed_case(intake, number)
    intake.read(dissatisfied(number), at=LATER)
    reopen(intake, case)
    verified(intake, case, round=2)
    close(intake, case)

    for kind in (AnswerKind.CLOSED, AnswerKind.REOPENED, AnswerKind.CLOSED):
        intake.read(informed(number, kind), at=LATER)

    assert [answer.state for answer in answers_of(intake, number)] == ["delivered"] * 3


def test_a_dissatisfied_caller_whose_report_is_not_there_yet_waits_for_it(intake: Any) -> None:
    intake.read(dissatisfied("H2020061500001"), at=NOON)
    assert intake.waiting() == ["report/H2020061500001"]

    phoned_in(intake)

    assert intake.waiting() == []


# --- verification without or with a second look -------------------------------------------------------------


def test_plainly_incomplete_feedback_goes_back_without_a_collector(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)

    do(intake, verification.send_back, HANDBOOK, case, reason="照片不是该处", by=OPERATOR)

    failed = intake.announced()[-1]
    assert (failed.name, failed.collector, failed.task_id, failed.round) == ("verification_failed", "", "", 2)
    assert failed.reason == "照片不是该处"
    assert (case_of(intake, case).state, case_of(intake, case).round) == (CaseState.IN_COMMAND, 2)


@pytest.mark.parametrize("state", ["in_command", "verifying"])
def test_only_feedback_that_awaits_verification_is_sent_back_unseen(intake: Any, state: str) -> None:
    case = a_filed_case(intake)
    if state == "verifying":
        intake.read(a_feedback(case), at=LATER)
        do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    with pytest.raises(MoveNotAllowed):
        do(intake, verification.send_back, HANDBOOK, case, reason="不完整", by=OPERATOR)


def answer(intake: Any, asked: Any, outcome: Outcome, photos: tuple[str, ...] = ()) -> None:
    finding = Finding(outcome=outcome, words="院门紧锁", photos=photos)
    do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))


def test_what_cannot_be_judged_is_looked_at_by_a_second_collector_and_then_by_the_operator(
    intake: Any,
) -> None:
    case = filed(intake, received(intake, by=OPERATOR, source=Source.LEADER))
    intake.read(a_feedback(case), at=LATER)
    first = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    answer(intake, first, Outcome.UNCLEAR)

    with intake.transaction() as tx:
        second = tx.tasks.of_report(case_of(intake, case).report_number)[-1]
    assert case_of(intake, case).state is CaseState.VERIFYING
    assert second.collector != first.collector
    assert names(intake.announced())[-2:] == ["verification_unclear", "verification_asked"]
    answer(intake, second, Outcome.UNCLEAR)
    back = case_of(intake, case)
    assert (back.state, back.owner) == (CaseState.AWAITING_VERIFICATION, Role.INTAKE_OPERATOR)
    assert back.round == 1


def test_what_a_collector_took_who_could_not_tell_is_announced_and_noted_to_be_examined(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    answer(intake, asked, Outcome.UNCLEAR, photos=(PHOTO_SEEN,))

    unclear = next(fact for fact in intake.announced() if fact.name == "verification_unclear")
    assert unclear.photos == (PHOTO_SEEN,)
    assert uses(intake, case)[-1] == (Occasion.VERIFICATION, 1, asked.task_id)


def test_the_photo_of_a_failed_verification_is_noted_with_the_round_that_it_is_of(intake: Any) -> None:
    case = a_filed_case(intake)

    asked = verified(intake, case, Outcome.REMAINS)

    assert case_of(intake, case).round == 2
    assert uses(intake, case)[-1] == (Occasion.VERIFICATION, 1, asked.task_id)


def uses(intake: Any, case: str) -> list[tuple[Occasion, int, str | None]]:
    with intake.transaction() as tx:
        noted = tx.evidence.of_reports([tx.cases.get(case).report_number])
    return [(one.use.occasion, one.use.round, one.use.task_id) for one in noted]


def test_with_nobody_else_to_look_the_operator_decides(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    answer(intake, asked, Outcome.UNCLEAR)

    assert asked.collector != COLLECTOR.person_id
    assert case_of(intake, case).state is CaseState.AWAITING_VERIFICATION


def test_the_supervisor_who_is_not_convinced_has_it_verified_again(intake: Any) -> None:
    case = filed(intake, received(intake, by=OPERATOR, source=Source.LEADER))
    first = verified(intake, case)

    again = do(intake, verification.verify_again, HANDBOOK, case, reason="角度不同", by=SUPERVISOR)

    assert case_of(intake, case).state is CaseState.VERIFYING
    assert again.collector != first.collector
    finding = Finding(outcome=Outcome.REMAINS, words="坑还在", photos=(PHOTO_SEEN,))
    do(intake, surveying.answer_task, HANDBOOK, again.task_id, finding, by=person(again.collector))
    assert (case_of(intake, case).state, case_of(intake, case).round) == (CaseState.IN_COMMAND, 2)


def test_a_report_that_is_proposed_cannot_be_linked_behind_the_supervisors_back(intake: Any) -> None:
    case = a_filed_case(intake)
    number = proposed(intake, received(intake))

    with pytest.raises(MoveNotAllowed):
        do(intake, linking.link, number, case, by=OPERATOR)

    assert report_of(intake, number).state is ReportState.AWAITING_FILING
