"""A request repeated under its key gets the first answer and changes nothing, whatever has become of it."""

import concurrent.futures
import contextlib
import json

import psycopg2
import pytest
from doors_kit import count, problem
from process_kit import eventually, token

pytestmark = pytest.mark.infra

STORED = """
select (select coalesce(json_agg(s order by subject), '[]') from subject_sequences s) as sequences,
       (select coalesce(json_agg(w order by kind, subject), '[]') from wake_ups w) as wakes,
       (select count(*) from outbox) as messages,
       (select coalesce(json_agg(c order by name), '[]') from counters c) as counters,
       (select coalesce(json_agg(h), '[]') from heard h) as heard,
       (select coalesce(json_agg(i order by scope, key), '[]') from idempotency i) as keys
"""


@pytest.fixture
def stored(module_database):
    """Everything that a request could leave behind."""

    def everything() -> str:
        with contextlib.closing(psycopg2.connect(module_database)) as connection:
            cursor = connection.cursor()
            cursor.execute(STORED)
            return json.dumps(cursor.fetchone())

    return everything


def test_a_repeat_gets_the_first_answer_and_changes_nothing(doors, name, value):
    first = count(doors, name, key=f"same-{name}", json={"by": 5})
    again = count(doors, name, key=f"same-{name}", json={"by": 5})

    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert value(name) == 5


def test_a_used_key_with_another_request_is_refused(doors, name, value):
    count(doors, name, key=f"used-{name}", json={"by": 5})

    problem(count(doors, name, key=f"used-{name}", json={"by": 6}), 422, "idempotency-key-reused")
    problem(count(doors, f"other-{name}", key=f"used-{name}", json={"by": 5}), 422, "idempotency-key-reused")
    assert value(name) == 5


def test_another_persons_equal_key_is_another_key(doors, name, value):
    other = {"Authorization": f"Bearer {token(doors.keys, person='p2')}"}

    count(doors, name, key=f"shared-{name}")
    count(doors, name, key=f"shared-{name}", headers=other)

    assert value(name) == 2


def test_a_repeat_leaves_no_message_number_or_wake_up_behind(doors, name, stored):
    count(doors, name, key=f"same-{name}")
    before = stored()

    for _ in range(3):
        assert count(doors, name, key=f"same-{name}").headers["Idempotent-Replay"] == "true"

    assert stored() == before
    assert count(doors, name).json()["sequence"] == 2


def test_a_used_key_with_another_request_stores_nothing(doors, name, stored):
    count(doors, name, key=f"used-{name}", json={"by": 600})
    before = stored()

    for by in (1, 601):  # this would be done, that would be refused
        problem(count(doors, name, key=f"used-{name}", json={"by": by}), 422, "idempotency-key-reused")

    assert stored() == before


def test_a_repeat_that_would_be_refused_by_now_gets_the_first_answer(doors, name, stored):
    first = count(doors, name, key=f"first-{name}", json={"by": 600})
    count(doors, name, json={"by": 400})
    before = stored()
    problem(count(doors, name, json={"by": 600}), 409, "too-many")

    again = count(doors, name, key=f"first-{name}", json={"by": 600})

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replay"] == "true"
    assert stored() == before


def test_a_repeat_gets_the_first_answer_where_a_refusal_keeps_what_was_done(doors, name, stored):
    def once(key):
        return doors.ask("POST", f"/api/counter/once/{name}", headers={"Idempotency-Key": f"{key}-{name}"})

    first = once("first")
    before = stored()

    again = once("first")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replay"] == "true"
    assert stored() == before
    problem(once("second"), 409, "too-many")
    assert stored() != before


def test_concurrent_repeats_take_effect_once(doors, name, value, module_database):
    with (
        contextlib.closing(psycopg2.connect(module_database)) as holder,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        holder.cursor().execute("insert into counters values (%s, 0)", (name,))
        calls = [pool.submit(count, doors, name, key=f"race-{name}", json={"by": 1}) for _ in range(8)]
        eventually(lambda: _waiting_for_locks(module_database) >= 8)
        holder.rollback()
        answers = [call.result() for call in calls]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    assert value(name) == 1


def test_concurrent_repeats_that_meet_at_the_key_only_take_effect_once(doors, name, module_database, stored):
    key = f"meet-{name}"
    hold = """
    insert into idempotency (scope, key, request_hash, status, answer, created_at)
    values ('p1 POST /api/counter/insert', %s, '', 200, '{}', now())
    """
    with (
        contextlib.closing(psycopg2.connect(module_database)) as holder,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        holder.cursor().execute(hold, (key,))
        before = json.loads(stored())[4]
        ask = {"json": {"by": 77}, "headers": {"Idempotency-Key": key}}
        calls = [pool.submit(doors.ask, "POST", "/api/counter/insert", **ask) for _ in range(8)]
        eventually(lambda: _waiting_for_locks(module_database) >= 8)
        holder.rollback()
        answers = [call.result() for call in calls]

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b'{"done":true}')}
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    assert len(json.loads(stored())[4]) == len(before) + 1


def _waiting_for_locks(database_url):
    with contextlib.closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity"
            " where wait_event_type = 'Lock' and datname = current_database()"
        )
        return cursor.fetchone()[0]


def test_a_refused_request_leaves_its_key_free(doors, name, value):
    count(doors, name, json={"by": 1000})
    problem(count(doors, name, key=f"free-{name}"), 409, "too-many")
    doors.ask("DELETE", f"/api/counter/counters/{name}")

    assert count(doors, name, key=f"free-{name}").status_code == 201
    assert value(name) == 1
