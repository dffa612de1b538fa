"""A work process that has lost its lock does no further piece of work before it holds it again."""

import threading
from contextlib import closing
from types import SimpleNamespace

import psycopg2
import pytest

from chassis import working
from chassis.working import Work, Worker

pytestmark = pytest.mark.infra

_END_HOLDERS = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
"""


def test_a_process_whose_lock_is_lost_begins_anew_before_its_next_turn(database, monkeypatch):
    monkeypatch.setattr(working, "AWAY", 0.05)
    done = []

    def begin(running):
        done.append("begin")
        return turn

    def turn():
        done.append("turn")
        if done.count("turn") == 1:
            with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
                cursor.execute(_END_HOLDERS)
        else:
            worker.stopping.set()
        return True  # more waits: it is never idle

    declared = Work(name="test", app=SimpleNamespace(name="test"), begin=begin)
    worker = Worker(declared, SimpleNamespace(settings=SimpleNamespace(database_url=database)))
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    thread.join(60)

    assert not thread.is_alive()
    assert done == ["begin", "turn", "begin", "turn"]
