"""Green threads that wait for PostgreSQL: a moment in place, longer ones beside each other."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.infra

GREEN = """
import sys
import eventlet
eventlet.monkey_patch()
import psycopg2
from chassis import green_database
green_database.wait_like_this()

def asked(statement):
    connection = psycopg2.connect(sys.argv[1])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(statement)
    return cursor.fetchone()[0]
"""

LONG_ONES = """
# One waits for a lock that another green thread of this process holds: it has to let that one work.
holder = psycopg2.connect(sys.argv[1])
holder.cursor().execute("select pg_advisory_lock(1)")
waiting = eventlet.spawn(asked, "select pg_advisory_lock(1)")
while asked("select count(*) from pg_locks where locktype = 'advisory' and not granted") != 1:
    pass
holder.close()
waiting.wait()
print("let go")
"""

SHORT_ONES = """
green_database.A_MOMENT = 60_000
turns = 0
def others():
    global turns
    while True:
        turns += 1
        eventlet.sleep(0)
eventlet.spawn(others)
eventlet.sleep(0)
connection = psycopg2.connect(sys.argv[1])
cursor = connection.cursor()
before = turns
cursor.execute("select 1")
print("turns of others:", turns - before)
"""

A_LOST_ONE = """
green_database.A_MOMENT = 60_000
try:
    asked("select pg_terminate_backend(pg_backend_pid())")
except psycopg2.OperationalError as lost:
    print("told", type(lost).__name__)
"""


def said_by(script: str, database: str) -> str:
    """What a process of green threads says, in which the script runs."""
    command = [sys.executable, "-W", "ignore", "-c", GREEN + script, database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_statement_that_takes_long_lets_the_other_green_threads_work(database: str):
    assert said_by(LONG_ONES, database) == "let go"


def test_a_statement_that_is_answered_soon_is_waited_for_in_place(database: str):
    assert said_by(SHORT_ONES, database) == "turns of others: 0"


def test_a_connection_that_ends_is_told_and_not_waited_for(database: str):
    assert said_by(A_LOST_ONE, database) == "told OperationalError"
