"""Facts of intake on the real database: each takes effect once, and early ones wait."""

import pytest

from chassis.receiving import Outcome
from chassis.wakes import fire_due
from services.dispatch.domain.states import AssignmentState
from services.dispatch.stages import feedback
from tests.services.dispatch.dispatch_kit import BOOK, Dispatch
from tests.services.dispatch.fakes import (
    CASE,
    a_closed_case,
    a_failed_verification,
    a_filed_case,
    a_passed_verification,
    a_receipt,
    a_voided_case,
    at,
    worker_of,
)

pytestmark = pytest.mark.infra
S = AssignmentState


def feed_back(dispatch: Dispatch) -> None:
    with dispatch.database.transaction() as tx:
        feedback.submit_feedback(
            tx.bound,
            BOOK,
            CASE,
            text="已修复",
            receipts=[a_receipt()],
            at=dispatch.now,
            by=worker_of("u04"),
        )


@pytest.mark.parametrize(
    ("fact", "state"),
    [
        (a_passed_verification(), S.FED_BACK),
        (a_failed_verification(), S.HANDLING),
        (a_closed_case(), S.DONE),
        (a_voided_case(), S.WITHDRAWN),
        (a_filed_case(), S.FED_BACK),
    ],
)
def test_each_fact_takes_effect_once_however_often_it_is_delivered(dispatch: Dispatch, fact, state):
    dispatch.file_and_dispatch()
    feed_back(dispatch)

    assert dispatch.read(fact, id="the-fact") == Outcome.OK
    published, told = dispatch.published, len(dispatch.told)
    assert dispatch.read(fact, id="the-fact") == Outcome.DUPLICATE

    assert dispatch.assignment.state is state
    assert (dispatch.published, len(dispatch.told)) == (published, told)


def test_a_filing_delivered_twice_opens_one_assignment(dispatch: Dispatch):
    assert dispatch.read(a_filed_case(), id="filed") == Outcome.OK
    assert dispatch.read(a_filed_case(), id="filed") == Outcome.DUPLICATE
    assert dispatch.read(a_filed_case(), id="filed again") == Outcome.OK

    assert dispatch.assignment.state is S.AWAITING_DISPATCH


def test_a_voiding_before_its_filing_waits_in_the_database_and_then_wins(dispatch: Dispatch):
    assert dispatch.read(a_voided_case()) == Outcome.WAITING
    assert dispatch.read(a_filed_case()) == Outcome.OK

    assert dispatch.assignment.state is S.WITHDRAWN
    assert dispatch.published == ["task_withdrawn"]


def test_a_failed_verification_before_its_feedback_waits_in_the_database_for_it(dispatch: Dispatch):
    assert dispatch.read(a_failed_verification()) == Outcome.WAITING
    dispatch.file_and_dispatch()
    assert dispatch.assignment.state is S.AWAITING_SIGNATURE

    feed_back(dispatch)

    assert dispatch.assignment.round == 2
    assert dispatch.published[-2:] == ["feedback_submitted", "rework_ordered"]


def test_the_daily_reminder_fires_from_the_database_with_the_same_message_id(dispatch: Dispatch):
    dispatch.file_and_dispatch()
    dispatch.now = at("06-16 08:37")

    fire_due(dispatch.database, dispatch.wakes)

    tasks = [envelope for _, envelope in dispatch.outbox("units.tasks") if envelope.type == "task"]
    first, second = tasks
    assert first.id == second.id


def test_flow_records_cannot_be_changed(dispatch: Dispatch):
    dispatch.read(a_filed_case())

    for statement in ("update flow_records set actor = 'x'", "delete from flow_records"):
        with (
            pytest.raises(Exception, match="flow records are never changed"),
            dispatch.database.transaction() as tx,
        ):
            tx.execute(statement)


def test_the_database_itself_refuses_open_work_without_an_owner(dispatch: Dispatch):
    dispatch.read(a_filed_case())

    with (
        pytest.raises(Exception, match="check constraint"),
        dispatch.database.transaction() as tx,
    ):
        tx.execute("update assignments set owner = null")
