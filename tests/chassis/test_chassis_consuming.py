"""Over the real broker: what fails is retried and parked; no stop, kill or cut loses or repeats an effect."""

import os
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import pika
import pytest
from message_kit import CONTENT_TYPE, Envelope, effects, encode, eventually, opened, scalar

from chassis.outbox import new_id

pytestmark = pytest.mark.infra

HERE = Path(__file__).parent
QUORUM = {"x-queue-type": "quorum"}
DELAYS = ("0.2", "0.4", "0.6")

ALONE, TOGETHER, IN_TURN = ("1",), ("20",), ("20", "turns")
"""How a process reads: each message in a transaction of its own, batches by one function, batches in turn."""

every_way = pytest.mark.parametrize("how", [ALONE, TOGETHER, IN_TURN], ids=["alone", "together", "in turn"])


class Basket:
    """A queue with its delays and parking, a database, and processes that read."""

    def __init__(self, broker, uri: str, url: str, ripe: Path) -> None:
        self.broker, self.uri, self.url = broker, uri, url
        self.ripe = ripe
        self.database = opened(url)
        with self.channel() as channel:
            channel.queue_declare("basket", durable=True, arguments={**QUORUM, "x-delivery-limit": 20})
            channel.queue_declare("parking", durable=True, arguments=QUORUM)
            for delay in DELAYS:
                back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "basket"}
                safe = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
                ttl = {"x-message-ttl": int(float(delay) * 1000)}
                channel.queue_declare(
                    f"basket.retry.{delay}", durable=True, arguments={**QUORUM, **back, **safe, **ttl}
                )

    @contextmanager
    def channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.uri))
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
        connection.close()

    def put(self, *bodies: bytes, content_type: str = CONTENT_TYPE, **properties) -> None:
        with self.channel() as channel:
            for body in bodies:
                channel.basic_publish(
                    "", "basket", body, pika.BasicProperties(content_type=content_type, **properties)
                )

    @contextmanager
    def reading(self, how: tuple[str, ...] = ALONE, stop: int = signal.SIGTERM):
        environment = {
            **os.environ,
            "PYTHONPATH": f"{HERE.parent.parent}:{HERE}",
            "SURVIVES": f"deadly-{uuid.uuid4().hex}",
            "RIPE": str(self.ripe),
        }
        command = [
            sys.executable,
            "-W",
            "ignore",
            str(HERE / "reading_process.py"),
            self.url,
            self.uri,
            "basket",
        ]
        process = subprocess.Popen([*command, *how], env=environment)
        process.survives = environment["SURVIVES"]
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(stop)
            process.wait(timeout=30)
            Path("/dev/shm", process.survives).unlink(missing_ok=True)

    def count(self, queue: str) -> int:
        return self.broker.count(self.uri, queue)

    def is_read(self) -> bool:
        """Whether the broker would hand its next message to anybody."""
        # A queue's own count still has consumers that were cancelled and hold messages.
        consumers = self.broker.ask("GET", f"consumers/{self.uri.rsplit('/', 1)[-1]}")
        return any(one["queue"]["name"] == "basket" for one in consumers)

    def parked(self) -> list[dict]:
        return self.broker.messages(self.uri, "parking")


@pytest.fixture
def basket(broker, vhost, database, tmp_path):
    basket = Basket(broker, vhost, database, tmp_path / "ripe")
    yield basket
    basket.database.close()


def apple(number: int = 0, tree: str = "good", id: str | None = None) -> bytes:
    return encode(Envelope(id=id or new_id(), data={"tree": tree, "apple": number}))


@every_way
def test_every_message_has_its_effect_once(basket, how):
    bodies = [apple(number) for number in range(100)]
    basket.put(*bodies, *bodies[:30])

    with basket.reading(how):
        eventually(lambda: basket.count("basket") == 0 and len(effects(basket.database)) == 100)

    assert set(effects(basket.database)) == {f"good {number}" for number in range(100)}
    assert scalar(basket.database, "select count(*) from outbox") == 100
    assert basket.count("basket") == basket.count("parking") == 0


@every_way
def test_what_can_never_be_read_is_parked_and_the_rest_goes_on(basket, how):
    basket.put(b"{", b"\xff\x00")
    basket.put(apple(1), content_type="text/plain")
    basket.put(apple(2, tree="hopeless"), apple(3))

    with basket.reading(how):
        eventually(lambda: basket.count("parking") == 4 and effects(basket.database) == ["good 3"])

    assert basket.count("basket") == 0
    for message in basket.parked():
        headers = message["properties"]["headers"]
        assert headers["x-queue"] == "basket"
        assert "Permanent" in headers["x-error"]
        assert headers["x-traceback"]
        assert headers["x-parked-at"]


@every_way
def test_what_fails_is_retried_with_growing_delay_and_then_parked_with_its_error(basket, how):
    basket.put(apple(1, tree="rotten"), message_id="kept", app_id="orchard", type="apple_fell")
    basket.put(apple(2, tree="shy"), apple(3))

    with basket.reading(how):
        eventually(lambda: basket.count("parking") == 1 and len(effects(basket.database)) == 2)

    (parked,) = basket.parked()
    assert parked["properties"]["message_id"] == "kept"
    assert parked["properties"]["app_id"] == "orchard"
    assert parked["properties"]["delivery_mode"] == 2
    assert parked["properties"]["headers"]["x-error"] == "ValueError: rotten apple 1"
    assert parked["properties"]["headers"]["x-attempt"] == len(DELAYS) + 1
    assert "in take" in parked["properties"]["headers"]["x-traceback"]
    assert sorted(effects(basket.database)) == ["good 3", "shy 2"]
    assert scalar(basket.database, "select count(*) from outbox") == 2


@pytest.mark.parametrize("how", [ALONE, ("4",), ("4", "turns")], ids=["alone", "together", "in turn"])
def test_a_clean_stop_finishes_what_is_held_and_leaves_the_rest_untouched(basket, how):
    basket.put(*(apple(number, tree="slow") for number in range(25)))

    with basket.reading(how) as process:
        eventually(lambda: basket.count("basket") < 25)
        eventually(basket.is_read)  # the broker's list of consumers comes a little later than they do
        process.send_signal(signal.SIGTERM)
        eventually(lambda: not basket.is_read())
        assert effects(basket.database) == []
        basket.ripe.touch()
        process.wait(timeout=60)

    done = effects(basket.database)
    assert process.returncode == 0
    assert 1 <= len(done) <= (10 if how == ALONE else 4)
    assert basket.count("basket") == 25 - len(done)
    assert scalar(basket.database, "select count(*) from inbox") == len(done)


@every_way
def test_a_process_killed_in_the_middle_has_done_nothing_and_the_next_one_does_it(basket, how):
    around = [apple(number) for number in (1, 2, 4, 5)]
    basket.put(*around[:2], apple(3, tree="deadly"), *around[2:], around[0])

    with basket.reading(how) as process:
        process.wait(timeout=60)
        assert process.returncode == -signal.SIGKILL
        done = effects(basket.database)
        assert "deadly 3" not in done
        assert scalar(basket.database, "select count(*) from inbox") == len(done)
        with basket.reading(how) as second:
            Path("/dev/shm", second.survives).touch()
            eventually(lambda: len(effects(basket.database)) == 5 and basket.count("basket") == 0)

    assert sorted(effects(basket.database)) == ["deadly 3", "good 1", "good 2", "good 4", "good 5"]
    assert scalar(basket.database, "select count(*) from outbox") == 5
    assert scalar(basket.database, "select count(*) from inbox") == 5


def test_a_batch_in_turn_is_one_transaction_over_the_broker_too(basket):
    basket.put(*(apple(number) for number in range(20)))

    with basket.reading(IN_TURN):
        eventually(lambda: len(effects(basket.database)) == 20)

    assert effects(basket.database) == [f"good {number}" for number in range(20)]
    # What the transactions wrote tells them apart: far fewer than messages.
    assert scalar(basket.database, "select count(distinct xmin::text) from effects") < 10


def test_cut_connections_are_made_anew(basket):
    with basket.reading():
        basket.put(apple(1))
        eventually(lambda: effects(basket.database) == ["good 1"])
        eventually(lambda: basket.broker.close_connections(basket.uri) > 0)

        basket.put(apple(2), apple(3, tree="shy"))

        eventually(lambda: sorted(effects(basket.database)) == ["good 1", "good 2", "shy 3"])
    assert basket.count("basket") == 0


def test_wake_ups_fire_by_themselves(basket):
    with basket.database.transaction() as tx:
        tx.wake("water", "tree/1", basket.database.now())

    with basket.reading():
        eventually(lambda: effects(basket.database) == ["watered tree/1"])


def test_a_fact_waits_in_a_process_while_the_database_is_away(basket, postgres_url):
    import psycopg2

    name = basket.url.rsplit("/", 1)[-1]
    admin = psycopg2.connect(f"{postgres_url}/postgres")
    admin.autocommit = True
    basket.database.close()

    with basket.reading():
        basket.put(apple(1))
        eventually(lambda: basket.count("basket") == 0)
        eventually(lambda: effects(basket.database) == ["good 1"])
        basket.database.close()
        admin.cursor().execute(f'alter database "{name}" with allow_connections false')
        admin.cursor().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        basket.put(apple(2))
        eventually(lambda: basket.count("basket") == 0)
        admin.cursor().execute(f'alter database "{name}" with allow_connections true')
        eventually(lambda: effects(basket.database) == ["good 1", "good 2"])
    admin.close()
    assert basket.count("parking") == 0
    assert [basket.count(f"basket.retry.{delay}") for delay in DELAYS] == [0, 0, 0]
