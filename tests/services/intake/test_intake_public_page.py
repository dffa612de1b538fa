"""The public page: a citizen reports without an account, follows it with a query word, and has the answer."""

from datetime import timedelta
from typing import Any

import pytest
from intake_builders import LATER, NOON, OPERATOR, PHOTO_BEFORE, names
from intake_journey import (
    HANDBOOK,
    INSIDE,
    a_filed_case,
    answer_of,
    case_of,
    close,
    confirmed,
    do,
    filed,
    flow,
    verified,
)

from case_contracts.codes import AnswerKind, Satisfaction, Source
from services.intake.domain.answer import AnswerState
from services.intake.domain.refusals import AlreadyRated, DraftUsed, NotFound, RuleBroken, WrongQueryWord
from services.intake.domain.reopening import ReopeningNotPossible
from services.intake.domain.task import Outcome
from services.intake.stages import filing, linking, public_page, reporting
from services.intake.stages.reporting import Told

pytestmark = pytest.mark.usefixtures("ready_centre")

MARK = "mark-of-the-word"
WINDOW = timedelta(days=HANDBOOK.settings.reopening_window_days)


def told_publicly(intake: Any, draft: str = "d1", **changes: Any) -> str:
    told = {
        "description": "井盖缺失，请拨13800138000",
        "address": "文王路口",
        "position": INSIDE,
        "photos": (PHOTO_BEFORE,),
        "query_mark": MARK,
        **changes,
    }
    with intake.transaction() as tx:
        return public_page.report(tx, HANDBOOK, Told(**told), draft, at=NOON).report_number


def a_closed_public_report(intake: Any) -> tuple[str, str]:
    number = told_publicly(intake)
    confirmed(intake, number)
    case = filed(intake, number)
    verified(intake, case, Outcome.GONE)
    close(intake, case)
    return number, case


def opened(intake: Any, number: str, at: Any = LATER, mark: str = MARK) -> Any:
    with intake.transaction() as tx:
        return public_page.open_report(tx, HANDBOOK, number, mark, at=at)


def rated(
    intake: Any, number: str, satisfaction: Satisfaction = Satisfaction.SATISFIED, mark: str = MARK
) -> Any:
    with intake.transaction() as tx:
        return public_page.rate(tx, number, mark, satisfaction=satisfaction, words="", at=LATER)


def asked_again(intake: Any, number: str, at: Any = LATER) -> Any:
    with intake.transaction() as tx:
        return public_page.ask_reopening(tx, HANDBOOK, number, MARK, words="井盖又没了", at=at)


def test_a_citizen_reports_on_the_page_and_the_report_waits_for_confirmation_like_any_citizens(
    intake: Any,
) -> None:
    number = told_publicly(intake)

    with intake.transaction() as tx:
        report = tx.reports.peek(number)
    assert (report.source, report.description) == (Source.PUBLIC_PAGE, "井盖缺失，请拨138****8000")
    assert report.source.needs_confirmation
    assert names(intake.announced()) == ["report_received"]


def test_a_point_on_the_map_is_named_by_its_village_and_no_place_at_all_is_refused(intake: Any) -> None:
    number = told_publicly(intake, address=" ")

    with intake.transaction() as tx:
        assert tx.reports.peek(number).address.endswith("（地图选点）")
    with pytest.raises(RuleBroken) as broken:
        told_publicly(intake, "d2", address="", position=None)
    assert broken.value.field == "address"


def test_one_draft_becomes_one_report(intake: Any) -> None:
    told_publicly(intake)

    with pytest.raises(DraftUsed):
        told_publicly(intake)


def test_the_answer_is_delivered_when_its_reporter_opens_it_with_the_word_and_not_before(intake: Any) -> None:
    number, _ = a_closed_public_report(intake)
    assert answer_of(intake, number).state is AnswerState.DUE

    seen = opened(intake, number)

    assert answer_of(intake, number).state is AnswerState.DELIVERED
    assert [answer.kind for answer in seen.answers] == [AnswerKind.CLOSED]
    assert names(intake.announced())[-2:] == ["answer_due", "answer_delivered"]
    opened(intake, number)
    assert names(intake.announced()).count("answer_delivered") == 1


def test_an_answer_that_nobody_opened_in_the_window_is_counted_as_unreachable_and_can_still_be_read(
    intake: Any,
) -> None:
    number, _ = a_closed_public_report(intake)

    intake.pass_time(LATER + WINDOW - timedelta(seconds=1))
    assert answer_of(intake, number).state is AnswerState.DUE
    intake.pass_time(LATER + WINDOW)

    answer = answer_of(intake, number)
    assert (answer.state, answer.reason) == (AnswerState.UNREACHABLE, "15 天内未在网页查看")
    assert names(intake.announced())[-1] == "answer_undeliverable"
    assert opened(intake, number, at=LATER + WINDOW + timedelta(days=1)).answers[0].text == answer.text


def test_an_answer_that_was_opened_is_not_given_up_later(intake: Any) -> None:
    number, _ = a_closed_public_report(intake)
    opened(intake, number)

    intake.pass_time(LATER + WINDOW * 2)

    assert answer_of(intake, number).state is AnswerState.DELIVERED


def test_what_an_operator_enters_for_the_page_has_no_word_and_is_answered_where_it_can_be_read(
    intake: Any,
) -> None:
    told = Told(description="井盖缺失", address="文王路", source=Source.PUBLIC_PAGE)
    number = do(intake, reporting.receive_report, HANDBOOK, told, by=OPERATOR).report_number
    do(intake, filing.not_accept, number, reason="不属城市管理范围", by=OPERATOR)

    assert answer_of(intake, number).state is AnswerState.DELIVERED
    with pytest.raises(WrongQueryWord):
        opened(intake, number, mark="")


def test_only_the_word_opens_a_report(intake: Any) -> None:
    number, _ = a_closed_public_report(intake)

    with pytest.raises(WrongQueryWord):
        opened(intake, number, mark="another")
    with pytest.raises(WrongQueryWord):
        rated(intake, number, mark="another")
    with pytest.raises(NotFound):
        opened(intake, "R2020061599999")
    assert answer_of(intake, number).state is AnswerState.DUE


def test_its_progress_is_told_in_steps_without_people_and_reasons(intake: Any) -> None:
    number, case = a_closed_public_report(intake)

    steps = opened(intake, number).steps

    assert [step.text for step in steps] == [
        "已收到",
        "派员现场核实",
        "已现场核实",
        "已受理，提交立案审核",
        "已立案",
        "已处置，等待现场核查",
        "正在现场核查",
        "核查通过",
        "已办结",
    ]
    assert case_of(intake, case).supervisor not in str(steps)


def test_photos_of_the_mended_place_are_shown_once_the_case_is_closed(intake: Any) -> None:
    number = told_publicly(intake)
    confirmed(intake, number)
    case = filed(intake, number)
    verified(intake, case, Outcome.GONE)
    assert opened(intake, number).photos_after == ()

    close(intake, case)

    kept = case_of(intake, case)
    assert opened(intake, number).photos_after == (*kept.feedback_photos, *kept.verification_photos)


def test_a_reporter_rates_an_answer_once(intake: Any) -> None:
    number, _ = a_closed_public_report(intake)

    rated(intake, number)

    assert answer_of(intake, number).satisfaction is Satisfaction.SATISFIED
    assert intake.announced()[-1].name == "answer_rated"
    assert intake.announced()[-1].satisfaction is Satisfaction.SATISFIED
    assert "rate_answer" in flow(intake, f"report/{number}")
    with pytest.raises(AlreadyRated):
        rated(intake, number, Satisfaction.DISSATISFIED)


def test_nothing_is_rated_before_there_is_an_answer(intake: Any) -> None:
    number = told_publicly(intake)

    with pytest.raises(RuleBroken):
        rated(intake, number)


def test_a_dissatisfied_reporter_asks_once_and_within_the_window_that_it_be_handled_again(
    intake: Any,
) -> None:
    number, case = a_closed_public_report(intake)
    assert opened(intake, number).may_ask_reopening_until == LATER + WINDOW

    with pytest.raises(ReopeningNotPossible):
        asked_again(intake, number, at=LATER + WINDOW + timedelta(seconds=1))
    asked_again(intake, number)

    assert [request.report_number for request in case_of(intake, case).reopenings] == [number]
    assert opened(intake, number).may_ask_reopening_until is None
    with pytest.raises(ReopeningNotPossible):
        asked_again(intake, number)


def test_a_report_linked_to_another_case_follows_that_cases_progress(intake: Any) -> None:
    case = a_filed_case(intake)
    number = told_publicly(intake)
    do(intake, linking.link, number, case, by=OPERATOR)

    steps = [step.text for step in opened(intake, number).steps]

    assert "与相同问题一并办理" in steps
    assert opened(intake, number).case.case_number == case


def test_nobody_does_it_without_end(intake: Any) -> None:
    with intake.transaction() as tx:
        waits = [public_page.allowed(tx, "reports/a", 2, at=NOON + timedelta(minutes=n)) for n in range(4)]
        assert waits[:2] == [None, None]
        assert waits[2] == 58 * 60
        assert public_page.exhausted(tx, "reports/a", 2, at=NOON) == 3600
        assert public_page.allowed(tx, "reports/b", 2, at=NOON) is None
        assert public_page.allowed(tx, "reports/a", 2, at=NOON + timedelta(hours=1)) is None
