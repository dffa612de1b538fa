"""The stages of dispatch, told as a city would, on the store in memory and on PostgreSQL alike."""

from datetime import timedelta

import pytest

from case_contracts import units
from case_contracts.codes import Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseSentBack,
    FeedbackSubmitted,
    HandlingStarted,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
    TaskWithdrawn,
)
from case_contracts.roles import SYSTEM, NotAllowed
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import (
    AssignmentNotFound,
    MoveNotAllowed,
    ReturnWindowOver,
    RuleBroken,
    TaskOutdated,
)
from services.dispatch.domain.states import AssignmentState
from services.dispatch.ports import WorkListFilter
from services.dispatch.stages import (
    dispatching,
    handling,
    routing,
    work_lists,
)
from tests.services.dispatch.city import BOOK, DISPATCHED, WORKER, City
from tests.services.dispatch.fakes import (
    CASE,
    COLLECTOR,
    DISPATCHER,
    LEADER,
    SmallHandbook,
    a_receipt,
    at,
    worker_of,
)

S = AssignmentState


# --- the normal path ----------------------------------------------------------------------------------------


def test_a_case_is_dispatched_signed_fed_back_verified_and_done(city: City):
    city.file()
    city.dispatch()
    city.sign()
    city.feed_back()
    city.pass_verification()
    city.close()

    assert city.facts == [CaseDispatched, HandlingStarted, FeedbackSubmitted]
    assert city.assignment.state is S.DONE
    assert city.actions == [
        ("open", "", "awaiting_dispatch"),
        ("dispatch", "awaiting_dispatch", "awaiting_signature"),
        ("sign", "awaiting_signature", "handling"),
        ("feedback", "handling", "fed_back"),
        ("noted", "fed_back", "fed_back"),
        ("finish", "fed_back", "done"),
    ]


def test_a_filed_case_awaits_a_dispatcher_for_fifteen_minutes(city: City):
    city.file()

    assert city.assignment.owner == "dispatcher"
    assert city.assignment.act_by_at == at("06-15 08:45")
    assert city.store.told() == []


def test_the_unit_is_told_all_it_needs_on_its_own_queue(city: City):
    city.file()
    announced = city.dispatch(assisting=("u01",), reason="市政设施")

    told = city.last_told
    assert (announced.subject, announced.sequence) == (f"assignment/{CASE}", 1)
    assert (told.responsible_unit, told.urgent) == ("u04", False)
    task = told.message
    assert isinstance(task, units.Task)
    assert (task.case_number, task.round, task.dispatch_number) == (CASE, 1, 1)
    assert (task.subcategory_name, task.filing_condition) == ("道路破损", "破损面积0.5平方米以上")
    assert (task.closing_condition, task.limit, task.limit_unit) == ("修复", 5, "working_day")
    assert task.due_at == at("06-22 08:37")
    assert task.photos[0].startswith(f"/api/intake/attachments/{'ab' * 32}?link=")
    assert task.upload_url == "/api/intake/attachments"
    assert task.upload_token


@pytest.mark.parametrize(("urgency", "urgent"), [("ordinary", False), ("urgent", True), ("major", True)])
def test_what_is_not_ordinary_goes_to_the_urgent_queue(city: City, urgency: str, urgent: bool):
    city.file(urgency=Urgency(urgency))
    city.dispatch()

    assert city.last_told.urgent is urgent


def test_the_duty_table_dispatches_by_itself_when_it_may(city: City):
    city.file(automatic=True)

    assert city.assignment.responsible_unit == "u04"
    assert city.assignment.assisting_units == ("u01",)
    assert city.store.published()[0].dispatcher == "duty-table"


def test_what_the_duty_table_has_no_unit_for_awaits_a_dispatcher(city: City):
    class NobodyResponsible(SmallHandbook):
        def duty(self, *_):
            from handbook import NoResponsibleUnit

            raise NoResponsibleUnit("没有责任主体")

    city.file(automatic=True, book=NobodyResponsible())

    assert city.assignment.state is S.AWAITING_DISPATCH
    assert city.facts == []


def test_a_year_without_working_calendar_leaves_the_case_to_a_dispatcher(city: City):
    city.file(automatic=True, moment=at("06-15 08:30").replace(year=2031))

    assert city.assignment.state is S.AWAITING_DISPATCH
    assert city.assignment.responsible_unit is None


def test_the_dispatcher_is_shown_whom_the_duty_table_names_and_why(city: City):
    city.file()

    with city.store.transaction() as tx:
        suggested = routing.suggest(tx, BOOK, CASE, by=DISPATCHER)

    assert (suggested.responsible_unit, suggested.name, suggested.rule) == ("u04", "单位u04", "duty")
    assert suggested.assisting == ("u01",)
    assert "道路破损" in suggested.reason


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "u77"}, "responsible_unit"),
        ({"unit": "u09"}, "responsible_unit"),
        ({"assisting": ("u77",)}, "assisting"),
        ({"assisting": ("u04",)}, "assisting"),
        ({"assisting": ("u01", "u01")}, "assisting"),
    ],
)
def test_a_unit_that_cannot_act_is_not_dispatched_to(city: City, changes, field: str):
    city.file()

    with pytest.raises(RuleBroken) as broken:
        city.dispatch(**changes)

    assert broken.value.field == field
    assert city.assignment.state is S.AWAITING_DISPATCH


def test_a_case_is_dispatched_once(city: City):
    city.file()
    city.dispatch()

    with pytest.raises(MoveNotAllowed):
        city.dispatch("u02")

    assert city.assignment.responsible_unit == "u04"


def test_a_case_that_was_never_filed_cannot_be_dispatched(city: City):
    with pytest.raises(AssignmentNotFound):
        city.dispatch()


@pytest.mark.parametrize("by", [COLLECTOR, LEADER, WORKER])
def test_only_a_dispatcher_dispatches_and_decides_on_returns(city: City, by):
    city.file()

    with pytest.raises(NotAllowed):
        city.dispatch(by=by)
    city.dispatch()
    city.send_back()
    with pytest.raises(NotAllowed):
        city.accept_return(by=by)
    with pytest.raises(NotAllowed):
        city.refuse_return(by=by)


@pytest.mark.parametrize("by", [DISPATCHER, COLLECTOR])
def test_only_a_unit_handles(city: City, by):
    city.file()
    city.dispatch()

    for step in (city.sign, city.send_back, city.feed_back):
        with pytest.raises(NotAllowed):
            step(by=by)


def test_a_task_of_another_unit_does_not_exist_for_a_unit(city: City):
    city.file()
    city.dispatch()

    for step in (city.sign, city.send_back, city.feed_back):
        with pytest.raises(AssignmentNotFound):
            step(by=worker_of("u02"))


# --- returns ------------------------------------------------------------------------------------------------


def test_a_return_that_is_accepted_leads_to_another_unit_with_a_fresh_clock(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.accept_return()
    decided = city.last_told
    city.dispatch("u02", at("06-15 14:30"))

    assert city.facts == [CaseDispatched, CaseSentBack, ReturnAccepted, CaseDispatched]
    assert (decided.responsible_unit, decided.message.accepted) == ("u04", True)
    assert city.last_told.responsible_unit == "u02"
    assert city.last_told.message.dispatch_number == 2
    assert city.assignment.due_at == at("06-22 14:30")


def test_a_return_that_is_accepted_and_given_to_the_same_unit_resumes_its_time(city: City):
    city.file()
    city.dispatch()
    city.send_back(at("06-15 09:37"))
    city.accept_return()
    city.dispatch("u04", at("06-15 14:00"))

    assert city.assignment.due_at == at("06-22 11:00")
    assert city.assignment.dispatch_number == 2


def test_a_return_that_is_refused_leaves_the_task_with_the_unit_and_the_clock_goes_on(city: City):
    city.file()
    city.dispatch()
    city.sign()
    city.send_back(at("06-15 09:37"))
    assert city.assignment.act_by_at == at("06-15 09:52")
    city.refuse_return(at("06-15 11:37"))

    assert city.facts[-1] is ReturnRefused
    assert city.assignment.state is S.HANDLING
    assert city.assignment.due_at == at("06-22 10:37")
    message = city.last_told.message
    assert (message.accepted, message.reason) == (False, "属于贵单位职责")
    assert message.due_at == at("06-22 10:37")


def test_a_return_needs_a_reason_and_so_does_its_refusal(city: City):
    city.file()
    city.dispatch()

    with pytest.raises(RuleBroken) as broken:
        city.send_back(reason="  ")
    assert broken.value.field == "reason"
    city.send_back()
    with pytest.raises(RuleBroken):
        city.refuse_return(reason="")


def test_an_ordinary_case_can_be_sent_back_within_two_working_hours_of_its_dispatch(city: City):
    city.file()
    city.dispatch(moment=at("06-15 11:00"))

    with pytest.raises(ReturnWindowOver, match="2020-06-15 15:00"):
        city.send_back(at("06-15 15:01"))
    city.send_back(at("06-15 15:00"))


def test_an_emergency_can_be_sent_back_within_thirty_minutes(city: City):
    city.file(limit=2, limit_unit="emergency_hour", urgency=Urgency.URGENT)
    city.dispatch(moment=at("06-20 23:00"))

    with pytest.raises(ReturnWindowOver):
        city.send_back(at("06-20 23:31"))
    city.send_back(at("06-20 23:30"))


def test_while_a_return_is_under_review_nothing_else_is_done_with_the_task(city: City):
    city.file()
    city.dispatch()
    city.send_back()

    for step in (city.sign, city.send_back, city.feed_back):
        with pytest.raises(MoveNotAllowed, match="回退待审"):
            step()


def test_what_was_not_sent_back_can_neither_be_accepted_nor_refused(city: City):
    city.file()
    city.dispatch()

    with pytest.raises(MoveNotAllowed):
        city.accept_return()
    with pytest.raises(MoveNotAllowed):
        city.refuse_return()


# --- feedback -----------------------------------------------------------------------------------------------


def test_feedback_of_an_unsigned_task_signs_it(city: City):
    city.file()
    city.dispatch()
    city.feed_back()

    assert city.facts == [CaseDispatched, HandlingStarted, FeedbackSubmitted]
    assert city.assignment.signed_at == at("06-16 10:00")


def test_feedback_names_the_photos_that_its_receipts_stand_for_each_once(city: City):
    city.file()
    city.dispatch()
    city.feed_back(receipts=[a_receipt("cd" * 32), a_receipt("ef" * 32), a_receipt("cd" * 32)])

    submitted = city.store.published()[-1]
    assert submitted.photos == ("cd" * 32, "ef" * 32)
    assert submitted.in_time is True


@pytest.mark.parametrize(
    ("receipts", "rule"),
    [
        ([], "至少需要一张"),
        (["no token"], "无效"),
        ([a_receipt(key="00" * 32)], "无效"),
        ([a_receipt(unit="u02")], "其他责任单位"),
        ([a_receipt(case_number="4105232020061500002")], "其他案件"),
        ([a_receipt()] * 21, "不能超过 20 张"),
    ],
)
def test_feedback_without_a_good_receipt_is_refused_and_changes_nothing(city: City, receipts, rule: str):
    city.file()
    city.dispatch()

    with pytest.raises(RuleBroken, match=rule) as broken:
        city.feed_back(receipts=receipts)

    assert broken.value.field == "receipts"
    assert city.assignment.state is S.AWAITING_SIGNATURE
    assert city.facts == [CaseDispatched]


@pytest.mark.parametrize("text", ["", "  \n ", "长" * 2001, "\ud800"])
def test_feedback_needs_words(city: City, text: str):
    city.file()
    city.dispatch()

    with pytest.raises(RuleBroken) as broken:
        city.feed_back(text=text)

    assert broken.value.field == "text"


def test_feedback_is_given_once_a_round(city: City):
    city.file()
    city.dispatch()
    city.feed_back()

    with pytest.raises(MoveNotAllowed):
        city.feed_back()


def test_feedback_after_the_due_time_is_late_but_counts(city: City):
    city.file()
    city.dispatch()
    city.feed_back(at("06-22 09:00"))

    submitted = city.store.published()[-1]
    assert submitted.in_time is False
    assert submitted.due_at == at("06-22 08:37")


@pytest.mark.parametrize("turn", [Turn(round=1, dispatch_number=1), Turn(round=3, dispatch_number=1)])
def test_a_message_about_another_round_is_refused(city: City, turn: Turn):
    city.file()
    city.dispatch()
    city.feed_back()
    city.fail_verification()

    for step in (city.sign, city.send_back, city.feed_back):
        with pytest.raises(TaskOutdated):
            step(turn=turn)


# --- rework, closing and voiding ----------------------------------------------------------------------------


def test_a_failed_verification_orders_rework_with_the_full_limit(city: City):
    city.file()
    city.dispatch()
    city.feed_back()
    city.fail_verification()

    assert city.facts[-1] is ReworkOrdered
    assert city.assignment.state is S.HANDLING
    assert city.assignment.due_at == at("06-24 09:00")
    task = city.last_told.message
    assert (task.round, task.dispatch_number, task.rework_reason) == (2, 1, "路面仍未修复")


def test_a_failed_verification_that_comes_twice_is_noted_the_second_time(city: City):
    city.file()
    city.dispatch()
    city.feed_back()
    city.fail_verification()
    before = city.facts

    city.fail_verification()

    assert city.facts == before
    assert city.assignment.round == 2
    assert city.actions[-1] == ("noted", "handling", "handling")


def test_rework_can_fail_and_be_done_again(city: City):
    city.file()
    city.dispatch()
    city.feed_back()
    city.fail_verification(2)
    city.feed_back(at("06-18 10:00"))
    city.fail_verification(3, at("06-19 09:00"))
    city.feed_back(at("06-19 10:00"))
    city.close(round=3)

    assert city.assignment.state is S.DONE
    assert city.assignment.round == 3


def test_rework_is_past_the_return_window(city: City):
    city.file()
    city.dispatch()
    city.feed_back()
    city.fail_verification()

    with pytest.raises(ReturnWindowOver):
        city.send_back(at("06-17 09:01"))


def test_a_case_that_is_filed_twice_is_one_assignment(city: City):
    city.file()
    city.dispatch()
    city.file()

    assert city.assignment.state is S.AWAITING_SIGNATURE
    assert city.actions[-1][0] == "noted"


def test_a_voiding_that_comes_before_the_filing_waits_and_then_wins(city: City):
    assert city.void() is False

    city.file()

    assert city.assignment.state is S.WITHDRAWN


def test_a_failed_verification_that_comes_before_its_feedback_waits_for_it(city: City):
    city.file()
    city.dispatch()
    assert city.fail_verification() is False
    assert city.assignment.state is S.AWAITING_SIGNATURE

    city.feed_back()

    assert city.assignment.state is S.HANDLING
    assert city.assignment.round == 2


def test_a_closing_that_comes_before_everything_waits_twice(city: City):
    assert city.close() is False
    city.file()
    city.dispatch()
    assert city.assignment.state is S.AWAITING_SIGNATURE

    city.feed_back()

    assert city.assignment.state is S.DONE


STEPS = {
    S.AWAITING_DISPATCH: (),
    S.AWAITING_SIGNATURE: ("dispatch",),
    S.HANDLING: ("dispatch", "sign"),
    S.SUSPENDED: ("dispatch", "sign", "suspend"),
    S.RETURN_UNDER_REVIEW: ("dispatch", "send_back"),
    S.RETURNED_TO_INTAKE: ("return_to_intake",),
    S.FED_BACK: ("dispatch", "feed_back"),
}


@pytest.mark.parametrize("state", STEPS)
def test_voiding_wins_in_every_state_and_the_unit_is_told(city: City, state: AssignmentState):
    city.file()
    for step in STEPS[state]:
        getattr(city, step)()
    assert city.assignment.state is state

    city.void()

    assert city.facts[-1] is TaskWithdrawn
    assert city.assignment.state is S.WITHDRAWN
    assert city.store.wakes() == {}
    if state in (S.AWAITING_DISPATCH, S.RETURNED_TO_INTAKE):
        assert city.store.told() == []
    else:
        message = city.last_told.message
        assert isinstance(message, units.TaskWithdrawn)
        assert (message.responsible_unit, message.reason) == ("u04", "重复立案")
        with pytest.raises(MoveNotAllowed, match="已撤回：重复立案"):
            city.feed_back()


@pytest.mark.parametrize("ending", ["void", "close"])
def test_after_the_end_every_fact_is_only_noted(city: City, ending: str):
    city.file()
    city.dispatch()
    city.feed_back()
    getattr(city, ending)()
    before, state = city.facts, city.assignment.state

    city.file()
    city.fail_verification()
    city.pass_verification()
    city.close()
    city.void()

    assert city.facts == before
    assert city.assignment.state is state
    assert [action for action, _, _ in city.actions[-5:]] == ["noted"] * 5


# --- what is sent again -------------------------------------------------------------------------------------


def test_an_unsigned_task_is_sent_again_every_day_under_the_same_message_id(city: City):
    city.file()
    city.dispatch()

    city.wake(DISPATCHED + timedelta(days=1))
    city.wake(DISPATCHED + timedelta(days=2))

    tasks = [told for told in city.store.told() if isinstance(told.message, units.Task)]
    first, second, third = tasks
    assert first.message_id == second.message_id == third.message_id
    assert second.at == DISPATCHED + timedelta(days=1)
    assert third.at == DISPATCHED + timedelta(days=2)


def test_a_signed_task_is_not_sent_again(city: City):
    city.file()
    city.dispatch()
    city.sign()

    city.wake(at("06-30 12:00"))

    assert len(city.messages(units.Task)) == 1


def test_a_wake_up_for_an_earlier_dispatch_does_nothing(city: City):
    city.file()
    city.dispatch()
    with city.store.transaction() as tx:
        handling.resend_unsigned(tx, BOOK, CASE, Turn(round=1, dispatch_number=9), at=at("06-30 12:00"))

    assert len(city.store.told()) == 1


def test_a_new_dispatch_and_a_new_round_are_other_tasks_with_other_message_ids(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.accept_return()
    city.dispatch("u04", at("06-15 14:00"))
    city.feed_back()
    city.fail_verification()

    tasks = [told for told in city.store.told() if isinstance(told.message, units.Task)]
    assert len({told.message_id for told in tasks}) == len(tasks) == 3


def test_resync_sends_all_open_tasks_of_the_unit_and_no_others(city: City):
    city.file()
    city.dispatch()
    for number, unit in (("4105232020061500002", "u04"), ("4105232020061500003", "u02")):
        city.file(case_number=number)
        with city.store.transaction() as tx:
            dispatching.dispatch_case(tx, BOOK, number, responsible_unit=unit, at=DISPATCHED, by=DISPATCHER)
    city.feed_back()
    before = len(city.store.told())

    with city.store.transaction() as tx:
        count = handling.resync(tx, BOOK, at=at("06-16 11:00"), by=WORKER)

    again = city.store.told()[before:]
    assert count == 1
    assert [told.message.case_number for told in again] == ["4105232020061500002"]
    assert again[0].message_id == city.store.told()[1].message_id


# --- work lists ---------------------------------------------------------------------------------------------


def test_a_dispatcher_sees_all_and_a_unit_sees_its_own(city: City):
    city.file()
    city.dispatch()
    city.file(case_number="4105232020061500002")

    def seen(by, **more):
        place = {"after": more.pop("after", None), "limit": more.pop("limit", 10)}
        with city.store.transaction() as tx:
            wanted = WorkListFilter(**more)
            page = work_lists.page(tx, BOOK, wanted, **place, at=at("06-15 09:00"), by=by)
        return [one.assignment.case_number[-1] for one in page]

    assert seen(DISPATCHER) == ["1", "2"]
    assert seen(DISPATCHER, states=[S.AWAITING_DISPATCH]) == ["2"]
    assert seen(DISPATCHER, after=CASE) == ["2"]
    assert seen(DISPATCHER, limit=1) == ["1"]
    assert seen(DISPATCHER, responsible_unit="u04") == ["1"]
    assert seen(WORKER) == ["1"]
    assert seen(worker_of("u02"), responsible_unit="u04") == []
    with pytest.raises(NotAllowed):
        seen(COLLECTOR)


def test_one_assignment_is_seen_with_its_light_its_remaining_time_and_its_story(city: City):
    city.file()
    city.dispatch()

    def seen(moment, by=WORKER):
        with city.store.transaction() as tx:
            return work_lists.one(tx, BOOK, CASE, at=moment, by=by)

    assert seen(DISPATCHED).remaining_seconds == 40 * 3600
    assert seen(DISPATCHED).light == "green"
    assert seen(at("06-19 09:37")).light == "yellow"
    assert seen(at("06-22 08:38")).light == "red"
    assert seen(DISPATCHED).return_until_at == at("06-15 10:37")
    assert [one.action for one in seen(DISPATCHED).flow] == ["open", "dispatch"]
    with pytest.raises(AssignmentNotFound):
        seen(DISPATCHED, by=worker_of("u02"))


def test_a_unit_gets_a_token_for_its_photos_only_while_it_has_the_task(city: City):
    city.file()
    city.dispatch()

    with city.store.transaction() as tx:
        assert work_lists.upload_token(tx, CASE, by=WORKER)
    city.feed_back()
    with city.store.transaction() as tx, pytest.raises(MoveNotAllowed):
        work_lists.upload_token(tx, CASE, by=WORKER)


def test_a_transaction_that_fails_leaves_no_trace(city: City):
    city.file()

    def fail() -> None:
        with city.store.transaction() as tx:
            dispatching.dispatch_case(tx, BOOK, CASE, responsible_unit="u04", at=DISPATCHED, by=SYSTEM)
            raise RuntimeError("the machine stops here")

    before = city.store.wakes()
    with pytest.raises(RuntimeError):
        fail()

    assert city.assignment.state is S.AWAITING_DISPATCH
    assert (city.facts, city.store.told(), city.store.wakes()) == ([], [], before)
