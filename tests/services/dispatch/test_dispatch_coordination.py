"""Cases that nobody owns (疑难案件), returning to intake (退回受理), and whom the rules name (责任认定)."""

import dataclasses

import pytest

from case_contracts import units
from case_contracts.codes import Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseReturnedToIntake,
    CoordinationCalled,
    ResponsibilityDecided,
    ReturnAccepted,
)
from case_contracts.roles import NotAllowed
from handbook import NoResponsibleUnit
from services.dispatch.domain.refusals import (
    MoveNotAllowed,
    RequestNotAllowed,
    ReturnWindowOver,
    RuleBroken,
    RuleNotFound,
)
from services.dispatch.domain.states import AssignmentState
from services.dispatch.stages import coordination, routing
from tests.services.dispatch.city import BOOK, City
from tests.services.dispatch.fakes import (
    CASE,
    DISPATCHER,
    SUPERVISOR,
    SmallHandbook,
    at,
    worker_of,
)

S = AssignmentState
OTHER = "4105232020061500002"


# --- the return window --------------------------------------------------------------------------------------


def test_a_case_raised_to_urgent_before_its_dispatch_can_be_sent_back_for_thirty_minutes(city: City):
    city.file(urgency=Urgency.URGENT)
    city.dispatch()

    with pytest.raises(ReturnWindowOver):
        city.send_back(at("06-15 09:08"))
    city.send_back(at("06-15 09:07"))

    assert city.assignment.state is S.RETURN_UNDER_REVIEW


def test_raising_the_urgency_later_takes_no_time_from_the_return_window(city: City):
    city.file()
    city.dispatch()
    city.raise_urgency()

    city.send_back(at("06-15 10:37"))

    assert city.assignment.state is S.RETURN_UNDER_REVIEW


def test_an_accepted_return_counts_as_a_wrong_dispatch(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.accept_return()

    (accepted,) = city.published(ReturnAccepted)
    assert (accepted.wrong_dispatch, accepted.responsible_unit) == (True, "u04")


# --- coordination -------------------------------------------------------------------------------------------


def test_after_two_accepted_returns_the_case_rests_until_somebody_decides_whose_it_is(city: City):
    city.file()
    city.come_back_twice()

    (called,) = city.published(CoordinationCalled)
    assert (called.returns, called.units) == (2, ("u04", "u02"))
    assert city.assignment.in_coordination
    assert city.assignment.owner == "dispatcher"
    with pytest.raises(RequestNotAllowed, match="协调"):
        city.dispatch("u01", at("06-15 11:00"))
    assert len(city.published(CaseDispatched)) == 2


def test_refused_returns_call_no_coordination(city: City):
    city.file()
    city.dispatch()
    city.send_back()
    city.refuse_return(at("06-15 09:40"))
    city.send_back(at("06-15 09:50"))
    city.refuse_return(at("06-15 09:55"))

    assert city.published(CoordinationCalled) == []


def test_the_written_decision_gives_the_case_to_its_unit_at_once_and_that_unit_cannot_send_it_back(
    city: City,
):
    city.file()
    city.come_back_twice()

    city.decide("u01")

    decided, dispatched = city.store.published()[-2:]
    assert isinstance(decided, ResponsibilityDecided)
    assert (decided.responsible_unit, decided.becomes_rule, decided.fallback) == ("u01", False, False)
    assert (dispatched.responsible_unit, dispatched.dispatch_number) == ("u01", 3)
    assert dispatched.reason == decided.decision == "现场确权会议纪要：由单位u01负责"
    assert city.messages(units.Task)[-1].responsible_unit == "u01"
    with pytest.raises(RequestNotAllowed, match="不能回退"):
        city.send_back(at("06-15 16:10"), by=worker_of("u01"))
    assert city.assignment.state is S.AWAITING_SIGNATURE


def test_even_a_unit_that_sent_it_back_gets_it_by_decision(city: City):
    city.file()
    city.come_back_twice()

    city.decide("u04")

    assert city.assignment.due_at == at("06-22 16:00")  # another unit had it since: a fresh clock


def test_a_decision_may_also_be_taken_before_units_have_sent_the_case_back(city: City):
    city.file()
    city.decide("u01")

    assert city.assignment.decided_unit == "u01"


def test_what_has_no_owner_falls_to_the_township_by_area(city: City):
    city.file()
    city.come_back_twice()
    with pytest.raises(RuleBroken, match="u28"):
        city.decide("u01", fallback=True)

    city.decide(None, fallback=True)

    assert city.assignment.responsible_unit == "u28"
    assert city.published(ResponsibilityDecided)[0].fallback


def test_without_a_township_there_is_no_fallback(city: City):
    city.file(unit_grid_code="99999999999999")

    with pytest.raises(RuleBroken) as broken:
        city.decide(None, fallback=True)

    assert broken.value.field == "fallback"


@pytest.mark.parametrize(
    ("unit", "more", "field"),
    [
        (None, {}, "responsible_unit"),
        ("u09", {}, "responsible_unit"),
        ("u77", {}, "responsible_unit"),
        ("u01", {"decision": " "}, "decision"),
    ],
)
def test_a_decision_names_a_working_unit_and_its_words(city: City, unit, more, field: str):
    city.file()

    with pytest.raises(RuleBroken) as broken:
        city.decide(unit, **more)

    assert broken.value.field == field
    assert city.facts == []


def test_a_case_that_a_unit_has_is_not_decided_upon(city: City):
    city.file()
    city.dispatch()

    with pytest.raises(MoveNotAllowed, match="确定责任单位"):
        city.decide("u01")


def test_only_a_dispatcher_writes_decisions_down(city: City):
    city.file()
    with pytest.raises(NotAllowed):
        city.decide("u01", by=SUPERVISOR)


def test_difficult_cases_stand_in_their_own_list_also_after_the_decision(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.come_back_twice()
    assert [one.assignment.case_number for one in city.seen(at("06-15 11:00"), difficult=True)] == [CASE]
    city.decide("u01")

    assert [one.assignment.case_number for one in city.seen(at("06-15 16:00"), difficult=True)] == [CASE]


# --- rules that come of decisions ---------------------------------------------------------------------------


def named(city: City, case_number: str = OTHER, book=BOOK):
    with city.store.transaction() as tx:
        return routing.suggest(tx, book, case_number, by=DISPATCHER)


def test_a_decision_that_becomes_a_rule_names_the_unit_of_the_next_such_case_before_the_handbook(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.file(case_number="4105232020061500003", responsibility_grid="z02")
    assert named(city).responsible_unit == "u04"
    city.decide("u01", becomes_rule=True)

    suggested = named(city)
    assert (suggested.responsible_unit, suggested.rule) == ("u01", "decided")
    assert CASE in suggested.reason
    assert named(city, "4105232020061500003").responsible_unit == "u04"


def test_a_rule_is_listed_and_removed_and_then_the_handbook_holds_again(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.decide("u01", becomes_rule=True)
    with city.store.transaction() as tx:
        (rule,) = coordination.rules(tx, after=None, limit=10, by=DISPATCHER)
    assert (rule.key, rule.responsible_unit, rule.case_number) == ("I0101/z01", "u01", CASE)

    with city.store.transaction() as tx:
        removed = coordination.remove_rule(tx, rule.key, at=at("06-16 09:00"), by=DISPATCHER)

    assert (removed.removed_by, removed.removed_at) == ("dispatcher-1", at("06-16 09:00"))
    assert named(city).responsible_unit == "u04"
    with city.store.transaction() as tx:
        assert coordination.rules(tx, after=None, limit=10, by=DISPATCHER) == []
        with pytest.raises(RuleNotFound):
            coordination.remove_rule(tx, rule.key, at=at("06-16 09:00"), by=DISPATCHER)


def test_a_later_decision_about_the_same_takes_the_place_of_the_rule(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.decide("u01", becomes_rule=True)
    with city.store.transaction() as tx:
        coordination.decide_responsibility(
            tx, BOOK, OTHER, decision="改由u02", responsible_unit="u02", becomes_rule=True,
            at=at("06-16 09:00"), by=DISPATCHER,
        )  # fmt: skip
    city.file(case_number="4105232020061500003")

    assert named(city, "4105232020061500003").responsible_unit == "u02"


def test_a_rule_whose_unit_has_been_closed_down_names_nobody(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.decide("u01", becomes_rule=True)

    @dataclasses.dataclass(frozen=True)
    class Later(SmallHandbook):
        @property
        def units(self):
            return {code: one for code, one in super().units.items() if code != "u01"}

    assert named(city, book=Later()).responsible_unit == "u04"


def test_the_duty_table_dispatches_by_the_rule(city: City):
    city.file()
    city.decide("u01", becomes_rule=True)
    city.file(case_number=OTHER, automatic=True)

    assert city.published(CaseDispatched)[-1].responsible_unit == "u01"


# --- automatic dispatch and suggestions in the list ---------------------------------------------------------


@pytest.mark.parametrize(("kinds", "dispatched"), [(("I0101",), 1), (("I0102",), 0), ((), 0)])
def test_a_subcategory_that_the_county_dispatches_by_itself_needs_no_dispatcher(
    city: City, kinds, dispatched
):
    settings = dataclasses.replace(BOOK.settings, automatic_dispatch=kinds)

    city.file(book=SmallHandbook(settings=settings))

    assert len(city.published(CaseDispatched)) == dispatched


def test_the_dispatchers_list_shows_whom_the_rules_name_and_why_while_a_case_awaits_dispatch(city: City):
    city.file()
    city.file(case_number=OTHER)
    city.dispatch()

    dispatched, awaiting = city.seen(at("06-15 08:40"))

    assert dispatched.suggestion is None
    assert (awaiting.suggestion.responsible_unit, awaiting.suggestion.rule) == ("u04", "duty")
    assert "道路破损" in awaiting.suggestion.reason


def test_what_no_rule_names_a_unit_for_is_listed_without_a_suggestion(city: City):
    city.file()

    class Nobody(SmallHandbook):
        def duty(self, *about):
            raise NoResponsibleUnit("无责任主体")

    with city.store.transaction() as tx:
        assert routing.suggestions(tx, Nobody(), [tx.assignments.get(CASE)]) == {}


# --- back to intake -----------------------------------------------------------------------------------------


def test_a_case_that_was_filed_wrongly_goes_back_to_intake_which_then_owns_it(city: City):
    city.file()
    city.return_to_intake()

    (returned,) = city.published(CaseReturnedToIntake)
    assert (returned.round, returned.reason) == (1, "小类有误，应为井盖破损")
    assert (city.assignment.state, city.assignment.owner) == (S.RETURNED_TO_INTAKE, "intake")
    assert city.store.wakes() == {}
    with pytest.raises(MoveNotAllowed):
        city.dispatch()


def test_filed_anew_it_awaits_dispatch_under_the_new_standard_in_a_new_round(city: City):
    city.file()
    city.come_back_twice()
    city.return_to_intake(at("06-15 11:00"))

    assert city.file_anew(
        2, subcategory="C0101", limit=2, limit_unit="emergency_hour", urgency=Urgency.URGENT
    )

    anew = city.assignment
    assert (anew.state, anew.round, anew.subcategory, anew.limit) == (S.AWAITING_DISPATCH, 2, "C0101", 2)
    assert not anew.in_coordination
    assert anew.decide_by_at == at("06-15 14:15")
    city.dispatch("u02", at("06-15 14:05"))
    assert city.assignment.due_at == at("06-15 16:05")
    assert city.published(CaseDispatched)[-1].round == 2


@pytest.mark.parametrize("before", [Urgency.ORDINARY, Urgency.MAJOR])
def test_a_filing_anew_that_comes_late_does_not_lower_an_urgency_that_was_raised_meanwhile(
    city: City, before: Urgency
):
    city.file(urgency=before)
    city.return_to_intake()
    city.raise_urgency(Urgency.URGENT, round=2)
    city.file_anew(2, urgency=Urgency.ORDINARY)

    assert city.assignment.urgency is Urgency.URGENT


def test_a_case_filed_anew_under_a_less_urgent_standard_is_as_urgent_as_that_says(city: City):
    city.file(urgency=Urgency.MAJOR)
    city.return_to_intake()
    city.file_anew(2, urgency=Urgency.ORDINARY)

    assert city.assignment.urgency is Urgency.ORDINARY


def test_a_filing_anew_that_comes_before_the_return_waits_for_it(city: City):
    city.file()
    assert not city.file_anew(2)
    city.return_to_intake()

    assert (city.assignment.state, city.assignment.round) == (S.AWAITING_DISPATCH, 2)


def test_a_returned_case_that_is_filed_anew_may_be_dispatched_by_the_duty_table(city: City):
    city.file()
    city.return_to_intake()
    city.file_anew(2, automatic=True)

    assert city.published(CaseDispatched)[0].round == 2


def test_a_case_is_returned_to_intake_with_a_reason_by_a_dispatcher_and_only_before_dispatch(city: City):
    city.file()
    with pytest.raises(RuleBroken):
        city.return_to_intake(reason="")
    with pytest.raises(NotAllowed):
        city.return_to_intake(by=SUPERVISOR)
    city.dispatch()
    with pytest.raises(MoveNotAllowed):
        city.return_to_intake()


def test_a_second_assignment_of_a_case_does_not_reset_the_state_of_its_first(city: City):
    city.file()
    city.dispatch()
    city.sign()
    before = city.assignment

    city.file()  # the same filing once more
    with pytest.raises(MoveNotAllowed):
        city.dispatch("u02", at("06-15 09:30"))
    city.file(case_number=OTHER, automatic=True)  # and another case of the same unit

    after = city.assignment
    assert after == before
    assert (after.state, after.responsible_unit, after.due_at) == (S.HANDLING, "u04", at("06-22 08:37"))
