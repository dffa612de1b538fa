"""State, facts and received messages commit together or not at all."""

import contextlib
import threading
import uuid
from pathlib import Path

import psycopg2
import pytest
from message_kit import NOON, AppleFell, Envelope, decode, effects, eventually, opened, scalar

from chassis.faults import DatabaseAway
from chassis.migrating import migrate
from chassis.outbox import new_id
from chassis.statements import Statements
from chassis.transactions import Database, Duplicate

pytestmark = pytest.mark.infra


@pytest.fixture
def orchard(database):
    opened_database = opened(database)
    yield opened_database
    opened_database.close()


def test_an_announced_fact_is_a_row_of_the_same_transaction(orchard):
    with orchard.transaction(traceparent="00-aa-bb-01") as tx:
        announced = tx.announce(AppleFell(tree="7"), at=NOON)

    with orchard.transaction() as tx:
        row = tx.execute("select * from outbox").one()
    assert (announced.subject, announced.sequence) == ("tree/7", 1)
    assert (row.exchange, row.routing_key, row.ordering_key) == ("orchard.events", "apple_fell", "tree/7")
    assert (row.at, row.traceparent, row.published_at) == (NOON, "00-aa-bb-01", None)
    assert row.message_id in bytes(row.body).decode()


def test_what_is_rolled_back_was_never_announced(orchard):
    def announce_and_fail(tx):
        tx.announce(AppleFell(), at=NOON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        orchard.run(announce_and_fail)

    with orchard.transaction() as tx:
        again = tx.announce(AppleFell(), at=NOON)
    assert again.sequence == 1
    assert scalar(orchard, "select count(*) from outbox") == 1


def test_facts_are_counted_per_subject(orchard):
    with orchard.transaction() as tx:
        counted = [tx.announce(AppleFell(tree=tree), at=NOON).sequence for tree in ("a", "b", "a", "a")]

    assert counted == [1, 1, 2, 3]
    assert scalar(orchard, "select count(*) from outbox") == 4


def test_the_first_facts_of_a_subject_are_counted_from_one_without_asking(orchard, monkeypatch):
    asked = []
    send = Statements.execute
    with orchard.transaction() as tx:
        tx.execute("select 1")
        monkeypatch.setattr(Statements, "execute", lambda *told: asked.append(told[1]) or send(*told))
        new = [
            tx.announce(AppleFell(tree="new"), at=NOON, first=True),
            tx.announce(AppleFell(tree="new"), at=NOON),
        ]
        assert [one.sequence for one in new] == [1, 2]
        assert asked == []
        more = tx.announce(AppleFell(tree="new"), at=NOON)
        other = tx.announce(AppleFell(tree="old"), at=NOON)
        assert (more.sequence, other.sequence) == (3, 1)

    with orchard.transaction() as tx:
        assert tx.announce(AppleFell(tree="new"), at=NOON).sequence == 4


def test_what_is_wrongly_called_first_is_refused_and_not_counted_anew(orchard):
    with orchard.transaction() as tx:
        tx.announce(AppleFell(tree="old"), at=NOON)

    with pytest.raises(psycopg2.errors.UniqueViolation), orchard.transaction() as tx:
        tx.announce(AppleFell(tree="old"), at=NOON, first=True)

    with orchard.transaction() as tx:
        assert tx.announce(AppleFell(tree="old"), at=NOON).sequence == 2


def announced(orchard) -> list[tuple[str, int, int]]:
    """Subject, number and apple of every fact in the outbox, in the order in which they will leave."""
    with orchard.transaction() as tx:
        bodies = tx.execute("select body from outbox order by position").scalars().all()
    facts = [decode(bytes(body)) for body in bodies]
    return [(fact.subject, fact.sequence, fact.data["apple"]) for fact in facts]


def announce(tx, *apples: tuple[str, int]) -> list:
    return [tx.announce(AppleFell(tree=tree, apple=apple), at=NOON) for tree, apple in apples]


def test_the_facts_of_a_transaction_have_consecutive_numbers_in_the_order_of_their_announcement(orchard):
    for apple in (0, 10):
        with orchard.transaction() as tx:
            announce(tx, *((tree, apple + more) for more, tree in enumerate("babbc")))

    assert announced(orchard) == [
        ("tree/b", 1, 0), ("tree/a", 1, 1), ("tree/b", 2, 2), ("tree/b", 3, 3), ("tree/c", 1, 4),
        ("tree/b", 4, 10), ("tree/a", 2, 11), ("tree/b", 5, 12), ("tree/b", 6, 13), ("tree/c", 2, 14),
    ]  # fmt: skip


def test_a_number_asked_for_in_the_middle_is_the_one_that_leaves(orchard):
    with orchard.transaction() as tx:
        early = announce(tx, ("a", 1), ("b", 2), ("a", 3))
        asked = [early[2].sequence, early[0].sequence]
        tx.post(
            exchange="baskets", routing_key="b1", message=Envelope(id="between", data={"apple": 4}),
            message_id="between", subject="tree/1", at=NOON, ordering_key="b1",
        )  # fmt: skip
        late = announce(tx, ("a", 5), ("b", 6))
        asked += [late[0].sequence]

    assert asked == [2, 1, 3]
    assert [one.sequence for one in (*early, *late)] == [1, 1, 2, 3, 2]
    assert announced(orchard) == [
        ("tree/a", 1, 1),
        ("tree/b", 1, 2),
        ("tree/a", 2, 3),
        ("tree/1", 0, 4),
        ("tree/a", 3, 5),
        ("tree/b", 2, 6),
    ]


@pytest.mark.parametrize("asks", [True, False], ids=["asking for its number", "not asking"])
@pytest.mark.parametrize("deep", [True, False], ids=["with a part that succeeds", "plain"])
def test_a_part_that_fails_after_announcing_neither_doubles_nor_loses_a_number(orchard, asks, deep):
    def part(tx, fails: bool):
        with tx.attempt():
            made = announce(tx, ("a", 90), ("b", 91), ("new", 92))
            if deep:
                with tx.attempt():
                    made += announce(tx, ("a", 93))
            if asks:
                assert [one.sequence for one in made]
            if fails:
                raise RuntimeError

    with orchard.transaction() as tx:
        announce(tx, ("a", 1), ("b", 2))
        with pytest.raises(RuntimeError):
            part(tx, fails=True)
        announce(tx, ("a", 3), ("new", 4))
        part(tx, fails=False)
        with pytest.raises(RuntimeError):
            part(tx, fails=True)
        announce(tx, ("b", 5))
    with orchard.transaction() as tx:
        announce(tx, ("a", 6), ("b", 7), ("new", 8))

    numbers: dict[str, list[int]] = {}
    for subject, number, _ in announced(orchard):
        numbers.setdefault(subject, []).append(number)
    assert {subject: found == list(range(1, len(found) + 1)) for subject, found in numbers.items()} == {
        "tree/a": True,
        "tree/b": True,
        "tree/new": True,
    }
    apples = [apple for _, _, apple in announced(orchard)]
    assert apples == [1, 2, 3, 4, 90, 91, 92, *([93] if deep else []), 5, 6, 7, 8]


def test_transactions_that_announce_the_same_subjects_in_opposite_order_do_not_wait_in_a_circle(orchard):
    with orchard.transaction() as tx:
        announce(tx, ("a", 0), ("b", 0))
    calls = []

    def call(*trees: str) -> threading.Thread:
        def run(tx):
            calls.append(trees)
            announce(tx, *((tree, 1) for tree in trees))

        thread = threading.Thread(target=orchard.run, args=(run,))
        thread.start()
        return thread

    def waiting() -> int:
        return scalar(
            orchard,
            "select count(*) from pg_stat_activity"
            " where wait_event_type = 'Lock' and datname = current_database()",
        )

    with orchard.transaction() as holder:
        holder.execute("select 1 from subject_sequences where subject = 'tree/a' for update")
        callers = [call("a", "b")]
        eventually(lambda: waiting() == 1)
        callers.append(call("b", "a"))
        eventually(lambda: waiting() == 2)
    for caller in callers:
        caller.join(timeout=20)

    assert calls == [("a", "b"), ("b", "a")]  # nobody had to try again
    assert sorted((subject, number) for subject, number, _ in announced(orchard)) == [
        (f"tree/{tree}", number) for tree in "ab" for number in (1, 2, 3)
    ]


def test_a_message_takes_effect_once(orchard):
    with orchard.transaction(inbox=("basket", "m1")) as tx:
        tx.execute("insert into effects values ('fell')")

    with pytest.raises(Duplicate), orchard.transaction(inbox=("basket", "m1")) as tx:
        tx.execute("insert into effects values ('fell')")
    with orchard.transaction(inbox=("pantry", "m1")) as tx:
        tx.execute("insert into effects values ('kept')")
    assert effects(orchard) == ["fell", "kept"]


def test_a_part_that_fails_leaves_neither_rows_nor_messages(orchard):
    def attempt_and_fail(tx):
        with tx.attempt():
            tx.announce(AppleFell(apple=2), at=NOON)
            raise RuntimeError

    with orchard.transaction() as tx:
        tx.announce(AppleFell(apple=1), at=NOON)
        with pytest.raises(RuntimeError):
            attempt_and_fail(tx)
        last = tx.announce(AppleFell(apple=3), at=NOON)

    assert last.sequence == 2
    assert scalar(orchard, "select count(*) from outbox") == 2


def test_a_message_of_any_kind_goes_through_the_outbox(orchard):
    with orchard.transaction() as tx:
        tx.post(
            exchange="baskets",
            routing_key="b1",
            message=Envelope(id="given"),
            message_id="given",
            subject="tree/1",
            at=NOON,
            ordering_key="b1",
        )

    assert scalar(orchard, "select message_id || ' ' || ordering_key from outbox") == "given b1"


def test_a_deadlock_is_tried_again_as_a_whole(orchard):
    orchard.run(
        lambda tx: tx.execute("create table pair as select n, 0 as count from generate_series(1, 2) n")
    )
    both_hold_one = threading.Barrier(2, timeout=60)
    waited = threading.local()

    def count(tx, first, second):
        tx.execute("update pair set count = count + 1 where n = :n", {"n": first})
        if not getattr(waited, "once", False):
            waited.once = True
            both_hold_one.wait()
        tx.execute("update pair set count = count + 1 where n = :n", {"n": second})

    workers = [
        threading.Thread(target=orchard.run, args=(lambda tx, pair=pair: count(tx, *pair),))
        for pair in ((1, 2), (2, 1))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert scalar(orchard, "select min(count) || ',' || max(count) from pair") == "2,2"


def test_connections_of_a_crowd_are_kept_for_the_next_one(orchard):
    def crowd() -> set[int]:
        with contextlib.ExitStack() as together:
            busy = [together.enter_context(orchard.transaction()) for _ in range(15)]
            return {tx.execute("select pg_backend_pid()").scalar_one() for tx in busy}

    assert crowd() == crowd()


def test_a_database_that_is_away_is_named_so():
    away = Database("postgresql://nobody@127.0.0.1:1/none", codec=None)

    with pytest.raises(DatabaseAway), away.transaction():
        pass
    assert not away.reachable()


def test_a_cut_connection_is_away_and_the_next_call_works(orchard):
    def cut_myself(tx):
        tx.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseAway):
        orchard.run(cut_myself)
    assert scalar(orchard, "select 1") == 1


def test_a_mistake_in_sql_is_not_called_away(orchard):
    with pytest.raises(Exception, match="no_such_table"), orchard.transaction() as tx:
        tx.execute("select * from no_such_table")


def test_ids_are_uuids_of_version_7_and_ordered_by_time():
    ids = [uuid.UUID(new_id()) for _ in range(1000)]

    assert {one.version for one in ids} == {7}
    assert {one.variant for one in ids} == {uuid.RFC_4122}
    assert len(set(ids)) == 1000
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)


def test_a_service_migrates_its_own_tables_beside_those_of_the_chassis(empty_database, tmp_path: Path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_first.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('create table trees (key text primary key)')\n"
    )

    starting = [threading.Thread(target=migrate, args=(empty_database, tmp_path)) for _ in range(2)]
    for one in starting:
        one.start()
    for one in starting:
        one.join()
    migrate(empty_database, tmp_path)

    orchard = Database(empty_database, codec=None)
    assert scalar(orchard, "select count(*) from trees") == 0
    assert scalar(orchard, "select count(*) from outbox") == 0
    orchard.close()


def test_a_migration_that_fails_changes_nothing(empty_database, tmp_path: Path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_first.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('create table trees (key text)')\n    op.execute('nonsense')\n"
    )

    with pytest.raises(Exception, match="nonsense"):
        migrate(empty_database, tmp_path)

    orchard = Database(empty_database, codec=None)
    assert scalar(orchard, "select to_regclass('trees')") is None
    assert scalar(orchard, "select to_regclass('outbox')") is None
    orchard.close()
