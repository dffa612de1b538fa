"""A private PostgreSQL and RabbitMQ, shared by the pytest sessions of this checkout that run at once.

`postgres_url`   the server; `database` a fresh empty database of it; `migrated_copy` one with its tables
`amqp_uri`       a vhost that all tests share; `vhost` a fresh one; `city_vhost` one with the whole topology
`broker`         what a test wants to look at: queue contents, counts, permissions, definitions

The first session starts a server, the last one stops it. A session that was killed is noticed by its id.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import pytest
import requests

from chassis.migrating import migrate
from cli.infrastructure.postgres import SETTINGS, Postgres
from cli.infrastructure.rabbitmq import RabbitMQ
from cli.infrastructure.server import free_ports
from tests.rooms import in_memory, throw_away

ROOM = Path(__file__).parents[1] / ".local" / "test"
TESTER = "tester"
# A test database is thrown away with its test: no need to wait for the disk.
HASTY_SETTINGS = {**SETTINGS, "fsync": "off", "full_page_writes": "off", "max_connections": "300"}

_serial = itertools.count(1)


class SharedServer:
    """A server that pytest sessions start together and that the last of them stops."""

    def __init__(
        self,
        name: str,
        port_count: int,
        build: Callable[[Path, list[int]], Any],
        stop: Callable[[Any], None] = lambda server: server.stop(),
    ) -> None:
        self.folder = ROOM / name
        self.port_count = port_count
        self.build = build
        self.stop = stop

    @contextmanager
    def lent(self, start: Callable[[Any], None]) -> Iterator[Any]:
        """The running server, for as long as this session needs it."""
        with self._locked():
            others = self._borrowers()
            server = self._server(anew=not others)
            if not others:
                self.stop(server)
                throw_away(self.folder)
                in_memory(self.folder)
                server = self._server(anew=True)
            start(server)
            self._register(others)
        try:
            yield server
        finally:
            with self._locked():
                others = [entry for entry in self._borrowers() if entry[0] != os.getpid()]
                self._write(others)
                if not others:
                    self.stop(server)
                    throw_away(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        ROOM.mkdir(parents=True, exist_ok=True)
        with (ROOM / f"{self.folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _server(self, *, anew: bool) -> Any:
        noted = ROOM / f"{self.folder.name}.ports"
        if not noted.exists() or (anew and not self.folder.exists()):
            noted.write_text(json.dumps(free_ports(self.port_count)))
        return self.build(self.folder, json.loads(noted.read_text()))

    def _borrowers(self) -> list[list[float]]:
        noted = ROOM / f"{self.folder.name}.sessions"
        entries = json.loads(noted.read_text()) if noted.exists() else []
        return [entry for entry in entries if _still_runs(*entry)]

    def _register(self, others: list[list[float]]) -> None:
        self._write([*others, [os.getpid(), psutil.Process().create_time()]])

    def _write(self, entries: list[list[float]]) -> None:
        (ROOM / f"{self.folder.name}.sessions").write_text(json.dumps(entries))


def _still_runs(pid: float, created: float) -> bool:
    with contextlib.suppress(psutil.Error):
        return abs(psutil.Process(int(pid)).create_time() - created) < 1
    return False


def _fresh_name() -> str:
    return f"t_{os.getpid()}_{next(_serial)}_{secrets.token_hex(3)}"


# --- PostgreSQL ---------------------------------------------------------------------------------------------


@contextmanager
def lent_postgres() -> Iterator[Postgres]:
    """The private cluster, for as long as somebody needs it."""
    shared = SharedServer("postgres", 1, lambda folder, ports: Postgres(folder, ports[0], HASTY_SETTINGS))
    with shared.lent(lambda server: server.start()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """The private cluster itself, for tests that need more than an address."""
    with lent_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Postgres) -> str:
    """The server's address, without a database: append `/name`."""
    return postgres_server.url()


@contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """The address of a new copy of a template, dropped afterwards with whoever is still connected."""
    name = _fresh_name()
    _administer(server_url, f'create database "{name}" template "{template}" strategy file_copy')
    yield f"{server_url}/{name}"
    _administer(server_url, f'drop database "{name}" with (force)')


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The address of a fresh, empty database; folders of services override it with one that is migrated."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """What `database` is where nobody overrides it."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_copy(postgres_url: str) -> Iterator[Callable[[Path | None], AbstractContextManager[str]]]:
    """Makes fresh databases that have the chassis' and a service's migrations.

    Migrating takes most of a second, and a copy of what was migrated once a moment.
    """
    with ExitStack() as kept:
        templates: dict[Path | None, str] = {}

        def copy(own_migrations: Path | None) -> AbstractContextManager[str]:
            if own_migrations not in templates:
                url = kept.enter_context(fresh_database(postgres_url))
                migrate(url, own_migrations)
                templates[own_migrations] = url.rsplit("/", 1)[-1]
            return fresh_database(postgres_url, templates[own_migrations])

        yield copy


def _administer(server_url: str, statement: str) -> None:
    with closing(psycopg2.connect(f"{server_url}/postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


# --- RabbitMQ -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broker:
    """The private broker as a test sees it, through the management door."""

    server: RabbitMQ
    password: str

    def uri(self, vhost: str, user: str = TESTER, password: str | None = None) -> str:
        """The AMQP address of a vhost, for the tester (who may do everything) or another user."""
        return self.server.amqp_uri(user, password or self.password, quote(vhost, safe=""))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the management API below /api; the answer's JSON, or None when it has no body."""
        url = f"{self.server.management_url}/api/{path}"
        answer = requests.request(method, url, json=body, auth=(TESTER, self.password), timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def create_vhost(self, name: str) -> str:
        """Make a vhost that the tester may use; its AMQP address."""
        self.ask("PUT", f"vhosts/{name}", {})
        self.ask("PUT", f"permissions/{name}/{TESTER}", {"configure": ".*", "write": ".*", "read": ".*"})
        return self.uri(name)

    def delete_vhost(self, name: str) -> None:
        """Remove a vhost with all it holds."""
        self.ask("DELETE", f"vhosts/{name}")

    def messages(self, vhost_or_uri: str, queue: str, count: int = 1000) -> list[dict[str, Any]]:
        """What lies ready in a queue, without taking it: payload, properties, routing_key, exchange."""
        ask = {"count": count, "ackmode": "ack_requeue_true", "encoding": "auto"}
        return self.ask("POST", f"queues/{_vhost_of(vhost_or_uri)}/{quote(queue, safe='')}/get", ask)  # type: ignore[no-any-return]

    def count(self, vhost_or_uri: str, queue: str) -> int:
        """How many messages are ready in a queue, exactly and now (statistics lag by seconds)."""
        import pika

        uri = vhost_or_uri if "://" in vhost_or_uri else self.uri(vhost_or_uri)
        with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
            declared = connection.channel().queue_declare(queue, passive=True)
            return int(declared.method.message_count)

    def wait_for_count(self, vhost_or_uri: str, queue: str, count: int, within: float = 60) -> None:
        """Poll until a queue holds so many ready messages."""
        deadline = time.monotonic() + within
        while (seen := self.count(vhost_or_uri, queue)) != count:
            assert time.monotonic() < deadline, f"{queue} holds {seen} messages, not {count}"
            time.sleep(0.05)

    def close_connections(self, vhost_or_uri: str) -> int:
        """Cut every client connection of a vhost, as a network fault would; how many were cut."""
        connections = self.ask("GET", f"vhosts/{_vhost_of(vhost_or_uri)}/connections")
        for connection in connections:
            with contextlib.suppress(requests.HTTPError):
                self.ask("DELETE", f"connections/{quote(connection['name'], safe='')}")
        return len(connections)


def _vhost_of(vhost_or_uri: str) -> str:
    return vhost_or_uri.rsplit("/", 1)[-1] if "://" in vhost_or_uri else quote(vhost_or_uri, safe="")


@contextmanager
def lent_broker() -> Iterator[Broker]:
    """The private broker, for as long as somebody needs it."""
    shared = SharedServer(
        "rabbitmq",
        5,
        lambda folder, ports: RabbitMQ(folder, *ports),
        lambda server: server.stop(at_once=True),
    )
    ROOM.mkdir(parents=True, exist_ok=True)
    secret = ROOM / "tester.password"
    with contextlib.suppress(FileExistsError), secret.open("x") as file:
        file.write(secrets.token_hex(12))
    password = secret.read_text()
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    definitions = {
        "users": [{"name": TESTER, "password": password, "tags": ["administrator"]}],
        "vhosts": [{"name": "test"}],
        "permissions": [{"user": TESTER, "vhost": "test", **everything}],
    }
    with shared.lent(lambda server: server.start(definitions)) as server:
        yield Broker(server, password)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The private broker, started once for all sessions that run at the same time."""
    with lent_broker() as lent:
        yield lent


@pytest.fixture(scope="session")
def amqp_uri(broker: Broker) -> str:
    """The address of a vhost that all tests share; prefer `vhost`."""
    return broker.uri("test")


@pytest.fixture
def vhost(broker: Broker) -> Iterator[str]:
    """The AMQP address of a fresh, empty vhost, removed afterwards."""
    name = _fresh_name()
    yield broker.create_vhost(name)
    broker.delete_vhost(name)


@pytest.fixture(scope="module")
def city_vhost(broker: Broker) -> Iterator[str]:
    """The AMQP address of a vhost with every exchange, queue, binding and policy, and the units u01 to u03.

    A module shares it, since a hundred quorum queues take seconds; units log in with `secret-<code>`.
    """
    from case_contracts.readers import READERS
    from cli import topology

    name = _fresh_name()
    uri = broker.create_vhost(name)
    units = ("u01", "u02", "u03")
    accounts = [topology.unit_account(code, f"secret-{code}", vhost=name) for code in units]
    broker.ask(
        "POST", "definitions", topology.merged(topology.definitions(units, READERS, vhost=name), *accounts)
    )
    yield uri
    broker.delete_vhost(name)
