"""What the example clients' tests share: a client of either language as a process with its books."""

import fcntl
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "clients"
CLASSPATH = ":".join(
    f"/usr/share/java/{name}.jar" for name in ("amqp-client", "slf4j-api", "slf4j-simple", "gson")
)
WITHIN = 60


def eventually(condition: Callable[[], Any], within: float = WITHIN) -> Any:
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.05)
    return value


def install(folder: Path) -> None:
    """``npm ci`` of a folder with a lock file, once for each state of the lock."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    modules = folder / "node_modules"
    with (folder / ".npmrc").open("rb") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        stamp = modules / ".installed"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
        stamp.write_text(wanted)


def node() -> list[str]:
    """The command of the client in Node."""
    install(EXAMPLES / "node")
    return ["node", str(EXAMPLES / "node" / "unit.mjs")]


def java() -> list[str]:
    """The command of the client in Java, as the head of its file says: without compiling beforehand."""
    return ["java", "-Dfile.encoding=UTF-8", str(EXAMPLES / "java" / "Unit.java")]


LANGUAGES: dict[str, Callable[[], list[str]]] = {"node": node, "java": java}


@dataclass
class Client:
    """A unit's client; what it keeps in its books outlives its process."""

    command: list[str]
    books: Path
    amqp_url: str
    unit: str
    centre: str
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    heard: list[str] = field(default_factory=list, init=False)
    """What the centre has heard of it before the first test."""

    @property
    def words(self) -> str:
        """All that it has printed so far."""
        said = self.books / "words"
        return said.read_text(encoding="utf-8") if said.exists() else ""

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it as its users do."""
        self.books.mkdir(exist_ok=True)
        own = {"AMQP_URL": self.amqp_url, "UNIT": self.unit, "CENTRE": self.centre, "BOOKS": str(self.books)}
        # Servers seldom have a Chinese locale.
        own |= {"CLASSPATH": CLASSPATH, "LC_ALL": "C"}
        with (self.books / "words").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **own}, stdout=out, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """End it without a word of warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def entry(self, name: str) -> dict[str, Any]:
        """What the books say about a task; empty when they do not know it."""
        place = self.books / f"{name}.json"
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        return found

    def finish(self, name: str, photo: bytes) -> None:
        """A person of the unit has done the work and puts the photo beside the task."""
        (self.books / f"{name}.part").write_bytes(photo)
        (self.books / f"{name}.part").rename(self.books / f"{name}.jpg")
