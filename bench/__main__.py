"""``make bench``: create, photo, lifecycle, latency, live and search, each on a fresh system here."""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import handbook
from bench.live import follow
from bench.measuring import Measured, keep, measuring
from bench.search import bench_search
from bench.visiting import LeanHouse
from case_contracts.codes import Source
from examples.city.doors import Person
from examples.city.life import City
from examples.city.log import Log
from examples.city.photos import Album, photo
from examples.city.plans import Plan, Planner, plan_index
from examples.city.reporters import People
from examples.city.steps import Pace
from examples.city.units import Units
from tests.stack import Stack
from unit_sdk import Task, UnitClient

CLIENTS = 8
MOST_CREATES = 250
"""Pictures that are ready for each second of creating reports."""


def report_of(plan: Plan, sha256: str) -> dict[str, object]:
    """A collector's report that names an uploaded photo by its hash."""
    return {
        "description": plan.description,
        "address": plan.address,
        "position": {"lon": plan.lon, "lat": plan.lat, "datum": "wgs84"},
        "photos": [sha256],
        "subcategory": plan.subcategory,
    }


def collectors_plans(count: int, seed: int = 1) -> list[Plan]:
    """Plain reports of collectors, with the kinds as they occur."""
    planner = Planner(handbook.load(), seed)
    return [planner.plan(index, source=Source.COLLECTOR) for index in range(count)]


def in_parallel(seconds: float, clients: int, measured: Measured, operation: Callable[[int], None]) -> None:
    """Call ``operation(number)`` from several threads for so long, noting how long each call took."""
    ending = time.perf_counter() + seconds
    numbers = iter(range(10**9))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while time.perf_counter() < ending and not failures:
                with lock:
                    number = next(numbers)
                begun = time.perf_counter()
                operation(number)
                took = time.perf_counter() - begun
                with lock:
                    measured.latencies.append(took)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def bench_create(folder: Path, seconds: float) -> None:
    """Reports per second over HTTP, durable, with all consumers running."""
    with Stack(folder) as stack:
        people = People(LeanHouse(stack.address), stack.accounts())
        plans = collectors_plans(500)
        for person in people.collectors[:CLIENTS]:
            person.get("/api/console/me")
        album = Album(people.collectors[0], int(seconds * MOST_CREATES))

        def create(number: int) -> None:
            by = people.collectors[number % CLIENTS]
            by.post("/api/intake/reports", report_of(plans[number % 500], album.hand_in(by, "before")))

        with measuring(stack) as measured:
            in_parallel(seconds, CLIENTS, measured, create)
        keep(measured.line("create"))


def bench_photo(folder: Path, seconds: float) -> None:
    """Uploads of distinct 1600x1200 photos per second."""
    with Stack(folder) as stack:
        collector = People(LeanHouse(stack.address), stack.accounts()).collectors[0]
        collector.get("/api/console/me")
        pictures = [photo(f"bench {number}", width=1600, height=1200)[0] for number in range(20)]

        def put(number: int) -> None:
            marked = with_comment(pictures[number % len(pictures)], str(number))
            collector.put_photo(*marked)

        with measuring(stack) as measured:
            in_parallel(seconds, 4, measured, put)
        keep(measured.line("photo") | {"mean_kb": round(sum(map(len, pictures)) / len(pictures) / 1024)})


def with_comment(jpeg: bytes, words: str) -> tuple[bytes, str]:
    """The same picture with a comment segment, hence another hash."""
    import hashlib

    comment = words.encode()
    marked = jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]
    return marked, hashlib.sha256(marked).hexdigest()


def bench_lifecycle(folder: Path, seconds: float) -> None:
    """Full lives per second: reported, filed, dispatched, signed, fed back, verified, closed, answered.

    Each step names a picture by its hash, as ``create`` does; only the unit uploads one with its token. The
    time counts from the first report to the last answer, when all units are connected already. Photos are
    examined with what is left of the processor: ``photos_examined_after`` is when the last of them was.
    """
    plans = collectors_plans(max(int(seconds * 20), 100))
    with Stack(folder) as stack:
        log = Log(plans)
        pace = Pace(log)
        people = People(LeanHouse(stack.address), stack.accounts())
        for person in people.collectors:
            person.get("/api/console/me")
        camera = Album(people.collectors[0], 4 * len(plans))
        units = Units(stack.amqp_port, stack.unit_password, stack.address, log, pace, camera)
        city = City(people, units, log, pace, reporters=2, hands=10, idle=0.2, camera=camera)
        units.start()
        with measuring(stack) as measured, city:
            ended = city.wait_until(lambda: log.all_ended, 60 + seconds * 10)
            measured.end()
            if not ended:
                raise TimeoutError("not every life ended")
        left = unexamined(stack)
        while unexamined(stack):
            time.sleep(0.2)
        photos = {"photos_left": left, "photos_examined_after": round(measured.so_far, 2)}
        measured.latencies = [story.ended_after for story in log.stories.values()]
        keep(measured.line("lifecycle") | photos)


def unexamined(stack: Stack) -> int:
    """How many photos have still to be examined."""
    with closing(stack.database("intake")) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from photo_uses where examined_at is null")
        ((count,),) = cursor.fetchall()
        return int(count)


def bench_latency(folder: Path, seconds: float, rate: float = 20.0) -> None:
    """From the sending of a report to its task's arrival at the unit, at a steady rate, all by itself."""
    automatic = {"AUTOMATIC_FILING": "1", "AUTOMATIC_DISPATCH": "1"}
    plans = [replace(plan, index=index) for index, plan in enumerate(collectors_plans(int(seconds * rate)))]
    sent: dict[int, float] = {}
    arrived: dict[int, float] = {}
    with Stack(folder, environment=automatic) as stack:
        people = People(LeanHouse(stack.address), stack.accounts())
        for person in people.collectors[:CLIENTS]:
            person.get("/api/console/me")
        album = Album(people.collectors[0], len(plans))

        def on_task(task: Task) -> None:
            index = plan_index(task.description)
            if index is not None:
                arrived.setdefault(index, time.perf_counter())

        clients = [UnitClient(stack.unit_amqp_url(code), code) for code in sorted(handbook.load().units)]
        for client in clients:
            client.on(Task)(on_task)
            client.start()
        for client in clients:
            client.wait_until_connected(60)
        with measuring(stack) as measured:
            _at_rate(plans, rate, people.collectors[:CLIENTS], album, sent)
            deadline = time.perf_counter() + 30
            while len(arrived) < len(plans) and time.perf_counter() < deadline:
                time.sleep(0.05)
        for client in clients:
            client.stop()
        measured.latencies = [arrived[index] - moment for index, moment in sent.items() if index in arrived]
        keep(measured.line("latency") | {"rate": rate, "sent": len(sent), "arrived": len(arrived)})


def bench_live(folder: Path, seconds: float, rate: float = 5.0) -> None:
    """From the answer to a report until a browser that follows has heard of it, at a steady rate."""
    follow(folder, collectors_plans(int(seconds * rate)), rate, report_of)


def _at_rate(
    plans: list[Plan], rate: float, collectors: list[Person], album: Album, sent: dict[int, float]
) -> None:
    begun = time.perf_counter()

    def send(lane: int) -> None:
        for plan in plans[lane::CLIENTS]:
            time.sleep(max(begun + plan.index / rate - time.perf_counter(), 0))
            sent[plan.index] = time.perf_counter()
            by = collectors[lane]
            by.post("/api/intake/reports", report_of(plan, album.hand_in(by, "before")))

    threads = [threading.Thread(target=send, args=(lane,)) for lane in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


BENCHES: dict[str, Callable[[Path, float], None]] = {
    "create": bench_create,
    "photo": bench_photo,
    "lifecycle": bench_lifecycle,
    "latency": bench_latency,
    "live": bench_live,
    "search": bench_search,
}


def main() -> int:
    """Run one benchmark or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHES))
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    for name in options.names or list(BENCHES):
        with tempfile.TemporaryDirectory(prefix=f"qianliyan-bench-{name}-") as folder:
            BENCHES[name](Path(folder) / "state", options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
