"""A facts process of the tests: python reading_process.py <database> <amqp> <queue> [batch] [turns]."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from message_kit import CODEC, AppleFell  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from chassis.message_services import message_services  # noqa: E402
from chassis.reading import Permanent, Reader  # noqa: E402
from chassis.transactions import Database  # noqa: E402
from chassis.wakes import Wakes  # noqa: E402

DELAYS = (0.2, 0.4, 0.6)
TRIED: dict[str, int] = {}


def take(tx, tree: str, apple: int, at) -> None:
    """Let the tree's name decide what happens."""
    tx.execute("insert into effects values (:what)", {"what": f"{tree} {apple}"})
    if tree != "eaten":
        tx.announce(AppleFell(tree="eaten", apple=apple), at=at)
    TRIED[tree] = TRIED.get(tree, 0) + 1
    if tree == "slow":
        _wait_until_ripe()
    if tree == "rotten" or (tree == "shy" and TRIED[tree] < 3):
        raise ValueError(f"{tree} apple {apple}")
    if tree == "hopeless":
        raise Permanent("never")
    if tree == "deadly" and not os.path.exists("/dev/shm/" + os.environ["SURVIVES"]):
        with open("/dev/shm/" + os.environ["SURVIVES"], "w"):
            os.kill(os.getpid(), signal.SIGKILL)


def _wait_until_ripe() -> None:
    """Hold the message until the test says so by a file."""
    deadline = time.monotonic() + 120
    while not os.path.exists(os.environ["RIPE"]):
        assert time.monotonic() < deadline, "never ripe"
        time.sleep(0.02)


def main(database_url: str, amqp_uri: str, queue: str, batch: str = "1", turns: str = "") -> None:
    reader = Reader(queue, codec=CODEC, batch=int(batch), delays=DELAYS)
    wakes = Wakes()
    database = Database(database_url, codec=CODEC, service="orchard", readers=[reader])
    if int(batch) > 1 and not turns:

        @reader.on_batch
        def on_batch(tx, envelopes):
            for envelope in envelopes:
                take(tx, envelope.data["tree"], envelope.data["apple"], envelope.time)
    else:

        @reader.on(AppleFell)
        def on_apple_fell(tx, fact, *, at):
            take(tx, fact.tree, fact.apple, at)

    @wakes.on("water")
    def on_water(tx, subject, payload, *, at):
        tx.execute("insert into effects values (:what)", {"what": f"watered {subject}"})

    runner = ServiceRunner({"AMQP_URI": amqp_uri})
    for service in message_services(database, [reader], wakes):
        runner.add_service(service)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
