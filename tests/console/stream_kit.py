"""A browser that follows the changes, and the console's doors as a process."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from chassis import tokens
from cli.infrastructure.server import free_ports
from tests.service_process import process


@dataclass(frozen=True)
class Said:
    """One event of a stream."""

    name: str
    data: Any
    id: int | None


class Follower:
    """A browser that reads the stream by ``fetch``."""

    def __init__(self, port: int, token: str, path: str = "/api/console/stream", **headers: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {token}", **given})
        self._answer = self._connection.getresponse()
        self._socket = self._connection.sock or self._answer.fp.raw._sock
        self.status = self._answer.status
        self.type = self._answer.headers.get("Content-Type", "")
        self.heard: Queue[Said | None] = Queue()
        self.last_id: int | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self, within: float = 5) -> Said:
        """The next event."""
        said = self.heard.get(timeout=within)
        assert said is not None, "the stream has ended"
        return said

    def nothing(self, within: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.heard.get(timeout=within)
        except Empty:
            return True
        return False

    def ended(self, within: float = 5) -> bool:
        """Whether the stream ends without another word."""
        return self.heard.get(timeout=within) is None

    def close(self) -> None:
        """The network is cut."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        told: dict[str, str] = {}
        with suppress(OSError, HTTPException, ValueError, AttributeError):
            while line := self._answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if line != "\n":
                    told[name] = value
                    continue
                if "id" in told:
                    self.last_id = int(told["id"])
                if "event" in told:
                    self.heard.put(Said(told["event"], json.loads(told["data"]), self.last_id))
                told = {}
        self.heard.put(None)


@dataclass(frozen=True)
class Hall:
    """The doors of a console that runs as a process."""

    port: int
    metrics: str
    keys: Path

    def token(self, *roles: str, person: str = "p1", seconds: float = 300, **claims: Any) -> str:
        """A token of somebody with these roles."""
        return tokens.sign(
            {"sub": person, "roles": list(roles), **claims},
            tokens.private_key(self.keys),
            at=datetime.now(UTC),
            lifetime=timedelta(seconds=seconds),
        )

    def follow(self, *roles: str, path: str = "/api/console/stream", **named: Any) -> Follower:
        """Follow the changes as somebody with these roles."""
        headers = {name: named.pop(name) for name in ("Last_Event_ID",) if name in named}
        return Follower(self.port, self.token(*roles, **named), path, **headers)


@contextmanager
def hall(database_url: str, folder: Path) -> Iterator[Hall]:
    """Start the console's doors on a migrated database."""
    tokens.make_keys(folder / "keys")
    (port,) = free_ports(1)
    environment = {
        "DATABASE_URL": database_url,
        "HTTP_PORT": str(port),
        "KEYS_DIR": str(folder / "keys"),
    }
    with process("doors", "console.service", environment, folder / "doors.log") as metrics:
        yield Hall(port, metrics, folder / "keys")
