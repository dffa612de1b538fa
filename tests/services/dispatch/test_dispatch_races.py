"""Two people act on one task at one moment, on a real database: one wins, the other is told why not.

Each act has a connection of its own. The second begins while the first has the case in hand and has not yet
committed, which the database itself is asked for: the second is seen waiting for the first's lock.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from case_contracts import units
from case_contracts.dispatch import CaseDispatched, CaseSentBack, ReturnAccepted, ReturnRefused
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.refusals import MoveNotAllowed, Refusal, TaskOutdated
from services.dispatch.domain.states import AssignmentState
from tests.services.dispatch.city import City
from tests.services.dispatch.fakes import at, worker_of

pytestmark = pytest.mark.infra

S = AssignmentState
WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""
FIRST_TASK = Turn(round=1, dispatch_number=1)
Act = Callable[[City], Any]


class HeldOpen:
    """A store whose transactions end only once somebody else is seen waiting for what they hold."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.begun = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._store.transaction() as tx:
            try:
                yield tx
            finally:  # also what is refused has held the case until then
                self.begun.set()
                self._await_the_other()

    def _await_the_other(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with self._store.database.transaction() as looking:
                if looking.execute(WAITING).scalar_one():
                    return
            time.sleep(0.01)  # looks again
        raise AssertionError("nobody waited: the second did not see that the case was in hand")


def one_while_another(store: Any, first: Act, second: Act) -> tuple[Any, Any]:
    """``second`` comes while ``first`` is at it; what came of both, refusals among it."""
    held = HeldOpen(store)
    outcomes: dict[str, Any] = {}

    def run(name: str, act: Act, city: City) -> None:
        try:
            outcomes[name] = act(city)
        except Refusal as refused:
            outcomes[name] = refused
        except BaseException as failed:  # looked at below
            outcomes[name] = failed
            raise

    threads = [threading.Thread(target=run, args=("first", first, City(held)))]
    threads[0].start()
    assert held.begun.wait(30)
    threads.append(threading.Thread(target=run, args=("second", second, City(store))))
    threads[1].start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    for outcome in outcomes.values():
        assert not isinstance(outcome, BaseException) or isinstance(outcome, Refusal), outcome
    return outcomes["first"], outcomes["second"]


@pytest.fixture
def city(postgres_store: Any) -> City:
    """Only the real store: the fake has no two transactions at a time."""
    city = City(postgres_store)
    city.file()
    city.dispatch()
    return city


def dispatch_anew(unit: str = "u02") -> Act:
    return lambda city: city.dispatch(unit, at("06-15 10:10"))


OLD_UNITS_WORDS: dict[str, Act] = {
    "send_back": lambda city: city.send_back(at("06-15 10:10"), turn=FIRST_TASK),
    "sign": lambda city: city.sign(at("06-15 10:10"), turn=FIRST_TASK),
    "feed_back": lambda city: city.feed_back(at("06-15 10:10"), turn=FIRST_TASK),
}


@pytest.mark.parametrize("word", OLD_UNITS_WORDS)
def test_return_while_re_dispatched_waits_for_the_dispatch_and_is_out_of_date(city: City, word: str) -> None:
    city.send_back()
    city.accept_return()

    dispatched, refused = one_while_another(city.store, dispatch_anew(), OLD_UNITS_WORDS[word])

    assert dispatched.subject == city.published(CaseDispatched)[-1].subject
    assert isinstance(refused, TaskOutdated)
    assert_the_new_unit_has_it(city)


@pytest.mark.parametrize("word", OLD_UNITS_WORDS)
def test_re_dispatch_while_the_old_unit_speaks_gives_the_case_to_the_new_unit_only(
    city: City, word: str
) -> None:
    city.send_back()
    city.accept_return()

    refused, dispatched = one_while_another(city.store, OLD_UNITS_WORDS[word], dispatch_anew())

    assert isinstance(refused, MoveNotAllowed)
    assert dispatched.subject == city.published(CaseDispatched)[-1].subject
    assert_the_new_unit_has_it(city)


def test_a_return_is_accepted_and_the_case_dispatched_anew_while_the_unit_sends_it_back_once_more(
    city: City,
) -> None:
    city.send_back()

    def accept_and_dispatch(first: City) -> Any:
        first.accept_return()
        return City(city.store).dispatch("u02", at("06-15 10:10"))

    dispatched, refused = one_while_another(city.store, accept_and_dispatch, OLD_UNITS_WORDS["send_back"])

    assert not isinstance(dispatched, Refusal)
    assert isinstance(refused, MoveNotAllowed | TaskOutdated)
    assert len(city.published(ReturnAccepted)) == 1
    assert_the_new_unit_has_it(city)


def test_of_two_dispatchers_who_dispatch_anew_the_first_decides(city: City) -> None:
    city.send_back()
    city.accept_return()

    first, second = one_while_another(city.store, dispatch_anew("u02"), dispatch_anew("u01"))

    assert not isinstance(first, Refusal)
    assert isinstance(second, MoveNotAllowed)
    assert_the_new_unit_has_it(city)


def test_a_return_is_refused_while_another_dispatcher_accepts_it_and_the_first_word_counts(
    city: City,
) -> None:
    city.send_back()

    refused, accepted = one_while_another(
        city.store, lambda first: first.refuse_return(), lambda second: second.accept_return()
    )

    assert not isinstance(refused, Refusal)
    assert isinstance(accepted, MoveNotAllowed)
    assert (len(city.published(ReturnRefused)), city.published(ReturnAccepted)) == (1, [])
    assert [one.accepted for one in city.messages(units.ReturnDecided)] == [False]
    assert (city.assignment.responsible_unit, city.assignment.state) == ("u04", S.AWAITING_SIGNATURE)


def test_the_new_unit_sends_it_back_too_while_the_old_one_still_speaks_of_the_first_task(city: City) -> None:
    city.send_back()
    city.accept_return()
    city.dispatch("u02", at("06-15 10:10"))

    sent_back, refused = one_while_another(
        city.store,
        lambda first: first.send_back(at("06-15 10:20"), by=worker_of("u02")),
        OLD_UNITS_WORDS["send_back"],
    )

    assert not isinstance(sent_back, Refusal)
    assert isinstance(refused, TaskOutdated)
    assert [one.responsible_unit for one in city.published(CaseSentBack)] == ["u04", "u02"]
    assert (city.assignment.returns, city.assignment.state) == (2, S.RETURN_UNDER_REVIEW)


def assert_the_new_unit_has_it(city: City) -> None:
    """u02 has the task once, nothing of the old unit's counts, and there is one clock."""
    one = city.assignment
    assert (one.responsible_unit, one.state, one.dispatch_number) == ("u02", S.AWAITING_SIGNATURE, 2)
    assert [fact.responsible_unit for fact in city.published(CaseDispatched)] == ["u04", "u02"]
    assert len(city.published(CaseSentBack)) == one.returns == 1
    assert [task.responsible_unit for task in city.messages(units.Task)] == ["u04", "u02"]
    assert {kind for kind, _ in city.store.wakes()} == {"watch", "task_resend"}
