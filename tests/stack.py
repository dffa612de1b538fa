"""A whole running system for tests and benchmarks: started as its users start it, in a folder of its own."""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg2

from case_contracts.readers import SERVICES
from cli import process_table
from cli.infrastructure.rabbitmq import RabbitMQ
from examples.city.doors import Account, House, read_accounts
from tests.rooms import in_memory

ROOT = Path(__file__).parents[1]
START_SECONDS = 180


class DidNotStart(RuntimeError):
    """The system ended before it was ready; its words are in the message."""


ROOM = 200
"""From one system's first port to the next one's; the last of them is its claim."""


class Stack(AbstractContextManager["Stack"]):
    """``qianliyan run`` on a folder and ports of its own.

    Leaving the context ends it at once and deletes what it kept; ``stop`` stops it as Ctrl-C would.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        replay: bool = False,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.table = process_table.load()
        self._claim: socket.socket | None = None
        self.port = port or self._free_base()
        self.replay = replay
        self.options = options
        self.environment = dict(environment or {})
        self.process: subprocess.Popen[str] | None = None
        self.words: list[str] = []

    @property
    def address(self) -> str:
        """The front door."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self.remove()

    def start(self) -> None:
        """Start and wait for the line ``ready http://…``."""
        for server in ("postgres", "rabbitmq"):
            if not (self.folder / server).exists():
                in_memory(self.folder / server)
        command = [
            sys.executable,
            "-m",
            "cli.main",
            "run",
            "--port",
            str(self.port),
            "--state",
            str(self.folder),
            "--no-sample-day",
            *(["--replay"] if self.replay else []),
            *self.options,
        ]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.words.append(line.rstrip())
            if line.startswith("ready "):
                self._drain()
                return
        raise DidNotStart("\n".join(self.words[-60:]))

    def stop(self) -> None:
        """Stop it and everything it started."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(120)
        self.process = None

    def end(self) -> None:
        """Kill whatever of it runs: to leave in order takes ten seconds, and what it keeps is thrown away."""
        if self.process is not None and self.process.poll() is None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()  # first, as it would start again whoever dies
            self.process.wait()
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    # Killed, PostgreSQL would leave its shared memory behind.
                    one.send_signal(signal.SIGQUIT if one.name() == "postgres" else signal.SIGKILL)
            psutil.wait_procs(family, timeout=20)
            ports = self.table.server_ports(self.port)
            brokers = [port for server, port in ports.items() if server.startswith("rabbitmq")]
            RabbitMQ(self.folder / "rabbitmq", *brokers).stop(at_once=True)  # its port mapper is left
        self.process = None

    def remove(self) -> None:
        """Delete what a stopped system leaves: its folder, and the rooms elsewhere that its links lead to."""
        if not self.folder.exists():
            return
        for link in self.folder.iterdir():
            if link.is_symlink():
                shutil.rmtree(link.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder)

    def kill(self, name: str) -> int:
        """SIGKILL one process of the table by name; the supervisor starts it again. Answers its pid."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def pids(self) -> dict[str, int]:
        """Each running process of the table, by name."""
        noted = json.loads((self.folder / "running.json").read_text())
        return {entry["name"]: entry["pid"] for entry in noted["processes"]}

    def house(self) -> House:
        """The front door as its visitors see it."""
        return House(self.address)

    def accounts(self) -> list[Account]:
        """The example logins."""
        return read_accounts(self.folder / "example-logins.csv")

    def unit_password(self, code: str) -> str:
        """The broker password of a responsible unit."""
        return (self.folder / "units" / f"{code}.password").read_text().strip()

    def unit_amqp_url(self, code: str) -> str:
        """The broker's address with a responsible unit's own account."""
        word = quote(self.unit_password(code), safe="")
        return f"amqp://{code}:{word}@127.0.0.1:{self.amqp_port}/city"

    @property
    def amqp_port(self) -> int:
        """Where the broker listens."""
        return self.table.server_ports(self.port)["rabbitmq"]

    def database(self, service: str) -> psycopg2.extensions.connection:
        """A connection to a service's own database."""
        password = (self.folder / "postgres" / "password").read_text()
        port = self.table.server_ports(self.port)["postgres"]
        return psycopg2.connect(f"postgresql://qianliyan:{password}@127.0.0.1:{port}/{service}")

    def facts_told(self) -> int:
        """How many facts the services have told so far, by their outboxes."""
        told = 0
        for service in SERVICES:
            with closing(self.database(service)) as connection, connection.cursor() as cursor:
                cursor.execute("select count(*) from outbox where exchange like '%.events'")
                told += cursor.fetchone()[0]
        return told

    def queues(self) -> dict[str, int]:
        """Messages in each queue of the broker, ready and unacknowledged."""
        rows = self._management("queues/city?columns=name,messages")
        return {row["name"]: row.get("messages", 0) for row in rows}

    def put_in_queue(self, queue: str, body: str, **properties: str) -> None:
        """A message straight into a queue of the broker, as no sender of ours would put it there."""
        message = {
            "properties": properties,
            "routing_key": queue,
            "payload": body,
            "payload_encoding": "string",
        }
        assert self._management("exchanges/city/amq.default/publish", message)["routed"]

    def _management(self, path: str, command: Any = None) -> Any:
        port = self.table.server_ports(self.port)["rabbitmq_management"]
        secret = (self.folder / "accounts" / "administrator.password").read_text().strip()
        word = base64.b64encode(f"administrator:{secret}".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/{path}",
            headers={"Authorization": f"Basic {word}", "Content-Type": "application/json"},
            data=None if command is None else json.dumps(command).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def _free_base(self) -> int:
        """A front door port from which all ports of the table are free, and claimed by no other test."""
        for base in range(20000, 30000, ROOM):
            ports = self.table.all_ports(base).values()
            if max(ports) >= min(base + ROOM - 1, process_table.FIRST_EPHEMERAL_PORT):
                continue
            claim = _claimed(base + ROOM - 1)
            if claim is not None and not any(_taken(port) for port in ports):
                self._claim = claim
                return base
            if claim is not None:
                claim.close()
        raise RuntimeError("no free ports")

    def _drain(self) -> None:
        import threading

        assert self.process is not None
        assert self.process.stdout is not None
        stdout = self.process.stdout
        threading.Thread(
            target=lambda: self.words.extend(line.rstrip() for line in stdout), daemon=True
        ).start()


def _claimed(port: int) -> socket.socket | None:
    """A port bound for nothing but being the only one who has it; None when somebody else does."""
    claim = socket.socket()
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    return claim


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
