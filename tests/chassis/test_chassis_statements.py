"""Statements travel together, and are as good as if each had gone alone."""

import contextlib

import psycopg2
import pytest
from message_kit import opened

from chassis.faults import DatabaseAway
from chassis.statements import NotCommitted, with_names

pytestmark = pytest.mark.infra

ADD = "insert into apples values (:n)"
ALL = "select n from apples order by n"


@pytest.fixture
def orchard(database):
    orchard = opened(database)
    orchard.run(lambda tx: tx.execute("create table apples (n integer primary key)"))
    yield orchard
    orchard.close()


def kept(orchard) -> list[int]:
    with orchard.transaction() as tx:
        return tx.read(ALL).scalars().all()


def test_a_change_that_waits_is_made_before_whatever_is_asked_next(orchard):
    with orchard.transaction() as tx:
        tx.write(ADD, {"n": 1})
        assert tx.read(ALL).scalars().all() == [1]
        tx.write(ADD, {"n": 2})
        assert tx.execute(ADD, {"n": 3}).rowcount == 1
        tx.write(ADD, {"n": 4})
    assert kept(orchard) == [1, 2, 3, 4]


def test_a_change_that_waits_and_fails_undoes_the_whole_transaction(orchard):
    def add(tx):
        tx.execute(ADD, {"n": 1})
        tx.write(ADD, {"n": 2})
        tx.write(ADD, {"n": 2})

    with pytest.raises(psycopg2.IntegrityError):
        orchard.run(add)
    assert kept(orchard) == []


def test_a_change_that_waits_is_forgotten_with_its_transaction(orchard):
    def add_and_fail(tx):
        tx.write(ADD, {"n": 1})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        orchard.run(add_and_fail)
    assert kept(orchard) == []


def test_a_part_that_fails_takes_with_it_only_what_was_written_in_it(orchard):
    def add_twice(tx):
        with tx.attempt():
            tx.write(ADD, {"n": 2})
            tx.write(ADD, {"n": 2})

    with orchard.transaction() as tx:
        tx.write(ADD, {"n": 1})
        with pytest.raises(psycopg2.IntegrityError):
            add_twice(tx)
        tx.write(ADD, {"n": 3})
    assert kept(orchard) == [1, 3]


def test_an_error_that_was_passed_over_is_not_called_committed(orchard):
    def pass_over(tx):
        tx.execute(ADD, {"n": 1})
        with contextlib.suppress(psycopg2.IntegrityError):
            tx.execute(ADD, {"n": 1})

    with pytest.raises(NotCommitted):
        orchard.run(pass_over)
    assert kept(orchard) == []


def test_reading_alone_begins_no_transaction_and_leaves_none(orchard):
    state = "select count(*) from pg_stat_activity where pid = pg_backend_pid() and xact_start < query_start"
    with orchard.transaction() as tx:
        tx.read("select 1")
        assert tx.read(state).scalar() == 0


def test_a_statement_is_planned_once_whatever_values_it_is_given(orchard):
    with orchard.transaction() as tx:
        for n in range(8):
            tx.read("select n from apples where n > :n order by n limit :most", {"n": n, "most": n + 1})
        plans = tx.read(
            r"select generic_plans, custom_plans from pg_prepared_statements"
            r" where statement ~ '^prepare \w+ as select n'"
        ).one()

    assert tuple(plans) == (8, 0)


def test_the_connection_that_came_back_last_goes_first(orchard):
    with contextlib.ExitStack() as open_at_once:
        for _ in range(3):
            open_at_once.enter_context(orchard.transaction()).execute("select 1")

    def backend():
        with orchard.transaction() as tx:
            return tx.read("select pg_backend_pid()").scalar_one()

    assert len({backend() for _ in range(6)}) == 1


def test_the_connection_cut_at_the_commit_is_named_away(orchard):
    def add_and_cut(tx):
        tx.write(ADD, {"n": 1})
        tx.write("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseAway):
        orchard.run(add_and_cut)
    assert kept(orchard) == []


def test_names_become_parameters_and_casts_and_percents_stay():
    assert with_names("select cast(:a as text), b::int % 2, ':' where c=:c") == (
        "select cast(%(a)s as text), b::int %% 2, ':' where c=%(c)s"
    )
