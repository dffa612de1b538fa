"""Outages of ours (补时): every clock of intake's gets back what an outage took, each moment once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from intake_builders import (
    ANOTHER_COLLECTOR,
    COLLECTOR,
    LATER,
    NOON,
    OPERATOR,
    PHOTO_SEEN,
    SUPERVISOR,
    VIDEO_SEAT,
    a_dispatch,
    a_feedback,
    an_outage,
    dissatisfied,
    minute,
)
from intake_journey import (
    HANDBOOK,
    a_closed_case,
    a_filed_case,
    case_of,
    do,
    filed,
    flow,
    person,
    proposed,
    received,
    report_of,
)

from case_contracts.roles import Role
from handbook.working_time import Light
from services.intake.domain.task import Outcome, TaskState
from services.intake.stages import confirmation, duty, filing, lighting, surveying, verification
from services.intake.stages.surveying import Finding

pytestmark = pytest.mark.usefixtures("ready_centre")

MINUTE = timedelta(minutes=1)


def happens(intake: Any, begins: float, ends: float, *, told: float | None = None) -> None:
    """An outage, which intake reads of at its end or later."""
    intake.read(an_outage(begins, ends), at=minute(ends if told is None else told))


def answers(intake: Any, asked: Any, outcome: Outcome, *, at: datetime) -> None:
    """The collector who was sent tells what is to be seen."""
    finding = Finding(outcome=outcome, words="看过", photos=(PHOTO_SEEN,))
    by = person(asked.collector)
    do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=by, at=at)


def told(intake: Any) -> list[Any]:
    return [fact for fact in intake.announced() if fact.name.endswith("_time_credited")]


def escalations(intake: Any) -> list[str]:
    return [fact.to for fact in intake.announced() if fact.name.endswith("_escalated")]


def answered(intake: Any, asked: Any, outcome: Outcome, *, at: float) -> None:
    finding = Finding(outcome=outcome, words="看过", photos=(PHOTO_SEEN,))
    by = person(asked.collector)
    do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=by, at=minute(at))


def test_a_report_that_awaits_acceptance_has_as_much_more_time(intake: Any) -> None:
    number = received(intake)

    happens(intake, 2, 7)

    report = report_of(intake, number)
    assert (report.clock_from, report.due_at) == (NOON, minute(20))
    (fact,) = told(intake)
    assert (fact.report_number, fact.due_at, fact.credited_seconds, fact.task_id) == (
        number,
        minute(20),
        300,
        "",
    )
    assert (fact.outage_from, fact.outage_until, fact.credited_by) == (minute(2), minute(7), "p-operations")
    assert flow(intake, f"report/{number}")[-1] == "credit_outage"


def test_an_outage_that_is_read_of_twice_gives_back_nothing_more(intake: Any) -> None:
    number = received(intake)

    happens(intake, 2, 7)
    happens(intake, 2, 7, told=9)

    assert report_of(intake, number).due_at == minute(20)
    assert len(told(intake)) == 1
    assert flow(intake, f"report/{number}").count("credit_outage") == 1


def test_what_lies_before_a_clock_gives_nothing_back_also_when_it_is_told_late(intake: Any) -> None:
    number = received(intake)
    proposed(intake, number)  # at minute 10: acceptance has ended, filing begins

    happens(intake, 2, 12, told=14)

    assert report_of(intake, number).due_at == minute(27)


def test_what_was_given_back_of_one_clock_is_nothing_to_the_next(intake: Any) -> None:
    number = received(intake)
    happens(intake, 2, 7)
    proposed(intake, number)  # at minute 10

    happens(intake, 3, 12, told=13)

    assert report_of(intake, number).due_at == minute(27)


def test_whoever_is_to_be_called_is_called_later_and_after_as_long_again(intake: Any) -> None:
    received(intake)
    happens(intake, 2, 7)

    intake.pass_time(minute(20))
    assert escalations(intake) == []
    intake.pass_time(minute(21))
    assert escalations(intake) == ["shift_supervisor"]
    intake.pass_time(minute(35))
    assert escalations(intake) == ["shift_supervisor"]
    intake.pass_time(minute(36))
    assert escalations(intake) == ["shift_supervisor", "leader"]


def test_who_was_called_stays_called_and_the_next_is_called_later(intake: Any) -> None:
    number = received(intake)
    intake.pass_time(minute(16))

    happens(intake, 5, 15, told=20)

    assert (report_of(intake, number).called, report_of(intake, number).due_at) == (
        Role.SHIFT_SUPERVISOR,
        minute(25),
    )
    intake.pass_time(minute(40))
    assert escalations(intake) == ["shift_supervisor"]
    intake.pass_time(minute(41))
    assert escalations(intake) == ["shift_supervisor", "leader"]


def test_a_light_counts_what_was_given_back(intake: Any) -> None:
    number = received(intake)
    happens(intake, 2, 7)

    lights = [
        lighting.light_of_report(report_of(intake, number), HANDBOOK, at=minute(at)) for at in (13, 16, 21)
    ]

    assert lights == [Light.GREEN, Light.YELLOW, Light.RED]


def test_a_collectors_errand_and_the_report_it_is_for_have_the_same_later_time(intake: Any) -> None:
    number = received(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR, at=minute(10))

    happens(intake, 15, 20)

    with intake.transaction() as tx:
        task = tx.tasks.get(asked.task_id)
        (mine,) = tx.tasks.open_of(asked.collector)
    assert task.due_at == mine.due_at == report_of(intake, number).due_at == minute(45)
    (fact,) = told(intake)
    assert (fact.task_id, fact.due_at) == (asked.task_id, minute(45))
    answers(intake, asked, Outcome.CONFIRMED, at=minute(45))
    assert [f.in_time for f in intake.announced() if f.name == "report_confirmed"] == [True]
    assert report_of(intake, number).due_at == minute(50)  # five minutes of acceptance were left


def test_an_acceptance_that_rests_gets_back_what_had_run_of_it(intake: Any) -> None:
    number = received(intake)
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR, at=minute(10))

    happens(intake, 4, 12, told=13)
    happens(intake, 3, 6, told=14)

    resting = [fact for fact in told(intake) if not fact.task_id]
    assert [(fact.due_at, fact.credited_seconds) for fact in resting] == [(None, 360), (None, 60)]
    answers(intake, asked, Outcome.CONFIRMED, at=minute(20))
    report = report_of(intake, number)
    assert report.due_at == minute(32)  # 5 minutes were left, and 7 given back
    assert report.limit_given == 22 * MINUTE
    happens(intake, 2, 25, told=25)  # of which 2 to 3 and 20 to 25 are new to it
    assert report_of(intake, number).due_at == minute(38)


def test_filing_verification_and_closing_have_their_time_back(intake: Any) -> None:
    number = received(intake)
    proposed(intake, number)  # at minute 10
    happens(intake, 12, 13)
    assert report_of(intake, number).due_at == minute(26)

    case = do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR, at=minute(14)).case_number
    intake.read(a_dispatch(case), at=minute(15))
    intake.read(a_feedback(case), at=minute(20))
    happens(intake, 21, 22)
    assert case_of(intake, case).due_at == minute(36)

    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR, at=minute(23))
    happens(intake, 24, 25)
    assert case_of(intake, case).due_at == minute(54)
    with intake.transaction() as tx:
        assert tx.tasks.get(asked.task_id).due_at == minute(54)

    answers(intake, asked, Outcome.GONE, at=minute(54))
    assert [f.in_time for f in intake.announced() if f.name == "handling_verified"] == [True]
    happens(intake, 55, 57)
    assert case_of(intake, case).due_at == minute(116)
    assert [(fact.name, fact.due_at) for fact in told(intake)] == [
        ("report_time_credited", minute(26)),
        ("case_time_credited", minute(36)),
        ("case_time_credited", minute(54)),
        ("case_time_credited", minute(116)),
    ]
    assert [fact.task_id for fact in told(intake)] == ["", "", asked.task_id, ""]


def test_a_reopening_that_awaits_decision_has_its_time_back(intake: Any) -> None:
    case = a_closed_case(intake)  # at minute 10
    number = case_of(intake, case).report_number
    intake.read(dissatisfied(number), at=minute(30))

    happens(intake, 20, 40)

    assert case_of(intake, case).due_at == minute(100)


def test_the_dispatchers_clock_is_kept_too_and_dispatch_tells_of_it(intake: Any) -> None:
    case = a_filed_case(intake)  # at minute 10

    happens(intake, 12, 15)

    assert case_of(intake, case).due_at == minute(28)
    assert told(intake) == []
    assert flow(intake, f"case/{case}")[-1] == "credit_outage"


def test_a_case_that_a_unit_has_is_dispatchs_to_credit(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_dispatch(case), at=LATER)
    before = case_of(intake, case)

    happens(intake, 5, 60)

    assert case_of(intake, case) == before
    assert told(intake) == []


def test_what_has_ended_is_judged_as_it_ended(intake: Any) -> None:
    number = received(intake)
    case = a_closed_case(intake, number)
    report, closed = report_of(intake, number), case_of(intake, case)

    happens(intake, 0, 60)

    assert (report_of(intake, number), case_of(intake, case)) == (report, closed)
    assert told(intake) == []


def test_an_errand_that_was_given_on_for_the_outage_stays_with_whoever_has_it(intake: Any) -> None:
    for collector in (COLLECTOR, ANOTHER_COLLECTOR):
        do(intake, duty.go_on_duty, HANDBOOK, by=collector, at=NOON)
    case = filed(intake, received(intake, by=VIDEO_SEAT))
    intake.read(a_feedback(case), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR, at=minute(10))
    intake.pass_time(minute(41))
    with intake.transaction() as tx:
        first, second = tx.tasks.of_report(case_of(intake, case).report_number)
    assert (first.collector, first.state) == (asked.collector, TaskState.WITHDRAWN)

    happens(intake, 5, 45)

    with intake.transaction() as tx:
        assert tx.tasks.get(first.task_id) == first
        assert tx.tasks.get(second.task_id).due_at == second.due_at + (minute(45) - second.asked_at)
    assert case_of(intake, case).due_at == second.due_at + (minute(45) - second.asked_at)
