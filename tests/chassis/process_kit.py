"""Real processes of the counter service for tests: started, asked, stopped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from chassis import tokens
from cli.infrastructure.server import free_ports

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass
class Process:
    """One running process of the counter service."""

    role: str
    http_port: int
    metrics_port: int
    popen: subprocess.Popen
    log: Path
    keys: Path
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **named: Any) -> requests.Response:
        """Ask a door, signed in unless headers say otherwise."""
        headers = {**self.headers, **named.pop("headers", {})}
        kept = {key: value for key, value in headers.items() if value is not None}
        return requests.request(
            method, f"http://127.0.0.1:{self.http_port}{path}", headers=kept, timeout=30, **named
        )

    def watch(self, path: str) -> requests.Response:
        """Ask the health server."""
        return requests.get(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=10)

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self, number: int = signal.SIGTERM, within: float = 25) -> int:
        """Ask it to leave; the exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(within)


def token(keys: Path, *, person: str = "p1", roles: tuple[str, ...] = ("count", "look"), **named: Any) -> str:
    """A token for a person with roles."""
    at = named.pop("at", datetime.now(UTC))
    lifetime = named.pop("lifetime", timedelta(minutes=5))
    return tokens.sign(
        {"sub": person, "roles": list(roles), **named}, tokens.private_key(keys), at=at, lifetime=lifetime
    )


@contextlib.contextmanager
def process(
    role: str, room: Path, *, database_url: str, amqp_uri: str = "", ready: bool = True, **more: str
) -> Iterator[Process]:
    """A process of the counter service, ready, and gone afterwards."""
    http_port, metrics_port = free_ports(2)
    keys = room / "keys"
    tokens.make_keys(keys)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
        "DATABASE_URL": database_url,
        "AMQP_URI": amqp_uri,
        "HTTP_PORT": str(http_port),
        "METRICS_PORT": str(metrics_port),
        "KEYS_DIR": str(keys),
        **more,
    }
    log = room / f"{role}-{http_port}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "chassis.run", role, "counter.service"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    started = Process(role, http_port, metrics_port, popen, log, keys)
    started.headers = {"Authorization": f"Bearer {token(keys)}"}
    try:
        if ready:
            eventually(lambda: _is_ready(started), within=60)
        yield started
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.wait()


def migrate(room: Path, database_url: str) -> None:
    """Bring a database to the counter's shape, by its own process."""
    with process("migrate", room, database_url=database_url, ready=False) as running:
        assert running.popen.wait(60) == 0, running.log.read_text()


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.03)
    return value


def _is_ready(started: Process) -> bool:
    assert started.popen.poll() is None, started.log.read_text()
    with contextlib.suppress(requests.RequestException):
        return started.watch("/health/ready").status_code == 200
    return False
