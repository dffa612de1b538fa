"""The relay: every committed message reaches the broker, in order per key, whatever is killed or refused."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pika
import psycopg2
import pytest
import requests
from message_kit import NOON, AppleFell, Envelope, eventually, opened, scalar

from chassis import relay
from cli.infrastructure.server import free_ports

pytestmark = pytest.mark.infra

HERE = Path(__file__).parent


class Orchard:
    """A database with an outbox, a broker with a queue, and relays between them."""

    def __init__(self, broker, uri: str, url: str) -> None:
        self.broker, self.uri, self.url = broker, uri, url
        self.database = opened(url)
        self.declare("orchard.events", "topic", "all", "#")

    def declare(self, exchange: str, kind: str, queue: str, key: str, **arguments) -> None:
        with closing(pika.BlockingConnection(pika.URLParameters(self.uri))) as connection:
            channel = connection.channel()
            channel.exchange_declare(exchange, kind, durable=True)
            quorum = {"x-queue-type": "quorum", **arguments}
            channel.queue_declare(queue, durable=True, arguments=quorum)
            channel.queue_bind(queue, exchange, key)

    @contextmanager
    def relaying(self, port: int | None = None):
        environment = {
            **os.environ,
            "PYTHONPATH": str(HERE.parent.parent),
            "DATABASE_URL": self.url,
            "AMQP_URI": self.uri,
            "METRICS_PORT": str(port or free_ports(1)[0]),
        }
        command = [sys.executable, "-m", "chassis.run", "relay", "services.orchard.service"]
        process = subprocess.Popen(command, env=environment)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)

    def announce(self, *trees: str) -> None:
        with self.database.transaction() as tx:
            for number, tree in enumerate(trees):
                tx.announce(AppleFell(tree=tree, apple=number), at=NOON)

    def post(self, exchange: str, routing_key: str, id: str) -> None:
        with self.database.transaction() as tx:
            tx.post(
                exchange=exchange,
                routing_key=routing_key,
                message=Envelope(id=id),
                message_id=id,
                subject="tree/1",
                at=NOON,
                ordering_key=routing_key,
            )

    def unpublished(self) -> int:
        return scalar(self.database, "select count(*) from outbox where published_at is null")

    def relays_sleep(self) -> bool:
        """Whether no relay has asked the database for anything for a while."""
        return scalar(
            self.database,
            "select bool_and(state = 'idle' and state_change < clock_timestamp() - interval '150 ms')"
            " from pg_stat_activity where application_name like '%relay' and datname = current_database()",
        )

    def arrived(self, queue: str = "all") -> list[dict]:
        return self.broker.messages(self.uri, queue)

    def taken(self, queue: str = "all") -> list[dict]:
        """The bodies of everything in the queue, taken out."""
        bodies = []
        with closing(pika.BlockingConnection(pika.URLParameters(self.uri))) as connection:
            channel = connection.channel()
            while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
                bodies.append(json.loads(body))
        return bodies


@pytest.fixture
def orchard(broker, vhost, database):
    orchard = Orchard(broker, vhost, database)
    yield orchard
    orchard.database.close()


def test_what_was_announced_arrives_with_all_its_properties(orchard):
    with orchard.database.transaction(traceparent="00-aa-bb-01") as tx:
        tx.announce(AppleFell(tree="7"), at=NOON)

    with orchard.relaying():
        eventually(lambda: orchard.unpublished() == 0)

    (message,) = orchard.arrived()
    properties = message["properties"]
    body = json.loads(message["payload"])
    assert (message["exchange"], message["routing_key"]) == ("orchard.events", "apple_fell")
    assert properties["message_id"] == body["id"]
    assert (properties["type"], properties["app_id"]) == ("apple_fell", "orchard")
    assert properties["timestamp"] == int(NOON.timestamp())
    assert properties["content_type"] == "application/cloudevents+json"
    assert properties["delivery_mode"] == 2
    assert properties["headers"]["traceparent"] == "00-aa-bb-01"


@pytest.mark.timed
def test_a_running_relay_is_woken_by_the_commit(orchard):
    with orchard.relaying():
        orchard.announce("first")
        eventually(lambda: orchard.unpublished() == 0)
        waits = []
        for _ in range(5):
            eventually(orchard.relays_sleep)
            began = time.monotonic()
            orchard.announce("next")
            eventually(lambda: orchard.unpublished() == 0)
            waits.append(time.monotonic() - began)

    assert min(waits) < 0.3


@pytest.fixture
def patient_relay(orchard, monkeypatch):
    """A relay in a thread that gathers for so long that it shows."""
    monkeypatch.setattr(relay, "GATHERS", 2.0)
    monkeypatch.setattr(relay, "IDLE", 4.0)
    patient = relay.Relay("orchard", orchard.url, orchard.uri)
    thread = threading.Thread(target=patient.run)
    thread.start()
    yield patient
    patient.stopping.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.mark.timed
def test_what_comes_after_a_lull_goes_at_once_and_what_comes_then_goes_together(orchard, patient_relay):
    orchard.announce("first")  # the first message of a connection goes alone
    eventually(lambda: orchard.unpublished() == 0)
    eventually(lambda: orchard.relays_sleep() and time.monotonic() > patient_relay._begun_at + relay.GATHERS)

    began = time.monotonic()
    orchard.announce("after a lull")
    eventually(lambda: orchard.unpublished() == 0)
    assert time.monotonic() - began < relay.GATHERS / 2

    for tree in ("a", "b", "c"):
        orchard.announce(tree, tree)
    assert orchard.unpublished() == 6
    eventually(lambda: orchard.unpublished() == 0)
    moments = "select count(distinct published_at) from outbox"
    assert scalar(orchard.database, f"{moments} where subject in ('tree/a', 'tree/b', 'tree/c')") == 1
    assert scalar(orchard.database, moments) == 3
    assert time.monotonic() - began < relay.GATHERS * 2


def test_a_full_batch_does_not_wait_for_more(orchard, patient_relay, monkeypatch):
    orchard.announce("first")
    eventually(lambda: orchard.unpublished() == 0)
    eventually(orchard.relays_sleep)
    monkeypatch.setattr(relay, "GATHERS", 30.0)  # from the first full batch on

    orchard.announce(*[f"{number}" for number in range(3 * relay.BATCH)])
    eventually(lambda: orchard.unpublished() == 0)

    took = (
        "select extract(epoch from max(published_at) - min(published_at)) from outbox where subject <> :first"
    )
    assert scalar(orchard.database, took, first="tree/first") < relay.GATHERS / 2


def test_the_facts_of_a_subject_arrive_in_their_order(orchard):
    for _ in range(3):
        orchard.announce(*[f"{number % 7}" for number in range(100)])

    with orchard.relaying():
        eventually(lambda: orchard.unpublished() == 0)

    seen: dict[str, list[int]] = {}
    for body in orchard.taken():
        seen.setdefault(body["subject"], []).append(body["sequence"])
    assert len(seen) == 7
    assert all(sequences == sorted(sequences) for sequences in seen.values())
    assert sum(map(len, seen.values())) == 300


def test_what_has_no_queue_stays_holds_its_key_and_nothing_else(orchard):
    orchard.declare("baskets", "direct", "basket.b1", "b1")
    for number in range(3):
        orchard.post("baskets", "b2", f"lost{number}")
        orchard.post("baskets", "b1", f"kept{number}")
    orchard.announce("1")

    with orchard.relaying():
        eventually(lambda: orchard.unpublished() == 3)
        eventually(lambda: scalar(orchard.database, "select max(attempts) from outbox") > 1)
        with orchard.database.transaction() as tx:
            rows = tx.execute("select * from outbox where published_at is null")
            held = {row.message_id: row for row in rows}
        assert set(held) == {"lost0", "lost1", "lost2"}
        assert "no queue" in held["lost0"].last_error
        assert held["lost1"].attempts == held["lost2"].attempts == 0

        orchard.declare("baskets", "direct", "basket.b2", "b2")
        eventually(lambda: orchard.unpublished() == 0)

    assert [one["properties"]["message_id"] for one in orchard.arrived("basket.b2")] == [
        "lost0",
        "lost1",
        "lost2",
    ]


def test_a_full_queue_holds_its_key_and_nothing_else(orchard):
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    orchard.declare("baskets", "direct", "basket.full", "full", **full)
    for number in range(10):
        orchard.post("baskets", "full", f"m{number}")
    orchard.announce("1")

    with orchard.relaying():
        eventually(lambda: orchard.broker.count(orchard.uri, "all") == 1)
        eventually(lambda: scalar(orchard.database, "select max(last_error) from outbox"))

    arrived = [one["properties"]["message_id"] for one in orchard.arrived("basket.full")]
    assert arrived == [f"m{number}" for number in range(len(arrived))]
    assert 0 < len(arrived) < 10


def test_killed_between_confirm_and_mark_it_repeats_the_message_with_the_same_id(orchard):
    with orchard.relaying() as first:
        orchard.announce("1")
        eventually(lambda: orchard.unpublished() == 0)
        with closing(psycopg2.connect(orchard.url)) as holder:
            cursor = holder.cursor()
            orchard.announce("2")
            # The row is locked at once or a moment later: until it is, a new one is made.
            while True:
                cursor.execute("select 1 from outbox where published_at is null for update skip locked")
                if cursor.fetchone():
                    break
                holder.rollback()
                orchard.announce("2")
            eventually(lambda: orchard.broker.count(orchard.uri, "all") >= 2)
            eventually(
                lambda: scalar(
                    orchard.database,
                    "select count(*) from pg_stat_activity where application_name like '%relay'"
                    " and wait_event_type = 'Lock' and datname = current_database()",
                )
            )
            first.kill()
            first.wait()
            _end_connections_of_relays(orchard)
    assert orchard.unpublished() == 1

    with orchard.relaying():
        eventually(lambda: orchard.unpublished() == 0)

    ids = [one["properties"]["message_id"] for one in orchard.arrived()]
    announced = scalar(orchard.database, "select count(*) from outbox")
    assert len(set(ids)) == announced
    assert len(ids) == announced + 1


def test_killed_again_and_again_under_load_it_loses_nothing(orchard):
    for round_ in range(4):
        orchard.announce(*[f"{number % 20}" for number in range(150)])
        with orchard.relaying() as process:
            eventually(lambda before=round_ * 150: orchard.broker.count(orchard.uri, "all") > before)
            process.kill()

    with orchard.relaying():
        eventually(lambda: orchard.unpublished() == 0)

    seen: dict[tuple[str, int], str] = {}
    for body in orchard.taken():
        assert seen.setdefault((body["subject"], body["sequence"]), body["id"]) == body["id"]
    assert len(seen) == 600


def test_a_relay_that_stands_by_takes_over(orchard):
    with orchard.relaying() as first:
        orchard.announce("1")
        eventually(lambda: orchard.unpublished() == 0)
        port = free_ports(1)[0]
        with orchard.relaying(port):
            eventually(lambda: _ready(port))
            orchard.announce("2")
            eventually(lambda: orchard.unpublished() == 0)
            assert orchard.broker.count(orchard.uri, "all") == 2
            first.kill()
            first.wait()
            orchard.announce("3")
            eventually(lambda: orchard.unpublished() == 0)

    assert orchard.broker.count(orchard.uri, "all") == 3


def test_cut_connections_are_made_anew(orchard, postgres_url):
    port = free_ports(1)[0]
    with orchard.relaying(port):
        orchard.announce("1")
        eventually(lambda: orchard.unpublished() == 0)
        eventually(lambda: orchard.broker.close_connections(orchard.uri) > 0)
        orchard.announce("2")
        eventually(lambda: orchard.unpublished() == 0)
        _end_connections_of_relays(orchard)
        orchard.announce("3")
        eventually(lambda: orchard.unpublished() == 0)
        eventually(lambda: _ready(port))

    ids = {one["properties"]["message_id"] for one in orchard.arrived()}
    assert len(ids) == 3


def test_it_tells_how_far_behind_it_is(orchard):
    orchard.post("nowhere", "b2", "lost")
    port = free_ports(1)[0]

    with orchard.relaying(port):
        eventually(lambda: 'outbox_unpublished{service="orchard"} 1.0' in _metrics(port))
        eventually(lambda: _sample(port, 'outbox_oldest_unpublished_seconds{service="orchard"}') > 1)


def test_old_rows_are_deleted_and_young_or_unpublished_ones_kept(orchard):
    from chassis.outbox_table import OutboxTable

    orchard.announce("old", "young", "unpublished")
    with orchard.database.transaction(inbox=("basket", "young")) as tx:
        tx.execute("update outbox set published_at = now() where subject <> 'tree/unpublished'")
        tx.execute("update outbox set published_at = now() - interval '31 days' where subject = 'tree/old'")
        tx.execute("insert into inbox values ('basket', 'old', now() - interval '91 days')")
        tx.execute("insert into idempotency values ('p', 'k', 'h', 200, '{}', now() - interval '31 days')")

    with closing(OutboxTable(orchard.url, "orchard")) as table:
        table.clean()

    left = scalar(orchard.database, "select string_agg(ordering_key, ' ' order by position) from outbox")
    assert left == "tree/young tree/unpublished"
    assert scalar(orchard.database, "select string_agg(message_id, ' ') from inbox") == "young"
    assert scalar(orchard.database, "select count(*) from idempotency") == 0


def test_it_imports_neither_nameko_nor_sqlalchemy_nor_eventlet():
    program = "import sys, chassis.relaying; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=HERE.parent.parent
    ).stdout.split()

    assert not {"nameko", "sqlalchemy", "eventlet", "kombu"} & set(loaded)


def _end_connections_of_relays(orchard: Orchard) -> None:
    with orchard.database.transaction() as tx:
        tx.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name like '%relay' and datname = current_database()"
        )


def _metrics(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    except requests.ConnectionError:
        return ""


def _sample(port: int, name: str) -> float:
    lines = [line for line in _metrics(port).splitlines() if line.startswith(name)]
    return float(lines[0].split()[-1]) if lines else 0.0


def _ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=30).status_code == 200
    except requests.ConnectionError:
        return False
