"""docker-compose.yml is not run here, its commands are: as plain processes, in exactly their environment.

Only where the containers' own network and volume are named is anything put in their place.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests
import yaml
from psycopg2 import sql

from case_contracts.readers import READERS
from cli import topology
from cli.infrastructure.server import free_ports
from cli.process_table import ROOT, load
from tests.infrastructure_fixtures import ROOM, Broker

pytestmark = [pytest.mark.infra, pytest.mark.timeout(240)]

READY_WITHIN = 120.0
PROGRAMS = Path(sys.executable).parent
STATE = "/var/lib/qianliyan"
SERVERS = ("postgres", "rabbitmq", "nginx", "prometheus", "alertmanager", "grafana")


@dataclass
class Container:
    """One service of the compose file as a plain process."""

    name: str
    command: list[str]
    environment: dict[str, str]
    health_check: list[str]
    grace: float
    log: Path
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; nothing of this test's own environment comes along but the way to the programs."""
        with self.log.open("wb") as output:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={"PATH": f"{PROGRAMS}:{os.environ['PATH']}", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self) -> bool:
        """What its health check asks."""
        assert self.popen is not None
        assert self.popen.poll() is None, f"{self.name} ended:\n{self.log.read_text()[-3000:]}"
        address = re.search(r"http://[^']+", self.health_check[-1])
        assert address, self.health_check
        try:
            return requests.get(address[0], timeout=3).status_code == 200
        except requests.RequestException:
            return False

    def healthy_by_its_own_check(self) -> bool:
        """Run the health check itself."""
        assert self.health_check[0] == "CMD"
        environment = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        return subprocess.run(self.health_check[1:], env=environment, check=False).returncode == 0


@dataclass
class Compose:
    """The compose file, with this machine in the place of its network and volume."""

    document: dict[str, Any]
    places: dict[str, str]
    logs: Path
    ports: dict[str, dict[str, str]] = field(default_factory=dict)

    def container(self, name: str) -> Container:
        """A service, translated."""
        service = self.document["services"][name]
        told = {key: self._translated(text) for key, text in service.get("environment", {}).items()}
        own_ports = self.ports.get(name, {})
        return Container(
            name=name,
            command=[self._translated(word) for word in service["command"]],
            environment={key: own_ports.get(text, text) for key, text in told.items()},
            health_check=[
                self._on_own_ports(word, own_ports) for word in service["healthcheck"].get("test", [])
            ],
            grace=float(service.get("stop_grace_period", "10s").rstrip("s")),
            log=self.logs / f"{name}.log",
        )

    def _translated(self, text: str) -> str:
        for theirs, ours in self.places.items():
            text = text.replace(theirs, ours)
        text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)  # what .env need not say
        assert "${" not in text, f"{text}: .env is not told to hold this"
        return text

    @staticmethod
    def _on_own_ports(word: str, ports: dict[str, str]) -> str:
        for theirs, ours in ports.items():
            word = word.replace(f"127.0.0.1:{theirs}/", f"127.0.0.1:{ours}/")
        return word


@pytest.fixture(scope="module")
def compose(postgres_url: str, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """The compose file's databases and virtual host, under their own names, on the tests' servers."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    processes = [
        name
        for name, service in document["services"].items()
        if "HTTP_PORT" in str(service) or "METRICS_PORT" in str(service)
    ]
    free = iter(free_ports(2 * len(processes)))
    ports = {name: {"8000": str(next(free)), "9000": str(next(free))} for name in processes}
    passwords = {name: f"compose-{name}" for name in ("services", "monitoring", "administrator")}
    postgres = urlsplit(postgres_url)
    room = tmp_path_factory.mktemp("compose")
    state = room / "state"
    state.mkdir()
    places = {
        STATE: str(state),
        "0.0.0.0": "127.0.0.1",
        "postgres:5432": f"{postgres.hostname}:{postgres.port}",
        "rabbitmq:5672": f"127.0.0.1:{broker.server.port}",
        **{f"{name}:8000": f"127.0.0.1:{own['8000']}" for name, own in ports.items()},
        "qianliyan:${POSTGRES_PASSWORD}": f"{postgres.username}:{postgres.password}",
        "${RABBITMQ_PASSWORD}": passwords[topology.SERVICE_ACCOUNT],
    }
    with _alone(), _databases(postgres_url), _city(broker, passwords):
        yield Compose(document, places, room, ports)


@contextmanager
def _alone() -> Iterator[None]:
    """The names are the compose file's own, so one session at a time."""
    with (ROOM / "compose.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _databases(server: str) -> Iterator[None]:
    def drop_all() -> None:
        with closing(psycopg2.connect(f"{server}/postgres")) as connection:
            connection.autocommit = True
            for name in load().databases:
                statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                connection.cursor().execute(statement)

    drop_all()
    yield
    drop_all()


@contextmanager
def _city(broker: Broker, passwords: dict[str, str]) -> Iterator[None]:
    broker.create_vhost(topology.VHOST)
    broker.ask(
        "POST",
        "definitions",
        topology.merged(topology.definitions(["u01"], READERS), topology.own_accounts(passwords)),
    )
    yield
    broker.delete_vhost(topology.VHOST)
    for name in passwords:
        broker.ask("DELETE", f"users/{name}")


@pytest.mark.timed
def test_every_command_of_the_compose_file_becomes_ready_and_leaves_when_told(compose: Compose) -> None:
    names = [name for name in compose.document["services"] if name not in SERVERS]
    once = [name for name in names if compose.document["services"][name]["restart"] == "no"]
    staying = [compose.container(name) for name in names if name not in once]
    assert once == ["keys", "migrate"]
    assert [container.name for container in staying] == [process.name for process in load().processes]

    for name in once:
        container = compose.container(name)
        container.start()
        assert container.popen is not None
        assert container.popen.wait(120) == 0, container.log.read_text()

    try:
        for container in staying:
            container.start()
        _wait_until_ready(staying)
        assert [one.name for one in staying if not one.healthy_by_its_own_check()] == []
    finally:
        codes = _told_to_leave(staying)

    assert codes == {container.name: 0 for container in staying}


def _wait_until_ready(containers: list[Container]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    waiting = containers
    while waiting := [container for container in waiting if not container.is_ready()]:
        late = waiting[0]
        assert time.monotonic() < deadline, f"{late.name} is not ready:\n{late.log.read_text()[-3000:]}"
        time.sleep(0.2)


def _told_to_leave(containers: list[Container]) -> dict[str, int | str]:
    """SIGTERM to all, as compose does; each one's exit code, or that it outstayed its grace."""
    started = [(container, container.popen) for container in containers if container.popen is not None]
    for _, popen in started:
        popen.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + min(container.grace for container in containers)
    codes: dict[str, int | str] = {}
    for container, popen in started:
        try:
            codes[container.name] = popen.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            codes[container.name] = "did not leave within its grace"
    return codes
