"""Statements are prepared once on a connection, and nothing that goes wrong leaves it knowing a wrong one."""

import contextlib
from datetime import UTC, date, datetime

import psycopg2
import pytest
from message_kit import opened

from chassis import statements
from chassis.statements import MOST_PREPARED

pytestmark = pytest.mark.infra

ADD = "insert into apples values (:n)"
ALL = "select n from apples order by n"
HOW_OFTEN = """
select generic_plans + custom_plans as executed from pg_prepared_statements
where statement like '%apples values%' and not statement like '%pg_prepared%'
"""
HOW_MANY = "select count(*) from pg_prepared_statements"


class Failed(Exception):
    """Something that has nothing to do with the database."""


@pytest.fixture
def orchard(database):
    """A database that is spoken to over one connection only."""
    orchard = opened(database, pool_size=1)
    orchard.run(lambda tx: tx.execute("create table apples (n integer primary key)"))
    yield orchard
    orchard.close()


def asked(orchard, statement, **parameters) -> list:
    with orchard.transaction() as tx:
        return tx.execute(statement, parameters).all()


def kept(orchard) -> list[int]:
    return [n for (n,) in asked(orchard, ALL)]


def add(orchard, *numbers: int) -> None:
    with orchard.transaction() as tx:
        for n in numbers:
            tx.write(ADD, {"n": n})


def executed(orchard) -> list[int]:
    """How often each statement that adds apples was executed since it was prepared."""
    return [often for (often,) in asked(orchard, HOW_OFTEN)]


def test_a_statement_is_prepared_once_on_a_connection_and_only_executed_from_then_on(orchard):
    add(orchard, 1, 2)
    with orchard.transaction() as tx:
        tx.execute(ADD, {"n": 3})
        with tx.attempt():
            tx.execute(ADD, {"n": 4})
    add(orchard, 5)

    assert executed(orchard) == [5]
    assert kept(orchard) == [1, 2, 3, 4, 5]


def test_what_reads_without_a_transaction_is_prepared_once_too(orchard):
    for n in range(4):
        with orchard.transaction() as tx:
            assert tx.read("select cast(:n as integer) + 1", {"n": n}).scalar() == n + 1

    with orchard.transaction() as tx:
        assert tx.read(HOW_OFTEN.replace("apples values", "integer) + 1")).scalars().all() == [4]


@pytest.mark.parametrize("method", ["execute", "read"])
def test_what_has_no_parameters_is_prepared_once_too(orchard, method):
    add(orchard, 1)
    percent = "select count(*) from apples where '%s' = '%%'"
    for statement in (ALL, percent) * 3:
        with orchard.transaction() as tx:
            assert getattr(tx, method)(statement).scalars().all() == ([1] if statement == ALL else [0])

    with orchard.transaction() as tx:
        assert tx.read(HOW_OFTEN.replace("apples values", "order by n")).scalars().all() == [3]
        assert tx.read(HOW_OFTEN.replace("apples values", "apples where")).scalars().all() == [3]


@pytest.mark.parametrize("method", ["execute", "read"])
@pytest.mark.parametrize(
    ("statement", "parameters", "answer"),
    [
        ("select cast(:a as text) || :b || :a", {"a": "x", "b": "y"}, ("xyx",)),
        ("select cast(:a as text), 7 % 4, 'a%b' like 'a%%'", {"a": "100%s"}, ("100%s", 3, True)),
        ("select cast(:a as text) is null, coalesce(:b, 5)", {"a": None, "b": None}, (True, 5)),
        ("select 3 = any(:a), cardinality(:a)", {"a": [1, 2, 3]}, (True, 3)),
        ("select cardinality(cast(:a as text[]))", {"a": []}, (0,)),
        ("select cast(:a as text[])", {"a": ["it's", None, 'a"\\b,{}']}, (["it's", None, 'a"\\b,{}'],)),
        ("select cast(:a as jsonb) ->> 'k', cast(:b as boolean)", {"a": '{"k": "%"}', "b": False},
         ("%", False)),
        ("select cast(:at as timestamptz), cast(:on as date), cast(:raw as bytea) = '\\x00ff'",
         {"at": datetime(2026, 5, 4, tzinfo=UTC), "on": date(2026, 5, 4), "raw": b"\x00\xff"},
         (datetime(2026, 5, 4, tzinfo=UTC), date(2026, 5, 4), True)),
        ("select 1 where 'a%' like 'a%'", {"unused": 1}, (1,)),
    ],
)  # fmt: skip
def test_values_of_every_kind_arrive_as_they_were_given(orchard, method, statement, parameters, answer):
    for _ in range(2):  # prepared, then executed
        with orchard.transaction() as tx:
            assert tuple(getattr(tx, method)(statement, parameters).one()) == answer


def test_values_are_given_in_their_order_too(orchard):
    for _ in range(2):
        with orchard.transaction() as tx:
            row = tx.statements.execute("select %s::text, %s::int %% 4, %s::text", ("b%", 7, "a")).one()
        assert tuple(row) == ("b%", 3, "a")


def test_other_values_under_the_same_statement_are_other_values(orchard):
    add(orchard, *range(20))

    found = [
        [n for (n,) in asked(orchard, ALL.replace("order", "where n > :n order"), n=n)] for n in range(18)
    ]

    assert found == [list(range(n + 1, 20)) for n in range(18)]


@pytest.mark.parametrize("known", [True, False], ids=["known", "first used"])
def test_after_a_failure_the_connection_serves_the_next_call_right(orchard, known):
    if known:
        add(orchard, 1)
    other = "insert into effects values (:what)"

    def add_twice(tx):
        tx.write(other, {"what": "lost"})
        tx.write(ADD, {"n": 2})
        tx.write(ADD, {"n": 2})
        tx.write("delete from apples where n = :n", {"n": 1})

    with pytest.raises(psycopg2.IntegrityError):
        orchard.run(add_twice)
    with orchard.transaction() as tx:
        tx.execute(other, {"what": "kept"})
        tx.execute("delete from apples where n = :n", {"n": 1})
    add(orchard, 2, 3)

    assert kept(orchard) == [2, 3]
    assert asked(orchard, "select what from effects") == [("kept",)]
    assert len(executed(orchard)) == 1


def test_values_that_cannot_be_sent_leave_nothing_half_prepared(orchard):
    with orchard.transaction() as tx:
        for refused in (object(), "a\x00b"):
            with pytest.raises((psycopg2.ProgrammingError, ValueError)):
                tx.read(ADD, {"n": refused})
        tx.write(ADD, {"n": 1})
        with pytest.raises(KeyError):
            tx.execute("delete from apples where n = :n", {"m": 1})
        tx.execute(ADD, {"n": 2})

    def add_and_fail(tx):
        tx.execute(ADD, {"n": 3})
        raise Failed

    with pytest.raises(Failed):
        orchard.run(add_and_fail)
    assert kept(orchard) == [1, 2]


@pytest.mark.parametrize("send", ["write", "execute", "read"])
@pytest.mark.parametrize("fail", [True, False], ids=["by the database", "by itself"])
def test_a_part_that_fails_at_a_statements_first_use_does_not_spoil_the_statement(orchard, send, fail):
    def part(tx):
        with tx.attempt():
            getattr(tx, send)(ADD, {"n": 1})
            if fail:
                tx.write(ADD, {"n": 1})
            raise Failed

    with orchard.transaction() as tx:
        tx.write(ADD, {"n": 0})
        tx.execute("truncate apples")
        with contextlib.suppress(psycopg2.IntegrityError, Failed):
            part(tx)
        tx.execute(ADD, {"n": 2})
    add(orchard, 3)

    assert kept(orchard) == [2, 3]


@pytest.mark.parametrize("send", ["write", "execute"])
def test_a_statement_first_used_in_a_part_that_is_taken_back_works_afterwards(orchard, send):
    def part(tx):
        with tx.attempt():
            getattr(tx, send)(ADD, {"n": 1})
            raise Failed

    with orchard.transaction() as tx:
        with contextlib.suppress(Failed):
            part(tx)
        tx.execute(ADD, {"n": 2})
    add(orchard, 3)

    assert kept(orchard) == [2, 3]


def test_failures_that_are_passed_over_pile_up_no_prepared_statements(orchard):
    add(orchard, 1)

    def part(tx, number):
        with tx.attempt():
            tx.execute(
                f"insert into apples values (cast(:n as integer) + {number % 2})", {"n": 1 - number % 2}
            )

    for number in range(12):
        with orchard.transaction() as tx, contextlib.suppress(psycopg2.IntegrityError):
            part(tx, number)

    assert asked(orchard, HOW_MANY)[0][0] <= 3
    assert kept(orchard) == [1]


CHANGES = {
    "wider": "alter table apples alter n type bigint",
    "text": "alter table apples alter n type text",
    "made anew": "drop table apples; create table apples (n bigint primary key, colour text)",
    "a column more": "alter table apples add colour text",
    "a column before": "drop table apples; create table apples (n numeric, m text)",
}


USES = (
    ("select * from apples where n = :n", 1, 1),
    ("insert into apples (n) values (:n)", 7, 4_000_000_000),
    ("delete from apples where n = :n or n > :n", 5, 5),
)
"""Statements, a value for their first use, and one that the changed table takes."""


@pytest.mark.parametrize("passed_over", [True, False], ids=["passed over", "raised"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_table_changed_under_a_prepared_statement_fails_at_most_once(orchard, change, passed_over):
    def use(statement, n):
        with orchard.transaction() as tx:
            tx.execute(statement, {"n": n})

    def use_in_a_part(statement, n):
        def part(tx):
            with tx.attempt():
                tx.execute(statement, {"n": n})

        with orchard.transaction() as tx, contextlib.suppress(psycopg2.Error):
            part(tx)

    for statement, first, _ in USES:
        use(statement, first)
    asked(orchard, "truncate apples")
    asked(orchard, change)

    for statement, first, later in USES:
        n = {CHANGES["text"]: str(later), CHANGES["a column more"]: first}.get(change, later)
        with contextlib.suppress(psycopg2.Error):
            (use_in_a_part if passed_over else use)(statement, n)
        asked(orchard, "truncate apples")
        use(statement, n)


def test_more_statements_than_are_prepared_are_answered_all_the_same(orchard, monkeypatch):
    monkeypatch.setattr(statements, "MOST_PREPARED", 30)
    for _ in range(2):
        for number in range(40):
            with orchard.transaction() as tx:
                assert tx.execute(f"select cast(:n as integer) + {number}", {"n": 1}).scalar() == number + 1
        with orchard.transaction() as tx:
            for number in range(40):
                tx.write(f"insert into apples values (cast(:n as integer) + {number})", {"n": 1})
        assert kept(orchard) == list(range(1, 41))
        asked(orchard, "truncate apples")

    assert asked(orchard, HOW_MANY)[0][0] == 30
    assert 100 <= MOST_PREPARED <= 1000
