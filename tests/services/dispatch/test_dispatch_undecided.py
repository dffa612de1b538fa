"""Undecided requests (申请待审): what a unit asked for goes up when nobody decides, until somebody does."""

import pytest

from case_contracts import units
from case_contracts.dispatch import AssignmentEscalated, ExtensionRefused
from services.dispatch.stages import watching
from tests.services.dispatch.city import BOOK, City
from tests.services.dispatch.fakes import CASE, SUPERVISOR, at


@pytest.fixture
def handled(city: City) -> City:
    """The case is being handled by u04, due on 22 June 08:37."""
    city.file()
    city.dispatch()
    city.sign()
    return city


def escalations(city: City) -> list[tuple[str, str, str, object]]:
    return [(one.to, one.about, one.reason, one.escalated_at) for one in city.published(AssignmentEscalated)]


def test_an_extension_that_nobody_decides_goes_to_the_shift_supervisor_and_then_to_the_leader(handled: City):
    handled.ask_extension(at("06-16 09:00"))

    handled.wake(at("06-16 10:59"))
    assert escalations(handled) == []
    handled.wake(at("06-17 18:00"))

    assert escalations(handled) == [
        ("shift_supervisor", "extension", "延期申请超时未审批", at("06-16 11:00")),
        ("leader", "extension", "延期申请超时未审批", at("06-16 15:00")),
    ]
    assert len(handled.seen(at("06-16 15:00"), escalated_to="leader")) == 1
    assert handled.assignment.owner == "u04"
    assert handled.assignment.due_at == at("06-22 08:37")


def test_at_the_shift_supervisors_request_list_it_stands_until_somebody_decides(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    handled.wake(at("06-16 11:00"))
    assert len(handled.seen(at("06-16 11:00"), escalated_to="shift_supervisor")) == 1

    handled.grant_extension(at("06-16 11:30"))

    assert handled.seen(at("06-16 11:30"), escalated_to="shift_supervisor") == []
    handled.wake(at("06-19 18:00"))
    assert len(escalations(handled)) == 1


def test_a_refusal_ends_it_as_well_and_the_next_request_has_its_own_time(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    handled.wake(at("06-16 11:00"))
    handled.refuse_extension(at("06-16 11:30"))
    assert handled.assignment.called is None

    handled.ask_extension(at("06-16 15:00"))
    handled.wake(at("06-16 17:00"))

    assert [(to, moment) for to, _, _, moment in escalations(handled)] == [
        ("shift_supervisor", at("06-16 11:00")),
        ("shift_supervisor", at("06-16 17:00")),
    ]


def test_what_the_shift_supervisor_has_to_decide_goes_to_the_leader_at_once(handled: City):
    handled.ask_extension(at("06-15 09:30"))
    handled.grant_extension(at("06-15 10:00"))
    handled.ask_extension(at("06-16 09:00"))
    handled.ask_suspension(moment=at("06-16 10:00"))

    handled.wake(at("06-18 18:00"))

    assert escalations(handled) == [
        ("leader", "extension", "延期申请超时未审批", at("06-16 11:00")),
        ("leader", "suspension", "挂账申请超时未审批", at("06-16 12:00")),
    ]


def test_who_is_called_for_one_request_stays_called_when_the_other_is_decided(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    handled.ask_suspension(moment=at("06-16 09:30"))
    handled.wake(at("06-16 11:30"))
    assert handled.assignment.called == "leader"

    handled.refuse_suspension(at("06-16 11:40"))

    assert handled.assignment.called == "shift_supervisor"


def test_an_urgent_request_is_decided_within_the_hour_day_or_night(city: City):
    city.file(limit=2, limit_unit="emergency_day", moment=at("06-14 02:00"))
    city.dispatch(moment=at("06-14 02:05"))
    city.sign(at("06-14 02:10"))
    city.ask_extension(at("06-14 02:30"))

    city.wake(at("06-14 04:30"))

    assert [moment for _, _, _, moment in escalations(city)] == [at("06-14 03:30"), at("06-14 04:30")]


def test_a_suspension_that_is_granted_calls_nobody_any_more(handled: City):
    handled.ask_suspension(moment=at("06-16 09:00"))
    handled.wake(at("06-16 11:00"))
    handled.grant_suspension(at("06-16 11:10"))
    assert handled.assignment.called is None

    handled.wake(at("06-20 18:00"))

    assert len(escalations(handled)) == 1


def test_feedback_ends_what_was_asked_and_nobody_is_called(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    handled.feed_back(at("06-16 10:00"))

    handled.wake(at("06-16 18:00"))

    assert escalations(handled) == []
    assert handled.assignment.called is None


def test_a_request_that_lapses_before_its_time_is_up_calls_nobody_even_if_the_watch_slept(handled: City):
    handled.ask_extension(at("06-22 08:30"))

    # One look, long after both moments: the limit ended at 08:37, the request was to be decided by 10:30.
    with handled.store.transaction() as tx:
        watching.look(tx, BOOK, CASE, at=at("06-22 12:00"))

    assert escalations(handled) == []
    assert len(handled.published(ExtensionRefused)) == 1


def test_being_woken_twice_calls_nobody_twice(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    handled.wake(at("06-16 11:00"))
    with handled.store.transaction() as tx:
        watching.look(tx, BOOK, CASE, at=at("06-16 11:00"))

    assert len(escalations(handled)) == 1


def test_an_outage_gives_back_the_time_of_whoever_decides(handled: City):
    handled.ask_extension(at("06-16 09:00"))

    handled.credit_outage(at("06-16 10:00"), at("06-16 10:30"), at("06-16 10:40"))
    handled.credit_outage(at("06-16 10:10"), at("06-16 10:30"), at("06-16 10:45"))
    handled.wake(at("06-16 18:00"))

    assert [moment for _, _, _, moment in escalations(handled)] == [at("06-16 11:30"), at("06-16 15:30")]


def test_a_request_from_before_there_were_clocks_is_given_its_time_when_it_is_looked_at(handled: City):
    handled.ask_extension(at("06-16 09:00"))
    with handled.store.transaction() as tx:
        assignment = tx.assignments.get(CASE)
        asked = assignment.extension_request
        assignment.extension_request = type(asked)(
            reason=asked.reason, count=asked.count, asked_at=asked.asked_at
        )
        tx.assignments.save(assignment)
    with handled.store.transaction() as tx:
        watching.look(tx, BOOK, CASE, at=at("06-17 09:00"))
    assert escalations(handled) == []

    handled.wake(at("06-17 11:00"))

    assert [moment for _, _, _, moment in escalations(handled)] == [at("06-17 11:00")]


def test_the_task_itself_is_told_apart_from_what_is_asked_for_it(city: City):
    city.file()
    city.wake(at("06-15 08:45"))

    assert [(to, about) for to, about, _, _ in escalations(city)] == [("shift_supervisor", "")]


def test_an_order_that_called_the_leader_still_does_when_a_request_is_decided(handled: City):
    handled.order_supervision(moment=at("06-16 09:00"), by=SUPERVISOR)
    handled.ask_extension(at("06-17 08:00"))
    handled.wake(at("06-17 10:00"))
    assert len(escalations(handled)) == 2

    handled.grant_extension(at("06-17 10:30"))

    assert handled.assignment.called == "leader"
    assert len(handled.messages(units.ExtensionDecided)) == 1
