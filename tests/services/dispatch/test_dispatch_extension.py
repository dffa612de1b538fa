"""Extension (延期) and suspension (挂账): asked by the unit, decided by the centre, ended by the clock."""

from datetime import timedelta

import pytest

from case_contracts import units
from case_contracts.codes import SupervisionKind
from case_contracts.dispatch import (
    CaseResumed,
    CaseSuspended,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    FeedbackSubmitted,
    SuspensionAsked,
    SuspensionRefused,
)
from case_contracts.roles import NotAllowed
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import (
    AssignmentNotFound,
    MoveNotAllowed,
    NothingAsked,
    RequestNotAllowed,
    RuleBroken,
    TaskOutdated,
)
from services.dispatch.domain.states import AssignmentState
from services.dispatch.stages import handling
from tests.services.dispatch.city import BOOK, WORKER, City
from tests.services.dispatch.fakes import CASE, DISPATCHER, LEADER, SUPERVISOR, a_receipt, at, worker_of

S = AssignmentState
DUE = at("06-22 08:37")
A_WORKING_DAY = 8 * 3600
"""08:00 to 12:00 and 14:00 to 18:00, in seconds."""


@pytest.fixture
def handled(city: City) -> City:
    """The case is being handled by u04, due on 22 June 08:37."""
    city.file()
    city.dispatch()
    city.sign()
    return city


# --- extension ----------------------------------------------------------------------------------------------


def test_an_extension_adds_the_original_limit_to_the_due_time_and_the_unit_is_told(handled: City):
    handled.ask_extension()
    assert handled.assignment.state is S.HANDLING
    assert handled.assignment.due_at == DUE

    handled.grant_extension()

    asked, granted = handled.published(ExtensionAsked) + handled.published(ExtensionGranted)
    assert (asked.count, asked.reason, asked.asked_at) == (1, "需等材料到货", at("06-16 09:00"))
    assert (granted.count, granted.due_at, granted.decided_by) == (1, at("06-29 08:37"), "dispatcher-1")
    assert granted.limit_seconds == 2 * 5 * A_WORKING_DAY
    assert handled.assignment.due_at == at("06-29 08:37")
    (told,) = handled.messages(units.ExtensionDecided)
    assert (told.accepted, told.due_at, told.reason) == (True, at("06-29 08:37"), "")


def test_a_refused_extension_leaves_the_due_time_and_says_why(handled: City):
    handled.ask_extension()
    handled.refuse_extension()

    assert handled.assignment.due_at == DUE
    (told,) = handled.messages(units.ExtensionDecided)
    assert (told.accepted, told.due_at, told.reason) == (False, DUE, "时限足够")
    assert handled.published(ExtensionRefused)[0].decided_by == "dispatcher-1"


def test_two_extensions_are_granted_and_no_third_is_asked_for_whatever_was_refused_between(handled: City):
    handled.ask_extension()
    handled.refuse_extension()
    handled.ask_extension(at("06-16 11:00"))
    handled.grant_extension(at("06-16 11:30"))
    handled.ask_extension(at("06-17 09:00"))
    handled.refuse_extension(at("06-17 10:00"), by=SUPERVISOR)
    handled.ask_extension(at("06-18 09:00"))
    handled.grant_extension(at("06-18 10:00"), by=SUPERVISOR)

    assert handled.assignment.due_at == at("07-06 08:37")
    assert [fact.count for fact in handled.published(ExtensionAsked)] == [1, 1, 2, 2]
    with pytest.raises(RequestNotAllowed, match="已延期 2 次"):
        handled.ask_extension(at("06-19 09:00"))


def test_the_dispatcher_decides_the_first_extension_and_the_shift_supervisor_the_second(handled: City):
    handled.ask_extension()
    with pytest.raises(NotAllowed):
        handled.grant_extension(by=SUPERVISOR)
    handled.grant_extension(by=DISPATCHER)
    handled.ask_extension(at("06-17 09:00"))
    with pytest.raises(NotAllowed):
        handled.grant_extension(at("06-17 10:00"), by=DISPATCHER)
    with pytest.raises(NotAllowed):
        handled.refuse_extension(at("06-17 10:00"), by=LEADER)
    handled.grant_extension(at("06-17 10:00"), by=SUPERVISOR)

    assert handled.assignment.extensions_granted == 2


def test_an_overdue_task_is_neither_extended_nor_asked_for(handled: City):
    handled.ask_extension(DUE)  # at the due moment itself it is in time

    with pytest.raises(RequestNotAllowed, match="超过处置时限"):
        handled.grant_extension(DUE + timedelta(seconds=1))
    handled.refuse_extension(DUE + timedelta(seconds=1))
    with pytest.raises(RequestNotAllowed, match="超过处置时限"):
        handled.ask_extension(DUE + timedelta(seconds=1))


def test_a_request_that_nobody_has_decided_lapses_as_refused_when_the_task_becomes_overdue(handled: City):
    handled.ask_extension()

    handled.wake(DUE)
    assert handled.assignment.extension_request is not None
    handled.wake(DUE + timedelta(seconds=1))

    (refused,) = handled.published(ExtensionRefused)
    assert (refused.decided_by, refused.reason) == ("clock", "已超过处置时限，延期申请失效")
    assert handled.messages(units.ExtensionDecided)[0].accepted is False
    with pytest.raises(NothingAsked):
        handled.grant_extension(DUE + timedelta(minutes=1))


@pytest.mark.parametrize("step", ["feed_back", "void", "force_close", "merge"])
def test_a_pending_request_lapses_when_the_task_leaves_the_units_hands(handled: City, step: str):
    handled.ask_extension()
    handled.ask_suspension()

    getattr(handled, step)()

    assert handled.assignment.extension_request is None
    assert handled.assignment.suspension_request is None
    assert len(handled.published(ExtensionRefused)) == len(handled.published(SuspensionRefused)) == 1
    assert [told.accepted for told in handled.messages(units.SuspensionDecided)] == [False]


def test_a_pending_request_lapses_when_the_task_is_sent_back(handled: City):
    handled.ask_extension(at("06-15 09:10"))

    handled.send_back()

    assert handled.published(ExtensionRefused)[0].reason == "任务已回退，申请失效"
    assert handled.assignment.state is S.RETURN_UNDER_REVIEW


def test_a_send_back_after_the_window_leaves_the_request_pending(handled: City):
    handled.ask_extension()

    with pytest.raises(RuleBroken):
        handled.send_back(at("06-16 09:30"))

    assert handled.assignment.extension_request is not None
    assert handled.published(ExtensionRefused) == []


def test_only_a_signed_task_can_be_extended_and_by_its_unit_with_a_reason(city: City):
    city.file()
    city.dispatch()
    with pytest.raises(MoveNotAllowed, match=r"待签收.*申请延期"):
        city.ask_extension()
    city.sign()
    with pytest.raises(AssignmentNotFound):
        city.ask_extension(by=worker_of("u02"))
    with pytest.raises(TaskOutdated):
        city.ask_extension(turn=Turn(round=2, dispatch_number=1))
    with pytest.raises(RuleBroken):
        city.ask_extension(reason=" ")
    with pytest.raises(NotAllowed):
        city.ask_extension(by=DISPATCHER)
    city.ask_extension()
    with pytest.raises(RequestNotAllowed, match="已有延期申请"):
        city.ask_extension()


def test_what_nobody_asked_for_is_not_decided(handled: City):
    for decide in (handled.grant_extension, handled.refuse_extension):
        with pytest.raises(NothingAsked):
            decide()


def test_an_extended_task_that_is_fed_back_tells_which_share_of_its_whole_limit_it_used(handled: City):
    handled.ask_extension()
    handled.grant_extension()
    handled.feed_back(DUE)

    (submitted,) = handled.published(FeedbackSubmitted)
    assert (submitted.in_time, submitted.limit_share) == (True, 0.5)


# --- suspension ---------------------------------------------------------------------------------------------


def test_a_suspended_case_rests_with_its_clock_until_its_day_and_goes_on_by_itself(handled: City):
    handled.ask_suspension()
    assert handled.assignment.due_at == DUE
    handled.grant_suspension()

    assert handled.assignment.state is S.SUSPENDED
    assert (handled.assignment.owner, handled.assignment.act_by_at) == ("u04", at("09-01 08:00"))
    (told,) = handled.messages(units.SuspensionDecided)
    assert (told.accepted, told.until_at) == (True, at("09-01 08:00"))
    (suspended,) = handled.published(CaseSuspended)
    assert (suspended.decided_by, suspended.reason) == ("supervisor-1", "待开春补植")

    handled.wake(at("09-01 07:59"))
    assert handled.assignment.state is S.SUSPENDED
    handled.wake(at("09-01 08:00"))

    # Granted on 16 June 10:00 after 9 h 23 min of 40 working hours: what was left goes on.
    assert handled.assignment.state is S.HANDLING
    assert handled.assignment.due_at == at("09-04 16:37")
    (resumed,) = handled.published(CaseResumed)
    assert (resumed.resumed_by, resumed.due_at) == ("clock", at("09-04 16:37"))
    assert handled.messages(units.TaskResumed)[0].due_at == at("09-04 16:37")


def test_the_unit_goes_on_earlier_when_it_can(handled: City):
    handled.suspend()
    with pytest.raises(AssignmentNotFound):
        handled.resume(by=worker_of("u02"))

    handled.resume(at("06-22 08:00"))

    assert handled.published(CaseResumed)[0].resumed_by == "worker-u04"
    assert handled.assignment.due_at == at("06-25 16:37")
    handled.wake(at("06-25 16:00"))
    handled.feed_back(at("06-25 16:00"))
    assert handled.published(FeedbackSubmitted)[0].in_time


def test_a_suspended_case_takes_no_feedback_no_return_and_no_request(handled: City):
    handled.suspend()

    for step in (handled.feed_back, handled.send_back, handled.ask_extension, handled.ask_suspension):
        with pytest.raises(MoveNotAllowed, match="挂账"):
            step()
    assert handled.assignment.state is S.SUSPENDED


def test_what_is_not_suspended_is_not_resumed(handled: City):
    with pytest.raises(MoveNotAllowed, match="恢复处置"):
        handled.resume()


def test_a_case_is_suspended_once_and_a_refusal_does_not_count(handled: City):
    handled.ask_suspension()
    handled.refuse_suspension()
    assert handled.messages(units.SuspensionDecided)[0].reason == "现在即可处置"
    handled.suspend()
    handled.resume()

    with pytest.raises(RequestNotAllowed, match="已挂账 1 次"):
        handled.ask_suspension(moment=at("06-22 09:00"))


@pytest.mark.parametrize(
    ("until", "allowed"),
    [
        (at("06-16 09:00") + timedelta(days=365), True),
        (at("06-16 09:00") + timedelta(days=365, seconds=1), False),
        (at("06-16 09:00"), False),
        (at("06-15 09:00"), False),
    ],
)
def test_a_suspension_lasts_at_most_365_days_and_ends_in_the_future(handled: City, until, allowed: bool):
    if allowed:
        handled.ask_suspension(until)
        assert handled.published(SuspensionAsked)[0].until_at == until
    else:
        with pytest.raises(RuleBroken) as broken:
            handled.ask_suspension(until)
        assert broken.value.field == "until_at"


def test_photos_that_show_why_come_to_the_supervisor_and_stay_with_the_case(handled: City):
    plan, place = "ab" * 32, "cd" * 32
    handled.ask_suspension(receipts=[a_receipt(plan), a_receipt(place), a_receipt(plan)])

    assert handled.assignment.suspension_request.photos == (plan, place)
    assert handled.published(SuspensionAsked)[0].photos == (plan, place)
    handled.grant_suspension()
    assert handled.assignment.suspension_photos == (plan, place)


def test_photos_of_a_refused_request_are_not_those_of_the_next_one(handled: City):
    handled.ask_suspension(receipts=[a_receipt()])
    handled.refuse_suspension()
    handled.suspend()

    assert handled.assignment.suspension_photos == ()


@pytest.mark.parametrize(
    ("receipts", "rule"),
    [
        (["x.y.z"], "无效"),
        ([a_receipt(key="00" * 32)], "无效"),
        ([a_receipt(), a_receipt(unit="u02")], "其他责任单位"),
        ([a_receipt(case_number="4105232020061500009")], "其他案件"),
        ([a_receipt(f"{n:064}") for n in range(21)], "不能超过 20 张"),
    ],
)
def test_a_suspension_is_not_asked_for_with_photos_that_the_unit_did_not_upload(
    handled: City, receipts: list[str], rule: str
):
    with pytest.raises(RuleBroken, match=rule) as broken:
        handled.ask_suspension(receipts=receipts)

    assert broken.value.field == "receipts"
    assert handled.assignment.suspension_request is None


def test_a_suspension_whose_day_has_passed_can_only_be_refused(handled: City):
    handled.ask_suspension(at("06-16 12:00"))

    with pytest.raises(RequestNotAllowed):
        handled.grant_suspension(at("06-16 12:00"))
    handled.refuse_suspension(at("06-16 12:00"))

    assert handled.assignment.state is S.HANDLING


def test_only_the_shift_supervisor_decides_on_a_suspension(handled: City):
    handled.ask_suspension()
    for by in (DISPATCHER, LEADER, WORKER):
        with pytest.raises(NotAllowed):
            handled.grant_suspension(by=by)
        with pytest.raises(NotAllowed):
            handled.refuse_suspension(by=by)


def test_a_request_for_an_extension_lapses_when_the_case_is_suspended(handled: City):
    handled.ask_extension()
    handled.suspend()

    assert handled.published(ExtensionRefused)[0].reason == "案件已挂账，延期申请失效"
    assert handled.assignment.extension_request is None


def test_a_suspended_task_never_becomes_overdue(handled: City):
    handled.suspend()

    handled.wake(at("08-31 23:00"))

    assert handled.orders() == []
    handled.wake(at("09-05 00:00"))
    assert [order.kind for order in handled.orders()] == [SupervisionKind.OVERDUE]


def test_the_suspended_stand_in_their_own_list_and_requests_in_those_of_who_decides(handled: City):
    moment = at("06-16 09:30")
    handled.ask_extension()
    handled.ask_suspension()
    assert (
        len(handled.seen(moment, extension_asked=1)) == len(handled.seen(moment, suspension_asked=True)) == 1
    )
    assert handled.seen(moment, extension_asked=2) == handled.seen(moment, was_suspended=True) == []

    handled.grant_suspension()

    assert len(handled.seen(moment, was_suspended=True)) == 1
    assert handled.seen(moment, extension_asked=1) == handled.seen(moment, suspension_asked=True) == []


def test_resync_brings_a_suspended_task_with_the_word_until_when_it_rests(handled: City):
    handled.suspend()
    before = len(handled.store.told())

    with handled.store.transaction() as tx:
        assert handling.resync(tx, BOOK, at=at("06-17 08:00"), by=WORKER) == 1

    task, rests = [told.message for told in handled.store.told()[before:]]
    assert (task.case_number, rests.until_at) == (CASE, at("09-01 08:00"))
