"""The counter service as real processes: doors, facts and relay on the real broker and database."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing

import pika
import psycopg2
import pytest
from process_kit import HERE, ROOT, eventually, migrate, process

from cli.infrastructure.postgres import Postgres
from cli.infrastructure.server import free_ports

pytestmark = pytest.mark.infra


def rows(database_url, query):
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def declare(amqp_uri):
    with closing(pika.BlockingConnection(pika.URLParameters(amqp_uri))) as connection:
        channel = connection.channel()
        channel.exchange_declare("counter.events", "topic", durable=True)
        channel.queue_declare("counter.facts", durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind("counter.facts", "counter.events", "#")


@pytest.fixture
def room(tmp_path):
    return tmp_path


def test_a_door_is_heard_by_the_reader_through_relay_and_broker_and_the_wake_up_rings(database, vhost, room):
    declare(vhost)
    migrate(room, database)
    with ExitStack() as stack:
        doors, facts, relay = (
            stack.enter_context(process(role, room, database_url=database, amqp_uri=vhost))
            for role in ("doors", "facts", "relay")
        )
        each = [one.popen.pid for one in (doors, facts, relay)]
        assert {os.sched_getscheduler(pid) for pid in each} == {os.SCHED_BATCH}, "none interrupts another"

        answer = doors.ask(
            "POST",
            "/api/counter/counters/a/count",
            json={"by": 7},
            headers={
                "Idempotency-Key": "1",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
        )

        assert answer.status_code == 201
        eventually(lambda: rows(database, "select name, value from heard") == [("a", 7)])
        eventually(lambda: rows(database, "select name from rung") == [("a",)])
        assert "0af7651916cd43dd8448eb211c80319c" in rows(database, "select traceparent from outbox")[0][0]
        assert facts.watch("/health/ready").json() == {"ready": True, "database": "ok", "broker": "ok"}
        metrics = facts.watch("/metrics").text
        assert 'counter_total{kind="all",service="counter"} 1.0' in metrics
        assert 'outcome="ok",queue="counter.facts",service="counter",type="counted"} 1.0' in metrics
        assert 'wake_ups_fired_total{kind="ring",service="counter"} 1.0' in metrics
        assert 'outbox_published_total{outcome="ok",service="counter"} 1.0' in relay.watch("/metrics").text
        assert [one.stop() for one in (doors, facts, relay)] == [0, 0, 0]
        assert not any(line["level"] in ("error", "critical") for line in doors.lines() + facts.lines())


def test_migrating_twice_changes_nothing(empty_database, room):
    migrate(room, empty_database)
    migrate(room, empty_database)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["doors", "counter.service"], {}, "DATABASE_URL, HTTP_PORT, METRICS_PORT, KEYS_DIR"),
        (["facts", "counter.service"], {"DATABASE_URL": "x"}, "AMQP_URI, METRICS_PORT"),
        (["relay", "counter.service"], {}, "DATABASE_URL, AMQP_URI, METRICS_PORT"),
        (["migrate", "counter.service"], {}, "DATABASE_URL"),
        (["dance", "counter.service"], {}, "usage:"),
        (
            ["doors", "counter.service"],
            {"DATABASE_URL": "x", "HTTP_PORT": "many", "METRICS_PORT": "1", "KEYS_DIR": "/"},
            "HTTP_PORT",
        ),
        (
            ["doors", "counter.service"],
            {
                "DATABASE_URL": "postgresql:///x",
                "HTTP_PORT": "20999",
                "METRICS_PORT": "20998",
                "KEYS_DIR": "/none",
            },
            "KEYS_DIR",
        ),
    ],
)
def test_what_is_missing_is_named_at_the_start(arguments, environment, said):
    done = subprocess.run(
        [sys.executable, "-m", "chassis.run", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{HERE}", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_relay_imports_neither_nameko_nor_sqlalchemy_nor_the_service():
    script = (
        "import sys, chassis.run, chassis.relaying;"
        "print([name for name in ('nameko', 'sqlalchemy', 'eventlet', 'marshmallow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_request_is_finished_before_the_process_leaves(database, room, number):
    migrate(room, database)
    with (
        process("doors", room, database_url=database) as doors,
        concurrent.futures.ThreadPoolExecutor() as pool,
    ):
        running = pool.submit(doors.ask, "GET", "/api/counter/slow/1.5")
        eventually(
            lambda: rows(database, "select 1 from pg_stat_activity where query like '%pg_sleep(1.5)%'")
        )

        began = time.monotonic()
        left = doors.stop(number)

        assert left == 0
        assert running.result().json() == {"slept": 1.5}
        assert time.monotonic() - began < 5


def test_no_more_doors_are_called_at_the_same_time_than_it_may(database, room):
    migrate(room, database)
    with (
        process("doors", room, database_url=database, MAX_WORKERS="3") as doors,
        concurrent.futures.ThreadPoolExecutor(12) as pool,
    ):
        list(pool.map(lambda _: doors.ask("GET", "/api/counter/together"), range(12)))

        assert doors.ask("GET", "/api/counter/together").json() == {"inside": 0, "most": 3}


@pytest.mark.timed
def test_an_idle_process_leaves_at_once(database, room):
    migrate(room, database)
    with process("doors", room, database_url=database) as doors:
        doors.ask("GET", "/api/counter/thread")
        began = time.monotonic()

        assert doors.stop() == 0
        assert time.monotonic() - began < 2


@pytest.mark.timed
def test_an_idle_process_that_reads_leaves_at_once(database, vhost, room):
    declare(vhost)
    migrate(room, database)
    took = []
    for _ in range(3):
        with process("facts", room, database_url=database, amqp_uri=vhost) as facts:
            began = time.monotonic()
            assert facts.stop() == 0
            took.append(time.monotonic() - began)

    assert min(took) < 1, took


def test_while_the_database_is_away_doors_say_503_and_come_back_by_themselves(room):
    server = Postgres(room / "pg", free_ports(1)[0])
    server.start()
    try:
        server.create_databases(["counter"])
        url = server.url("counter")
        migrate(room, url)
        with process("doors", room, database_url=url) as doors:
            assert doors.ask("GET", "/api/counter/counters").status_code == 200

            server.stop()

            for _ in range(3):
                away = doors.ask("GET", "/api/counter/counters")
                assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
                assert away.json()["type"] == "urn:qianliyan:problem:database-away"
            eventually(lambda: doors.watch("/health/ready").json() == {"ready": False, "database": "away"})
            assert doors.watch("/health/ready").status_code == 503
            assert doors.watch("/health/live").status_code == 200

            server.start()

            eventually(lambda: doors.ask("GET", "/api/counter/counters").status_code == 200)
            eventually(lambda: doors.watch("/health/ready").status_code == 200)
            assert not any(line["level"] == "error" for line in doors.lines())
    finally:
        server.stop()


def test_in_a_replay_requests_bring_their_moment_and_time_passes_when_told(database, room):
    migrate(room, database)
    with process("doors", room, database_url=database, REPLAY="1") as doors:
        path, body = "/api/counter/counters/a/count", {"json": {"by": 1}}
        key = {"Idempotency-Key": "1"}

        assert doors.ask("POST", path, **body, headers=key).status_code == 422
        assert (
            doors.ask("POST", path, **body, headers={**key, "X-Replay-At": "2026-05-01"}).status_code == 422
        )
        moment = {**key, "X-Replay-At": "2026-05-01T08:00:00+08:00"}
        answer = doors.ask("POST", path, **body, headers=moment)
        early = doors.ask("POST", "/api/counter/replay/wake", json={"to": "2026-05-01T00:00:00Z"})
        due = doors.ask("POST", "/api/counter/replay/wake", json={"to": "2026-05-01T00:00:01Z"})

        assert answer.json()["at"] == "2026-05-01T00:00:00+00:00"
        assert (early.json(), due.json()) == ({"fired": 0}, {"fired": 1})
        assert [str(at) for (at,) in rows(database, "select at from rung")] == [
            "2026-05-01 00:00:00.500000+00:00"
        ]


def test_the_openapi_document_is_valid_and_says_what_is_refused(database, room):
    from openapi_spec_validator import validate

    migrate(room, database)
    with process("doors", room, database_url=database) as doors:
        document = doors.ask("GET", "/api/counter/openapi.json", headers={"Authorization": None}).json()

    validate(document)
    count = document["paths"]["/api/counter/counters/{name}/count"]["post"]
    step = document["components"]["schemas"]["Step"]
    assert document["openapi"] == "3.1.0"
    assert step["additionalProperties"] is False
    assert step["required"] == ["by"]
    assert count["security"] == [{"bearer": []}]
    assert (count["summary"], count["description"]) == ("计数", "Count on")
    assert {"Idempotency-Key": True}.items() <= {
        parameter["name"]: parameter["required"] for parameter in count["parameters"]
    }.items()
    assert {"201", "401", "403", "409", "413", "415", "422", "428", "503"} <= set(count["responses"])
    assert "application/problem+json" in count["responses"]["422"]["content"]
