"""Two people act at one moment, on a real database: one wins, the other is told, and nothing is lost."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from intake_builders import (
    LATER,
    NOON,
    OPERATOR,
    PHOTO_SEEN,
    SUPERVISOR,
    a_feedback,
    a_gateway,
    an_outage,
)
from intake_journey import (
    HANDBOOK,
    a_closed_case,
    a_filed_case,
    a_ready_centre,
    answers_of,
    case_of,
    confirmed,
    do,
    filed,
    flow,
    person,
    proposed,
    received,
    report_of,
)
from intake_postgres import PostgresIntake

from case_contracts.codes import AnswerKind, Source
from services.intake.domain.case import CaseState
from services.intake.domain.numbers import case_number
from services.intake.domain.refusals import MoveNotAllowed, NumbersUsedUp, RuleBroken
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, TaskState
from services.intake.stages import closing, filing, merging, reopening, surveying, verification
from services.intake.stages.surveying import Finding

WECHAT = a_gateway(Source.WECHAT)


@pytest.fixture
def intake(postgres_intake: PostgresIntake) -> PostgresIntake:
    """Only the real one: the fake has no two transactions at a time."""
    a_ready_centre(postgres_intake)
    return postgres_intake


def at_once(intake: PostgresIntake, *acts: Callable[[Any], Any]) -> list[Any]:
    """Each act in a transaction of its own, begun together as doors would; what came of them."""
    outcomes: list[Any] = [None] * len(acts)
    begin = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[Any], Any]) -> None:
        begin.wait(60)
        try:
            outcomes[number] = intake.database.run(lambda tx: act(tx.bound))
        except Exception as error:  # what was refused is looked at by the test
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def void(case: str) -> Callable[[Any], Any]:
    return lambda tx: closing.void_case(tx, case, reason="误立", at=LATER, by=SUPERVISOR)


def merge(case: str, into: str) -> Callable[[Any], Any]:
    return lambda tx: merging.merge_case(tx, case, into, at=LATER, by=SUPERVISOR)


@pytest.mark.infra
def test_a_case_is_voided_while_its_unit_feeds_back(intake: PostgresIntake) -> None:
    number = received(intake)
    case = filed(intake, number)
    feedback = a_feedback(case)

    outcomes = at_once(
        intake,
        void(case),
        lambda tx: verification.on_feedback_submitted(tx, HANDBOOK, feedback, at=LATER),
    )

    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert case_of(intake, case).state is CaseState.VOIDED
    assert [answer.kind for answer in answers_of(intake, number)] == [AnswerKind.VOIDED]
    told = set(flow(intake, f"case/{case}"))
    assert told & {"note_feedback_submitted", "follow_feedback_submitted"}


@pytest.mark.infra
def test_a_case_is_merged_while_its_collector_answers(intake: PostgresIntake) -> None:
    case, into = a_filed_case(intake), a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)
    finding = Finding(outcome=Outcome.REMAINS, words="坑还在", photos=(PHOTO_SEEN,))
    by = person(asked.collector)

    merged, answered = at_once(
        intake,
        merge(case, into),
        lambda tx: surveying.answer_task(tx, HANDBOOK, asked.task_id, finding, at=LATER, by=by),
    )

    assert not isinstance(merged, Exception)
    assert answered is None or isinstance(answered, MoveNotAllowed) or answered.subject == f"case/{case}"
    assert case_of(intake, case).state is CaseState.MERGED
    assert len(case_of(intake, into).linked_reports) == 1
    with intake.transaction() as tx:
        task = tx.tasks.get(asked.task_id)
    refused = isinstance(answered, MoveNotAllowed)
    assert task.state is (TaskState.WITHDRAWN if refused else TaskState.ANSWERED)


@pytest.mark.infra
def test_two_cases_merged_crosswise_leave_one_that_is_open(intake: PostgresIntake) -> None:
    one, other = a_filed_case(intake), a_filed_case(intake)

    outcomes = at_once(intake, merge(one, other), merge(other, one))

    assert sum(isinstance(outcome, RuleBroken | MoveNotAllowed) for outcome in outcomes) == 1
    states = {case_of(intake, one).state, case_of(intake, other).state}
    assert states == {CaseState.IN_COMMAND, CaseState.MERGED}


@pytest.mark.infra
def test_a_case_is_voided_while_another_is_merged_into_it(intake: PostgresIntake) -> None:
    numbers = [received(intake), received(intake)]
    one, into = filed(intake, numbers[0]), filed(intake, numbers[1])

    merged, voided = at_once(intake, merge(one, into), void(into))

    assert not isinstance(voided, Exception)
    if isinstance(merged, RuleBroken):
        assert case_of(intake, one).state is CaseState.IN_COMMAND
    else:
        assert case_of(intake, one).state is CaseState.MERGED
        assert [len(answers_of(intake, number)) for number in numbers] == [1, 1]


@pytest.mark.infra
def test_a_reopening_is_decided_by_two_supervisors_and_only_one_of_them_counts(
    intake: PostgresIntake,
) -> None:
    number = received(intake, by=WECHAT)
    confirmed(intake, number)
    case = a_closed_case(intake, number)
    do(intake, reopening.ask_reopening, HANDBOOK, number, words="坑还在", by=WECHAT)

    outcomes = at_once(
        intake,
        lambda tx: reopening.reopen(tx, HANDBOOK, case, reason="坑在", at=LATER, by=SUPERVISOR),
        lambda tx: reopening.decline_reopening(tx, case, reason="系另一处", at=LATER, by=SUPERVISOR),
    )

    assert sum(isinstance(outcome, MoveNotAllowed) for outcome in outcomes) == 1
    assert len(answers_of(intake, number)) == 2


@pytest.mark.infra
def test_a_reopened_case_that_is_voided_at_once_is_answered_for_each_outcome_once(
    intake: PostgresIntake,
) -> None:
    number = received(intake, by=WECHAT)
    confirmed(intake, number)
    case = a_closed_case(intake, number)
    do(intake, reopening.ask_reopening, HANDBOOK, number, words="坑还在", by=WECHAT)

    reopened, voided = at_once(
        intake,
        lambda tx: reopening.reopen(tx, HANDBOOK, case, reason="坑在", at=LATER, by=SUPERVISOR),
        void(case),
    )

    assert not isinstance(reopened, Exception)
    kinds = [answer.kind for answer in answers_of(intake, number)]
    if isinstance(voided, MoveNotAllowed):  # it was still closed
        assert kinds == [AnswerKind.CLOSED, AnswerKind.REOPENED]
    else:
        assert kinds == [AnswerKind.CLOSED, AnswerKind.REOPENED, AnswerKind.VOIDED]


@pytest.mark.infra
def test_of_two_supervisors_on_one_report_one_files_or_declines_it(intake: PostgresIntake) -> None:
    number = proposed(intake, received(intake))

    outcomes = at_once(
        intake,
        lambda tx: filing.file_case(tx, HANDBOOK, number, at=LATER, by=SUPERVISOR),
        lambda tx: filing.decline(tx, number, reason="不够条件", at=LATER, by=SUPERVISOR),
    )

    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, MoveNotAllowed)]
    assert refused.number == number
    filed_it = report_of(intake, number).state is ReportState.FILED
    assert len(answers_of(intake, number)) == (0 if filed_it else 1)


@pytest.mark.infra
def test_eight_filings_at_once_draw_eight_numbers_without_a_gap(intake: PostgresIntake) -> None:
    numbers = [proposed(intake, received(intake)) for _ in range(8)]

    outcomes = at_once(
        intake,
        *(
            lambda tx, number=number: filing.file_case(tx, HANDBOOK, number, at=LATER, by=SUPERVISOR)
            for number in numbers
        ),
    )

    drawn = sorted(outcome.case_number for outcome in outcomes)
    assert drawn == [f"41052320200615{serial:05d}" for serial in range(1, 9)]


@pytest.mark.infra
def test_the_ten_thousandth_case_of_a_day_has_its_number_and_the_hundred_thousandth_is_refused(
    intake: PostgresIntake,
) -> None:
    def after(last: int) -> Any:
        number = proposed(intake, received(intake))
        with intake.transaction() as tx:
            tx._tx.execute(
                "insert into numbers (kind, day, last) values ('case', date '2020-06-15', :last)"
                " on conflict (kind, day) do update set last = :last",
                {"last": last},
            )
        return do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR)

    assert after(9_999).case_number == "4105232020061510000"
    assert after(99_998).case_number == "4105232020061599999"
    with pytest.raises(NumbersUsedUp):
        after(99_999)
    waiting = proposed(intake, received(intake))
    tomorrow = NOON + timedelta(days=1)
    filed_then = do(intake, filing.file_case, HANDBOOK, waiting, by=SUPERVISOR, at=tomorrow)
    assert filed_then.case_number == "4105232020061600001"


def test_five_digits_hold_a_day() -> None:
    assert case_number("410523", NOON, 99_999) == "4105232020061599999"
    with pytest.raises(NumbersUsedUp):
        case_number("410523", NOON, 100_000)


@pytest.mark.infra
def test_an_outage_is_credited_while_a_collector_answers_and_neither_waits_for_the_other(
    intake: PostgresIntake,
) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)
    credits = threading.Thread(target=intake.read, args=(an_outage(0, 5),), kwargs={"at": LATER})

    with intake.database.transaction() as tx:
        tx.bound.cases.get(case)
        credits.start()
        waits_for_a_lock(intake)
        tx.execute("set local lock_timeout = '300ms'")  # sooner than PostgreSQL looks for a deadlock
        assert tx.bound.tasks.get(asked.task_id).state is TaskState.OPEN
    credits.join(30)

    assert not credits.is_alive()
    with intake.transaction() as tx:
        assert tx.tasks.get(asked.task_id).due_at == tx.cases.get(case).due_at


def waits_for_a_lock(intake: PostgresIntake) -> None:
    """Somebody is seen waiting for what another transaction holds."""
    waiting = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 60
    while not intake.database.run(lambda tx: tx.execute(waiting).scalar_one()):
        assert time.monotonic() < until, "nobody waits"
