"""State, facts and received messages commit together or not at all."""

import threading
import uuid
from pathlib import Path

import pytest
from message_kit import NOON, AppleFell, Envelope, effects, opened, scalar

from chassis.faults import DatabaseAway
from chassis.migrating import migrate
from chassis.outbox import new_id
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
    both_hold_one = threading.Barrier(2, timeout=10)
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
        worker.join(timeout=20)

    assert scalar(orchard, "select min(count) || ',' || max(count) from pair") == "2,2"


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


def test_a_service_migrates_its_own_tables_beside_those_of_the_chassis(database, tmp_path: Path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_first.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('create table trees (key text primary key)')\n"
    )

    starting = [threading.Thread(target=migrate, args=(database, tmp_path)) for _ in range(2)]
    for one in starting:
        one.start()
    for one in starting:
        one.join()
    migrate(database, tmp_path)

    orchard = Database(database, codec=None)
    assert scalar(orchard, "select count(*) from trees") == 0
    assert scalar(orchard, "select count(*) from outbox") == 0
    orchard.close()


def test_a_migration_that_fails_changes_nothing(database, tmp_path: Path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_first.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('create table trees (key text)')\n    op.execute('nonsense')\n"
    )

    with pytest.raises(Exception, match="nonsense"):
        migrate(database, tmp_path)

    orchard = Database(database, codec=None)
    assert scalar(orchard, "select to_regclass('trees')") is None
    assert scalar(orchard, "select to_regclass('outbox')") is None
    orchard.close()
