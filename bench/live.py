"""Live push (实时推送): from the answer to a report until every browser that follows has heard of it."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.measuring import keep, measuring
from bench.visiting import LeanHouse
from examples.city.doors import Person
from examples.city.photos import Album
from examples.city.plans import Plan
from examples.city.reporters import People
from tests.console.stream_kit import Follower
from tests.stack import Stack

FOLLOWERS = 20
"""Browsers that follow at once, each read by a thread of the benchmark."""


class Browser:
    """Notes when it first heard of each report."""

    def __init__(self, port: int, token: str) -> None:
        self.heard: dict[str, float] = {}
        self._follower = Follower(port, token)
        assert self._follower.next(20).name == "ready"
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        """Leave."""
        self._follower.close()

    def _read(self) -> None:
        while (said := self._follower.heard.get()) is not None:
            now = time.perf_counter()
            for row in said.data.get("rows", ()):
                self.heard.setdefault(row["report_number"], now)


def follow(folder: Path, plans: list[Plan], rate: float, report: Callable[[Plan, str], object]) -> None:
    """Report at a steady rate through the front door, and follow through it as a shift supervisor does."""
    answered: dict[str, float] = {}
    with Stack(folder) as stack:
        people = People(LeanHouse(stack.address), stack.accounts())
        collector = people.collectors[0]
        album = Album(collector, len(plans))
        port = int(stack.address.rpartition(":")[2])
        browsers = [Browser(port, _token(people.supervisors.next())) for _ in range(FOLLOWERS)]
        with measuring(stack) as measured:
            begun = time.perf_counter()
            for number, plan in enumerate(plans):
                time.sleep(max(begun + number / rate - time.perf_counter(), 0))
                told = collector.post("/api/intake/reports", report(plan, album.hand_in(collector, "before")))
                answered[told["report_number"]] = time.perf_counter()
            deadline = time.perf_counter() + 10
            while any(len(one.heard.keys() & answered) < len(answered) for one in browsers):
                assert time.perf_counter() < deadline, "a browser did not hear of every report"
                time.sleep(0.05)
        measured.latencies = [
            max(browser.heard[number] - moment, 0.0)
            for browser in browsers
            for number, moment in answered.items()
        ]
        for browser in browsers:
            browser.close()
        keep(measured.line("live") | {"rate": rate, "followers": FOLLOWERS, "reports": len(answered)})


def _token(person: Person) -> str:
    """A token of the person's, as the login gives it."""
    login = {"login": person.account.login, "password": person.account.password}
    headers = {"Content-Type": "application/json"}
    answer = person.house.call("POST", "/api/console/login", headers=headers, body=json.dumps(login).encode())
    return str(answer.json()["token"])
