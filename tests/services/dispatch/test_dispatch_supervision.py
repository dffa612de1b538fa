"""Pressing (催办, 督办), escalation (逐级上报), urgency (轻重缓急), lights (示警灯) and outages (补时)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_contracts import units
from case_contracts.codes import SupervisionKind, Urgency
from case_contracts.dispatch import (
    AssignmentEscalated,
    DecisionTimeCredited,
    OutageCredited,
    OutageLogged,
    ReplyTimeCredited,
    SupervisionOrdered,
    SupervisionReplied,
    UnitUrged,
    UrgencyChanged,
)
from case_contracts.roles import NotAllowed
from handbook.working_time import LimitUnit, add
from services.dispatch.domain import outage as outage_rules
from services.dispatch.domain import supervision_order as orders
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.escalation import sign_by_at, unit_clock
from services.dispatch.domain.refusals import MoveNotAllowed, OrderNotFound, RequestNotAllowed, RuleBroken
from services.dispatch.domain.states import AssignmentState
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder
from services.dispatch.ports import WorkListFilter
from services.dispatch.stages import dispatching, handling, outage, watching
from tests.services.dispatch.city import BOOK, WORKER, City
from tests.services.dispatch.fakes import (
    CASE,
    COLLECTOR,
    DISPATCHER,
    LEADER,
    OPERATIONS,
    SUPERVISOR,
    a_filed_case,
    at,
    worker_of,
)

S = AssignmentState
DUE = at("06-22 08:37")
A_WORKING_DAY = 8 * 3600
"""08:00 to 12:00 and 14:00 to 18:00, in seconds."""
LATE = DUE + timedelta(seconds=1)
FIRST = f"{CASE}-S1"


@pytest.fixture
def handled(city: City) -> City:
    """The case is being handled by u04, due on 22 June 08:37."""
    city.file()
    city.dispatch()
    city.sign()
    return city


# --- 催办 and 督办 ------------------------------------------------------------------------------------------


def test_a_unit_is_urged_and_nothing_else_changes(handled: City):
    before = handled.assignment
    handled.urge()

    (urged,) = handled.published(UnitUrged)
    assert (urged.words, urged.urged_by) == ("请尽快处置", "supervisor-1")
    assert handled.messages(units.Urge)[0].words == "请尽快处置"
    assert handled.assignment == before


@pytest.mark.parametrize(
    ("by", "kind", "expected"),
    [
        (SUPERVISOR, None, SupervisionKind.IMPORTANT),
        (DISPATCHER, None, SupervisionKind.IMPORTANT),
        (LEADER, None, SupervisionKind.LEADER),
        (SUPERVISOR, SupervisionKind.LEADER, SupervisionKind.LEADER),
    ],
)
def test_supervision_is_ordered_by_hand_told_urgently_and_changes_neither_state_nor_due_time(
    handled: City, by, kind, expected
):
    handled.order_supervision(by=by, kind=kind)

    (ordered,) = handled.published(SupervisionOrdered)
    assert (ordered.order_number, ordered.kind, ordered.ordered_by) == (FIRST, expected, by.person_id)
    assert ordered.reply_by_at == at("06-17 09:00")
    told = handled.store.told()[-1]
    assert told.urgent
    assert (told.message.order_number, told.message.kind) == (FIRST, expected)
    assert (handled.assignment.state, handled.assignment.due_at) == (S.HANDLING, DUE)


@pytest.mark.parametrize("kind", [SupervisionKind.OVERDUE, SupervisionKind.REPEATED_REWORK])
def test_what_the_clock_orders_is_not_ordered_by_hand(handled: City, kind):
    with pytest.raises(RuleBroken) as broken:
        handled.order_supervision(kind=kind)
    assert broken.value.field == "kind"


def test_pressing_needs_words_the_right_and_a_unit_that_has_the_task(handled: City):
    for press in (handled.urge, handled.order_supervision):
        with pytest.raises(RuleBroken):
            press(words=" ")
        for by in (WORKER, COLLECTOR, OPERATIONS):
            with pytest.raises(NotAllowed):
                press(by=by)
    handled.feed_back()
    for press in (handled.urge, handled.order_supervision):
        with pytest.raises(MoveNotAllowed, match="已反馈"):
            press()


@pytest.mark.parametrize(("moment", "in_time"), [(at("06-17 09:00"), True), (at("06-17 09:01"), False)])
def test_a_reply_counts_as_in_time_or_late_and_is_given_once(handled: City, moment, in_time: bool):
    handled.order_supervision()

    handled.reply(moment=moment)

    (replied,) = handled.published(SupervisionReplied)
    assert (replied.in_time, replied.text, replied.order_number) == (in_time, "已安排抢修", FIRST)
    (order,) = handled.orders()
    assert (order.state, order.in_time, order.replied_by) == (OrderState.REPLIED, in_time, "worker-u04")
    with pytest.raises(RequestNotAllowed, match="已回复"):
        handled.reply(moment=moment)


def test_only_the_unit_that_was_ordered_replies_and_says_something(handled: City):
    handled.order_supervision()
    with pytest.raises(OrderNotFound):
        handled.reply(by=worker_of("u02"))
    with pytest.raises(OrderNotFound):
        handled.reply(f"{CASE}-S2")
    with pytest.raises(OrderNotFound):
        handled.reply("nonsense")
    with pytest.raises(OrderNotFound):
        handled.reply(case_number="4105232020061500002")
    with pytest.raises(RuleBroken):
        handled.reply(text="")
    with pytest.raises(NotAllowed):
        handled.reply(by=DISPATCHER)


def test_a_reply_is_still_taken_when_the_work_is_done(handled: City):
    handled.order_supervision()
    handled.feed_back()

    handled.reply(moment=at("06-16 12:00"))

    assert handled.orders()[0].state is OrderState.REPLIED


@pytest.mark.parametrize("step", ["void", "force_close", "merge"])
def test_an_order_lapses_with_its_task_and_a_reply_after_that_is_refused_with_the_reason(handled: City, step):
    handled.order_supervision()
    getattr(handled, step)()

    assert handled.orders()[0].state is OrderState.LAPSED
    with pytest.raises(RequestNotAllowed, match="已撤回"):
        handled.reply(moment=at("06-18 09:00"))
    assert handled.store.wakes() == {}


def test_an_order_lapses_when_the_return_is_accepted(city: City):
    city.file()
    city.dispatch()
    city.order_supervision(moment=at("06-15 09:00"))
    city.send_back()
    city.accept_return()

    assert city.orders()[0].lapse_reason == "任务已回退"


def test_an_order_that_nobody_replied_to_calls_the_leader(handled: City):
    handled.order_supervision()
    handled.wake(at("06-17 09:00"))

    (escalated,) = handled.published(AssignmentEscalated)
    assert (escalated.to, escalated.reason) == ("leader", f"督办 {FIRST} 逾期未回复")
    assert len(handled.seen(at("06-17 09:00"), escalated_to="leader")) == 1


def test_an_order_without_a_reply_calls_the_leader_also_while_the_task_rests(handled: City):
    handled.order_supervision()
    handled.suspend()
    handled.wake(at("06-17 09:00"))

    assert len(handled.seen(at("06-17 09:00"), escalated_to="leader")) == 1


def test_an_order_without_a_reply_calls_the_leader_also_while_its_return_is_under_review(city: City):
    city.file()
    city.dispatch()
    city.order_supervision(moment=at("06-15 09:00"))
    city.send_back()
    city.wake(at("06-16 09:00"))

    assert f"督办 {FIRST} 逾期未回复" in [one.reason for one in city.published(AssignmentEscalated)]


@pytest.mark.parametrize("turn", ["rework", "reopening"])
def test_an_unanswered_order_calls_nobody_while_the_work_is_done_and_the_leader_when_it_begins_again(
    handled: City, turn: str
):
    handled.order_supervision()
    handled.feed_back()
    if turn == "reopening":
        handled.close()
    handled.wake(at("06-17 09:00"))
    assert handled.published(AssignmentEscalated) == []

    if turn == "rework":
        handled.fail_verification(moment=at("06-18 10:00"))
    else:
        handled.reopen(moment=at("06-18 10:00"))
    handled.wake(at("06-18 10:00"))

    (escalated,) = handled.published(AssignmentEscalated)
    assert (escalated.to, escalated.escalated_at) == ("leader", at("06-18 10:00"))


def test_work_that_begins_again_before_the_reply_is_due_calls_nobody_before(handled: City):
    handled.order_supervision()
    handled.feed_back()
    handled.fail_verification(moment=at("06-16 11:00"))
    handled.wake(at("06-17 08:59"))
    assert handled.published(AssignmentEscalated) == []
    handled.wake(at("06-17 09:00"))

    assert len(handled.published(AssignmentEscalated)) == 1


def test_an_order_that_was_replied_to_calls_nobody(handled: City):
    handled.order_supervision()
    handled.reply()
    assert ("supervision_reply_due", FIRST) not in handled.store.wakes()
    handled.wake(at("06-18 09:00"))

    assert handled.published(AssignmentEscalated) == []


def test_an_overdue_task_is_ordered_by_itself_once_a_round(handled: City):
    handled.wake(DUE)
    assert handled.orders() == []
    handled.wake(LATE + timedelta(days=30))

    (ordered,) = handled.published(SupervisionOrdered)
    assert (ordered.kind, ordered.ordered_by, ordered.ordered_at) == ("overdue", "clock", LATE)
    assert handled.assignment.due_at == DUE

    handled.feed_back(at("07-22 09:00"))
    handled.fail_verification(moment=at("07-22 10:00"))
    handled.wake(at("09-01 00:00"))
    overdue = [one for one in handled.orders() if one.kind is SupervisionKind.OVERDUE]
    assert [one.round for one in overdue] == [1, 2]


def test_a_task_that_is_fed_back_in_time_is_never_ordered(handled: City):
    handled.feed_back()
    handled.wake(at("12-31 00:00"))

    assert handled.orders() == []


def test_a_wake_up_that_comes_too_early_orders_nothing_and_comes_again(handled: City):
    with handled.store.transaction() as tx:
        tx.cancel_wake("watch", CASE)
        watching.look(tx, BOOK, CASE, at=at("06-16 09:00"))

    assert handled.orders() == []
    assert handled.store.wakes()[("watch", CASE)][0] == LATE


def test_the_second_rework_is_ordered_by_itself(handled: City):
    handled.feed_back()
    handled.fail_verification(2)
    assert handled.orders() == []
    handled.feed_back(at("06-17 10:00"))
    handled.fail_verification(3, at("06-17 11:00"))

    (order,) = handled.orders()
    assert (order.kind, order.round, order.ordered_by) == (SupervisionKind.REPEATED_REWORK, 3, "clock")


def test_orders_are_listed_by_case_unit_and_state_and_a_unit_sees_its_own(handled: City):
    handled.order_supervision()
    handled.order_supervision(moment=at("06-16 09:30"))
    handled.reply()

    assert [one.order_number for one in handled.orders()] == [FIRST, f"{CASE}-S2"]
    assert [one.order_number for one in handled.orders(states=[OrderState.OPEN])] == [f"{CASE}-S2"]
    assert handled.orders(case_number="4105232020061500002") == []
    assert len(handled.orders(by=WORKER)) == 2
    assert handled.orders(by=worker_of("u02"), responsible_unit="u04") == []
    with pytest.raises(NotAllowed):
        handled.orders(by=COLLECTOR)
    assert handled.orders()[1].is_overdue(at("06-17 09:31"))
    assert not handled.orders()[0].is_overdue(at("06-17 09:31"))


def test_resync_brings_unanswered_orders_again_under_their_message_ids(handled: City):
    handled.order_supervision()
    handled.order_supervision(moment=at("06-16 09:30"))
    handled.reply()

    with handled.store.transaction() as tx:
        handling.resync(tx, BOOK, at=at("06-16 12:00"), by=WORKER)

    orders = [told for told in handled.store.told() if isinstance(told.message, units.SupervisionOrder)]
    assert [told.message.order_number[-2:] for told in orders] == ["S1", "S2", "S2"]
    assert orders[1].message_id == orders[2].message_id


# --- escalation ---------------------------------------------------------------------------------------------


def escalations(city: City) -> list[tuple[str, str, object]]:
    return [(one.to, one.reason, one.escalated_at) for one in city.published(AssignmentEscalated)]


def test_what_nobody_dispatches_goes_to_the_shift_supervisor_and_then_to_the_leader(city: City):
    city.file()

    city.wake(at("06-16 08:30"))

    assert escalations(city) == [
        ("shift_supervisor", "超时未派遣", at("06-15 08:45")),
        ("leader", "超时未派遣", at("06-15 09:00")),
    ]
    assert len(city.seen(at("06-15 09:00"), escalated_to="leader")) == 1
    assert city.assignment.owner == "dispatcher"
    city.dispatch(moment=at("06-16 09:00"))
    assert city.seen(at("06-16 09:00"), escalated_to="leader") == []


def test_what_is_dispatched_in_time_is_not_escalated(handled: City):
    handled.wake(at("06-16 08:30"))

    assert escalations(handled) == []


def test_a_return_that_nobody_decides_is_escalated(city: City):
    city.file()
    city.dispatch()
    city.send_back()

    city.wake(at("06-15 09:52"))

    assert escalations(city) == [("shift_supervisor", "回退超时未审批", at("06-15 09:52"))]
    city.refuse_return(at("06-15 09:55"))
    assert city.assignment.escalated_to is None


def test_a_coordination_that_nobody_decides_is_escalated(city: City):
    city.file()
    city.come_back_twice()
    assert city.assignment.in_coordination

    city.wake(at("06-15 11:30"))

    assert escalations(city)[-2:] == [
        ("shift_supervisor", "超时未派遣", at("06-15 10:55")),
        ("leader", "超时未派遣", at("06-15 11:10")),
    ]
    city.decide(moment=at("06-15 11:40"))
    assert city.assignment.called is None


def test_an_unsigned_task_is_urged_and_escalated_after_two_working_hours_and_again_after_as_many(city: City):
    city.file()
    city.dispatch()

    city.wake(at("06-15 23:00"))

    assert escalations(city) == [
        ("shift_supervisor", "超时未签收", at("06-15 10:37")),
        ("leader", "超时未签收", at("06-15 14:37")),
    ]
    assert [one.urged_by for one in city.published(UnitUrged)] == ["clock", "clock"]
    assert len(city.messages(units.Urge)) == 2


def test_an_unsigned_emergency_is_urged_after_thirty_minutes_day_or_night(city: City):
    city.file(limit=2, limit_unit="emergency_hour", moment=at("06-14 02:00"))
    city.dispatch(moment=at("06-14 02:05"))

    city.wake(at("06-14 03:05"))

    assert [moment for _, _, moment in escalations(city)] == [at("06-14 02:35"), at("06-14 03:05")]


def test_a_return_that_is_refused_gives_the_unit_its_time_to_sign_again(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.refuse_return(at("06-15 09:45"))

    city.wake(at("06-15 11:44"))
    assert escalations(city) == []
    city.wake(at("06-15 11:45"))
    assert [to for to, _, _ in escalations(city)] == ["shift_supervisor"]


# --- urgency ------------------------------------------------------------------------------------------------


def test_an_urgency_that_is_raised_is_told_at_once_on_the_urgent_queue_and_leaves_the_due_time(handled: City):
    handled.raise_urgency(Urgency.MAJOR)

    (changed,) = handled.published(UrgencyChanged)
    assert (changed.urgency, changed.responsible_unit) == (Urgency.MAJOR, "u04")
    told = handled.store.told()[-1]
    assert told.urgent
    assert (told.message.due_at, told.message.urgency) == (DUE, "major")
    assert "学校门口" in told.message.reason
    assert (handled.assignment.state, handled.assignment.due_at) == (S.HANDLING, DUE)


@pytest.mark.parametrize("again", [Urgency.ORDINARY, Urgency.URGENT])
def test_an_urgency_is_never_lowered_by_a_fact_that_comes_late(handled: City, again: Urgency):
    handled.raise_urgency(Urgency.URGENT)
    handled.raise_urgency(again)

    assert handled.assignment.urgency is Urgency.URGENT
    assert len(handled.published(UrgencyChanged)) == 1


def test_before_the_dispatch_there_is_nobody_to_tell(city: City):
    city.file()
    city.raise_urgency()

    assert city.store.told() == []
    assert city.published(UrgencyChanged)[0].responsible_unit is None


def test_the_major_stand_before_the_urgent_and_these_before_the_ordinary_in_every_list(city: City):
    for number, urgency in (
        ("1", Urgency.ORDINARY),
        ("2", Urgency.URGENT),
        ("3", Urgency.MAJOR),
        ("4", Urgency.URGENT),
    ):
        city.file(case_number=CASE[:-1] + number, urgency=urgency)

    def numbers(**place) -> list[str]:
        with city.store.transaction() as tx:
            page = tx.assignments.page(WorkListFilter(states=[S.AWAITING_DISPATCH]), **place)
        return [one.case_number[-1] for one in page]

    assert numbers(limit=10) == ["3", "2", "4", "1"]
    assert numbers(limit=2) == ["3", "2"]
    assert numbers(limit=2, after=CASE[:-1] + "2") == ["4", "1"]


# --- lights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "light", "share", "remaining"),
    [
        (at("06-15 08:37"), "green", 0.0, 40 * 3600),
        (at("06-19 08:36"), "green", 0.7996, 8 * 3600 + 60),
        (at("06-19 08:37"), "yellow", 0.8, 8 * 3600),
        (at("06-22 08:37"), "yellow", 1.0, 0),
        (at("06-22 08:38"), "red", 1.0004, -60),
    ],
)
def test_a_row_shows_light_share_and_remaining_time_in_working_time(
    handled: City, moment, light, share, remaining
):
    (seen,) = handled.seen(moment)

    assert (seen.light, seen.used_share, seen.remaining_seconds) == (light, share, remaining)


@pytest.mark.parametrize(
    ("moment", "light", "share"),
    [
        (at("06-15 08:30"), "green", 0.0),
        (at("06-15 08:42"), "yellow", 0.8),
        (at("06-15 08:45"), "yellow", 1.0),
        (at("06-15 08:46"), "red", 1.0667),
    ],
)
def test_what_awaits_the_dispatcher_shows_the_light_of_the_dispatchers_minutes(
    city: City, moment, light, share
):
    city.file()
    (seen,) = city.seen(moment)

    assert (seen.light, seen.used_share) == (light, share)
    assert seen.remaining_seconds == (at("06-15 08:45") - moment).total_seconds()


def test_a_suspended_case_keeps_the_light_it_had(handled: City):
    handled.suspend()
    (seen,) = handled.seen(at("08-31 12:00"))

    assert (seen.light, seen.used_share) == ("green", round((9 + 23 / 60) / 40, 4))


# --- outages ------------------------------------------------------------------------------------------------


def test_an_outage_is_credited_to_every_running_clock_and_each_unit_is_told(handled: City):
    handled.file(case_number="4105232020061500002")

    logged = handled.credit_outage(at("06-16 10:00"), at("06-16 15:00"))

    assert logged.credited == 1
    (credited,) = handled.published(OutageCredited)
    assert (credited.due_at, credited.credited_by) == (
        at("06-22 11:37"),
        "operations-1",
    )  # 3 h of working time
    assert credited.limit_seconds == 5 * A_WORKING_DAY + 3 * 3600
    assert handled.assignment.due_at == at("06-22 11:37")
    (told,) = handled.messages(units.DueTimeChanged)
    assert told.due_at == at("06-22 11:37")
    assert "系统故障补时" in told.reason
    handled.wake(at("06-22 11:37"))
    assert handled.orders() == []
    with handled.store.transaction() as tx:
        assert outage.log(tx, after=None, limit=10, by=DISPATCHER) == [logged]


def test_the_same_outage_is_credited_once_however_often_it_is_entered(handled: City):
    handled.credit_outage(at("06-16 10:00"), at("06-16 11:00"))
    again = handled.credit_outage(at("06-16 10:00"), at("06-16 11:00"), at("06-16 18:01"))

    assert again.credited == 0
    assert handled.assignment.due_at == at("06-22 09:37")
    assert len(handled.published(OutageCredited)) == 1


def test_an_outage_outside_working_hours_gives_nothing_to_a_working_limit(handled: City):
    assert handled.credit_outage(at("06-15 20:00"), at("06-15 23:00")).credited == 0
    assert handled.messages(units.DueTimeChanged) == []


def test_an_outage_is_credited_to_a_suspended_task_as_far_as_it_ran(handled: City):
    handled.suspend()  # on 16 June 10:00

    handled.credit_outage(at("06-16 09:00"), at("06-16 15:00"))
    handled.resume(at("06-22 08:00"))

    assert handled.assignment.due_at == at("06-25 17:37")


def test_the_dispatchers_minutes_are_given_back_too(city: City):
    city.file()
    city.credit_outage(at("06-15 08:35"), at("06-15 08:40"), at("06-15 08:40"))

    assert city.assignment.decide_by_at == at("06-15 08:50")
    city.wake(at("06-15 08:49"))
    assert city.published(AssignmentEscalated) == []
    assert city.published(OutageCredited) == []


def test_the_dispatchers_minutes_are_given_back_once_however_often_an_outage_is_entered(city: City):
    city.file()
    for entered in ("08:43", "08:44", "08:45"):
        city.credit_outage(at("06-15 08:35"), at("06-15 08:43"), at(f"06-15 {entered}"))
        assert city.assignment.decide_by_at == at("06-15 08:53")
    city.credit_outage(at("06-15 08:28"), at("06-15 08:37"), at("06-15 08:46"))

    assert city.assignment.decide_by_at == at("06-15 08:58")  # the five minutes from the filing on
    assert city.assignment.escalate_at == at("06-15 08:58")


def test_what_was_given_back_for_one_decision_counts_for_the_next_only_from_its_beginning(city: City):
    city.file()
    city.credit_outage(at("06-15 08:31"), at("06-15 08:35"), at("06-15 08:35"))
    city.dispatch()
    city.send_back(at("06-15 09:30"))
    city.credit_outage(at("06-15 08:31"), at("06-15 09:35"), at("06-15 09:36"))

    assert city.assignment.decide_by_at == at("06-15 09:50")


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [
        (at("06-16 11:00"), at("06-16 10:00"), "outage_until"),
        (at("06-16 10:00"), at("06-16 10:00"), "outage_until"),
        (at("06-16 10:00"), at("06-16 18:01"), "outage_until"),
        (at("05-01 10:00"), at("06-16 10:00"), "outage_from"),
    ],
)
def test_an_outage_has_a_beginning_before_its_end_and_is_over(handled: City, begins, ends, field: str):
    with pytest.raises(RuleBroken) as broken:
        handled.credit_outage(begins, ends)
    assert broken.value.field == field


def test_only_operations_credit_an_outage_and_say_why(handled: City):
    for by in (DISPATCHER, SUPERVISOR, LEADER, WORKER):
        with pytest.raises(NotAllowed):
            handled.credit_outage(at("06-16 10:00"), at("06-16 11:00"), by=by)
    with pytest.raises(RuleBroken):
        handled.credit_outage(at("06-16 10:00"), at("06-16 11:00"), reason=" ")


def test_one_command_tells_everybody_who_runs_clocks_of_the_outage(city: City):
    logged = city.credit_outage(at("06-16 10:00"), at("06-16 15:00"))

    (told,) = city.published(OutageLogged)
    assert (told.outage_id, told.outage_from, told.outage_until) == (
        logged.id,
        at("06-16 10:00"),
        at("06-16 15:00"),
    )
    assert (told.reason, told.credited_by, told.credited_at) == (
        "机房停电",
        "operations-1",
        at("06-16 18:00"),
    )


def test_a_unit_has_more_working_time_to_sign_after_an_outage(city: City):
    city.file()
    city.dispatch()
    assert city.assignment.escalate_at == at("06-15 10:37")

    city.credit_outage(at("06-15 08:00"), at("06-15 09:37"), at("06-15 09:37"))
    city.credit_outage(at("06-15 09:07"), at("06-15 09:37"), at("06-15 09:38"))  # told again

    assert city.assignment.escalate_at == at("06-15 11:37")
    city.wake(at("06-15 11:36"))
    assert city.published(AssignmentEscalated) == []
    city.wake(at("06-15 11:37"))
    assert [one.to for one in city.published(AssignmentEscalated)] == ["shift_supervisor"]


def test_who_was_called_for_a_signature_stays_called_and_the_next_is_called_later(city: City):
    city.file()
    city.dispatch()
    city.wake(at("06-15 10:37"))
    assert city.assignment.escalate_at == at("06-15 14:37")  # two more hours of working time

    city.credit_outage(at("06-15 10:00"), at("06-15 10:30"), at("06-15 10:40"))

    assert city.assignment.escalated_to == "shift_supervisor"
    assert city.assignment.escalate_at == at("06-15 15:07")


def test_an_urgent_signature_gets_back_the_night_too_and_an_ordinary_one_does_not(city: City):
    city.file()
    city.dispatch(moment=at("06-15 17:00"))
    city.file(case_number="4105232020061500002", urgency=Urgency.URGENT)
    with city.store.transaction() as tx:
        dispatching.dispatch_case(
            tx, BOOK, "4105232020061500002", responsible_unit="u04", at=at("06-15 17:45"), by=DISPATCHER
        )

    city.credit_outage(at("06-15 17:30"), at("06-15 18:10"), at("06-15 18:10"))

    assert city.assignment.escalate_at == at("06-16 09:30")  # half an hour of working time
    with city.store.transaction() as tx:
        assert tx.assignments.get("4105232020061500002").escalate_at == at("06-15 18:40")


def test_minutes_keep_their_kind_of_time_when_the_case_is_found_urgent_meanwhile(city: City):
    city.file()
    city.dispatch(moment=at("06-15 17:00"))
    until = city.assignment.return_until_at
    city.raise_urgency(moment=at("06-15 17:10"))

    city.credit_outage(at("06-15 17:30"), at("06-15 18:10"), at("06-15 18:10"))

    assert city.assignment.escalate_at == at("06-16 09:30")
    assert city.assignment.return_until_at == add(until, 1800, LimitUnit.WORKING_HOUR, BOOK.calendar)


def test_a_signature_awaited_again_after_a_refused_return_counts_from_the_refusal(city: City):
    city.file()
    city.dispatch()
    city.send_back(at("06-15 09:00"))
    city.refuse_return(at("06-15 10:00"))

    city.credit_outage(at("06-15 08:40"), at("06-15 10:30"), at("06-15 10:30"))

    assert city.assignment.escalate_at == at("06-15 14:30")  # two hours, and the half hour lost


def test_the_time_for_sending_back_is_given_back_too(handled: City):
    until = handled.assignment.return_until_at

    handled.credit_outage(at("06-15 09:00"), at("06-15 09:20"), at("06-15 09:30"))
    handled.credit_outage(at("06-15 09:00"), at("06-15 09:20"), at("06-15 09:31"))

    assert handled.assignment.return_until_at - until == timedelta(minutes=20)


def test_a_unit_that_has_given_the_task_back_needs_no_time_any_more(handled: City):
    handled.send_back(at("06-15 09:10"))
    handled.accept_return(at("06-15 10:00"))
    before = handled.assignment

    handled.credit_outage(at("06-15 09:00"), at("06-15 09:20"), at("06-15 10:05"))

    assert handled.assignment == before


def test_the_time_for_a_reply_is_given_back_and_the_unit_is_told_once(handled: City):
    handled.order_supervision()  # on 16 June 09:00

    handled.credit_outage(at("06-16 08:00"), at("06-16 13:00"))
    handled.credit_outage(at("06-16 10:00"), at("06-16 13:00"), at("06-16 18:01"))

    (credited,) = handled.published(ReplyTimeCredited)
    assert (credited.order_number, credited.reply_by_at) == (FIRST, at("06-17 13:00"))
    assert [told.reply_by_at for told in handled.messages(units.SupervisionOrder)] == [
        at("06-17 09:00"),
        at("06-17 13:00"),
    ]
    assert len({told.message_id for told in handled.store.told()}) == len(handled.store.told())
    handled.wake(at("06-17 12:59"))
    assert handled.published(AssignmentEscalated) == []
    handled.reply(moment=at("06-17 13:00"))
    assert [one.in_time for one in handled.published(SupervisionReplied)] == [True]


def test_a_leader_who_was_called_for_a_reply_is_not_called_twice_after_an_outage(handled: City):
    handled.order_supervision()
    handled.wake(at("06-17 09:00"))

    handled.credit_outage(at("06-16 10:00"), at("06-16 13:00"), at("06-17 09:01"))
    handled.wake(at("06-17 13:00"))

    assert [one.to for one in handled.published(AssignmentEscalated)] == ["leader"]
    assert handled.orders()[0].reply_by_at == at("06-17 12:00")


def test_a_reply_that_fell_due_in_the_outage_itself_calls_the_leader_only_when_it_is_due_now(handled: City):
    handled.order_supervision()
    handled.credit_outage(
        at("06-17 08:00"), at("06-17 10:00"), at("06-17 10:00")
    )  # the wake-up is still owed

    handled.wake(at("06-17 10:59"))
    assert handled.published(AssignmentEscalated) == []
    handled.wake(at("06-17 11:00"))
    assert [one.to for one in handled.published(AssignmentEscalated)] == ["leader"]


def test_a_reply_is_owed_longer_also_while_the_work_is_fed_back(handled: City):
    handled.order_supervision()
    handled.feed_back(at("06-16 10:00"))

    handled.credit_outage(at("06-16 11:00"), at("06-16 12:00"))

    assert handled.orders()[0].reply_by_at == at("06-17 10:00")


def test_a_reply_that_was_given_is_judged_as_it_was(handled: City):
    handled.order_supervision()
    handled.reply(moment=at("06-16 11:00"))

    handled.credit_outage(at("06-16 09:30"), at("06-16 10:30"))

    assert handled.published(ReplyTimeCredited) == []
    assert handled.orders()[0].reply_by_at == at("06-17 09:00")


def test_the_dispatchers_later_time_is_told(city: City):
    city.file()
    city.credit_outage(at("06-15 08:35"), at("06-15 08:40"), at("06-15 08:40"))
    city.credit_outage(at("06-15 08:35"), at("06-15 08:40"), at("06-15 08:41"))

    (credited,) = city.published(DecisionTimeCredited)
    assert (credited.case_number, credited.round, credited.due_at) == (CASE, 1, at("06-15 08:50"))


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 300)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_no_moment_of_a_signature_or_a_reply_is_given_back_twice_in_whatever_order(outages, chance):
    """The slow oracle counts every single minute of all outages once."""
    told = at("06-16 18:01")
    began = at("06-16 08:00")
    moments = [
        (began + timedelta(minutes=m), min(began + timedelta(minutes=m + n), told)) for m, n in outages
    ]
    assignment, order = dispatched_at_nine(), ordered_at_nine()
    signing = assignment.escalate_at

    for outage_from, outage_until in [*moments, *chance.sample(moments, len(moments))]:
        stretch = {"outage_from": outage_from, "outage_until": outage_until, "calendar": BOOK.calendar}
        outage_rules.credit_minutes(assignment, **stretch)
        outage_rules.credit_reply(order, **stretch, credited_by="o", at=told)

    lost = {m for start, n in outages for m in range(start, min(start + n, 601)) if m >= 60}
    worked = [m for m in lost if not 240 <= m < 360 and m < 600]
    assert order.reply_by_at == at("06-17 09:00") + timedelta(minutes=len(lost))
    assert assignment.escalate_at == add(signing, len(worked) * 60, LimitUnit.WORKING_HOUR, BOOK.calendar)


def dispatched_at_nine() -> Assignment:
    assignment = Assignment.of(a_filed_case(), decide_by_at=DUE)
    nine = at("06-16 09:00")
    assignment.dispatch_to("u04", dispatcher="d", at=nine, calendar=BOOK.calendar)
    assignment.escalate_at = sign_by_at(assignment, at=nine, settings=BOOK.settings, calendar=BOOK.calendar)
    assignment.sign_clock = unit_clock(assignment, at=nine)
    return assignment


def ordered_at_nine() -> SupervisionOrder:
    order, _ = orders.order(
        dispatched_at_nine(),
        kind=SupervisionKind.LEADER,
        words="请说明进展",
        ordered_by="leader-1",
        at=at("06-16 09:00"),
        reply_within=timedelta(hours=24),
    )
    return order
