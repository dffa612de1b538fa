"""Other ends (强制结案, 并案), reopening (重新处置), and what happens when two things happen at once."""

import threading

import pytest

from case_contracts import units
from case_contracts.dispatch import CaseDispatched, FeedbackSubmitted, ReworkOrdered, TaskWithdrawn
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import MoveNotAllowed, TaskOutdated
from services.dispatch.domain.states import AssignmentState
from services.dispatch.stages import handling
from tests.services.dispatch.city import BOOK, DISPATCHED, City
from tests.services.dispatch.fakes import CASE, at, worker_of

S = AssignmentState


@pytest.fixture
def handled(city: City) -> City:
    """The case is being handled by u04."""
    city.file()
    city.dispatch()
    city.sign()
    return city


STEPS = {
    S.AWAITING_DISPATCH: (),
    S.AWAITING_SIGNATURE: ("dispatch",),
    S.HANDLING: ("dispatch", "sign"),
    S.SUSPENDED: ("dispatch", "sign", "suspend"),
    S.RETURN_UNDER_REVIEW: ("dispatch", "send_back"),
    S.RETURNED_TO_INTAKE: ("return_to_intake",),
    S.FED_BACK: ("dispatch", "feed_back"),
}
REASONS = {"force_close": "强制结案：拆迁范围，不再处置", "merge": "并入案件 4105232020061500009"}


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("ending", REASONS)
def test_a_forced_closing_and_a_merging_win_in_every_state_and_the_unit_is_told(
    city: City, state, ending: str
):
    city.file()
    for step in STEPS[state]:
        getattr(city, step)()
    assert city.assignment.state is state

    getattr(city, ending)()

    assert city.assignment.state is S.WITHDRAWN
    assert city.published(TaskWithdrawn)[0].reason == REASONS[ending]
    assert city.store.wakes() == {}
    told = city.messages(units.TaskWithdrawn)
    assert [one.reason for one in told] == ([REASONS[ending]] if "dispatch" in STEPS[state] else [])


@pytest.mark.parametrize("ending", ["void", "force_close", "merge"])
def test_whatever_a_unit_sends_after_the_withdrawal_is_refused_with_the_reason(handled: City, ending: str):
    handled.order_supervision(moment=at("06-15 10:00"))
    getattr(handled, ending)()
    reason = handled.published(TaskWithdrawn)[0].reason
    before = handled.facts

    for step in ("sign", "send_back", "feed_back", "ask_extension", "ask_suspension", "resume", "reply"):
        with pytest.raises(Exception, match=reason) as refused:
            getattr(handled, step)()
        assert "已撤回" in str(refused.value)
    assert handled.facts == before


def test_even_a_message_about_an_older_round_is_refused_with_the_reason_of_the_withdrawal(handled: City):
    handled.void()

    with pytest.raises(MoveNotAllowed, match="已撤回：重复立案"):
        handled.feed_back(turn=Turn(round=7, dispatch_number=1))


def test_a_reopened_case_goes_straight_to_handling_with_the_full_limit_and_the_reason(handled: City):
    handled.feed_back()
    handled.close()
    handled.reopen()

    assert (handled.assignment.state, handled.assignment.round) == (S.HANDLING, 2)
    assert handled.assignment.due_at == at("06-25 09:00")
    task = handled.messages(units.Task)[-1]
    assert (task.round, task.dispatch_number, task.responsible_unit) == (2, 1, "u04")
    assert task.rework_reason == "上报人反映路面又破损"
    assert (handled.assignment.reopened, handled.assignment.reworks) == (True, 0)
    (ordered,) = handled.published(ReworkOrdered)
    assert (ordered.reopened, ordered.round, ordered.due_at) == (True, 2, at("06-25 09:00"))
    handled.feed_back(at("06-19 09:00"))
    handled.close(round=2)
    assert handled.assignment.state is S.DONE


def test_a_reopening_is_no_rework_that_would_be_ordered_about(handled: City):
    handled.feed_back()
    handled.fail_verification(2)
    assert not handled.assignment.reopened
    handled.feed_back(at("06-17 10:00"))
    handled.close(round=2)
    handled.reopen(3)

    assert handled.orders() == []
    assert [fact.reopened for fact in handled.published(ReworkOrdered)] == [False, True]


def test_a_reopening_that_comes_twice_is_noted_the_second_time(handled: City):
    handled.feed_back()
    handled.close()
    handled.reopen()
    before = handled.facts

    handled.reopen()

    assert handled.facts == before
    assert handled.actions[-1][0] == "noted"


def test_a_reopening_that_comes_before_the_closing_waits_for_it(handled: City):
    handled.feed_back()
    assert not handled.reopen()
    handled.close()

    assert (handled.assignment.state, handled.assignment.round) == (S.HANDLING, 2)


@pytest.mark.parametrize("ending", ["void", "force_close", "merge"])
def test_a_case_that_was_withdrawn_stays_withdrawn(handled: City, ending: str):
    getattr(handled, ending)()
    before = handled.facts

    for step in (
        handled.reopen,
        handled.close,
        handled.fail_verification,
        handled.raise_urgency,
        handled.file_anew,
    ):
        assert step()

    assert handled.assignment.state is S.WITHDRAWN
    assert handled.facts == before


def test_what_waited_for_a_move_that_will_not_come_is_noted_when_the_case_is_withdrawn(handled: City):
    assert not handled.close()
    assert not handled.reopen()

    handled.void()

    assert [action for action, _, _ in handled.actions[-2:]] == ["noted", "noted"]


# --- named failures and races -------------------------------------------------------------------------------


def test_a_hand_over_to_a_main_and_an_assisting_unit_reaches_the_main_unit_alone_however_often_it_is_repeated(
    city: City,
):
    city.file()
    city.dispatch("u04", assisting=("u01",))
    city.wake(DISPATCHED.replace(day=17))
    for code in ("u04", "u01"):
        with city.store.transaction() as tx:
            handling.resync(tx, BOOK, at=at("06-17 09:00"), by=worker_of(code))

    tasks = [told for told in city.store.told() if isinstance(told.message, units.Task)]
    assert len(tasks) >= 3
    assert {told.responsible_unit for told in tasks} == {"u04"}
    assert len({told.message_id for told in tasks}) == 1
    assert city.published(CaseDispatched)[0].assisting_units == ("u01",)


def test_void_while_the_unit_feeds_back_whichever_comes_first_the_case_is_withdrawn(handled: City):
    handled.feed_back()
    handled.void()
    assert handled.assignment.state is S.WITHDRAWN

    with pytest.raises(MoveNotAllowed, match="已撤回"):
        handled.feed_back()
    assert len(handled.published(FeedbackSubmitted)) == 1


def test_return_while_re_dispatched_the_old_units_words_are_out_of_date(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.accept_return()
    city.dispatch("u02", at("06-15 10:10"))

    for step in (city.send_back, city.sign, city.feed_back):
        with pytest.raises(TaskOutdated):
            step(turn=Turn(round=1, dispatch_number=1))
    assert (city.assignment.responsible_unit, city.assignment.state) == ("u02", S.AWAITING_SIGNATURE)


def test_a_second_feedback_of_a_round_is_refused_and_the_first_stays(handled: City):
    handled.feed_back(text="第一次")
    with pytest.raises(MoveNotAllowed):
        handled.feed_back(text="第二次")

    assert handled.assignment.feedback_text == "第一次"


@pytest.mark.infra
def test_void_and_feedback_at_the_same_moment_end_withdrawn_with_at_most_one_feedback(postgres_store):
    city = City(postgres_store)
    city.file()
    city.dispatch()
    city.sign()
    outcome: list[str] = []
    together = threading.Barrier(2)

    def feed_back() -> None:
        together.wait()
        try:
            city.feed_back()
            outcome.append("accepted")
        except MoveNotAllowed as refused:
            outcome.append(str(refused))

    def void() -> None:
        together.wait()
        assert city.void()

    threads = [threading.Thread(target=step) for step in (feed_back, void)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert city.assignment.state is S.WITHDRAWN
    assert len(city.published(FeedbackSubmitted)) == outcome.count("accepted")
    assert outcome == ["accepted"] or outcome[0].endswith("已撤回：重复立案")
    assert city.facts[-1] is TaskWithdrawn
    assert city.store.wakes() == {}
    assert city.published(TaskWithdrawn)[0].case_number == CASE


@pytest.mark.infra
def test_two_feedbacks_at_the_same_moment_are_one(postgres_store):
    city = City(postgres_store)
    city.file()
    city.dispatch()
    together = threading.Barrier(2)
    refused: list[Exception] = []

    def feed_back() -> None:
        together.wait()
        try:
            city.feed_back()
        except MoveNotAllowed as error:
            refused.append(error)

    threads = [threading.Thread(target=feed_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(refused) == 1
    assert len(city.published(FeedbackSubmitted)) == 1
