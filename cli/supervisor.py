"""Keeps the processes of the table alive: starts them, restarts what dies, stops them in order."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import psutil

from cli.process_table import ROOT, RunningProcess

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_AFTER = 60.0
STOP_WITHIN = 12.0
LARGEST_LOG = 50_000_000


@dataclass
class Child:
    """One process of the table, in whichever state it is."""

    place: RunningProcess
    log: Path
    popen: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    next_start: float = 0.0
    pause: float = FIRST_PAUSE
    restarts: int = 0

    def start(self, now: float) -> None:
        """Start in a process group of its own: Ctrl-C reaches it only through the supervisor."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.popen = self._spawn(output)
        self.started = now

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.place.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**_inherited(), **self.place.environment},
            start_new_session=True,
        )

    def is_ready(self) -> bool:
        """Whether it says so itself on /health/ready."""
        if self.popen is None or self.popen.poll() is not None:
            return False
        address = urlsplit(self.place.health_url)
        connection = http.client.HTTPConnection(address.netloc, timeout=2)
        with closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", address.path)
            return connection.getresponse().status == 200
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, also when its leader is gone already."""
        if self.popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)


@dataclass
class Supervisor:
    """The table's processes; `say` tells the person at the terminal, `note` is called when ids change."""

    logs: Path
    say: Callable[[str], None]
    note: Callable[[], None] = lambda: None
    children: list[Child] = field(default_factory=list)

    def start(self, places: Iterable[RunningProcess]) -> None:
        """Start these processes, without waiting for any."""
        started = [Child(place, self.logs / f"{place.name}.log") for place in places]
        self.children += started
        now = time.monotonic()
        for child in started:
            child.start(now)
        self.note()

    def tend(self) -> None:
        """Look after everybody once: note who died, restart whose pause is over. Call it every moment."""
        now = time.monotonic()
        for child in self.children:
            if child.popen is None:
                if now >= child.next_start:
                    child.start(now)
                    self.note()
            elif (code := child.popen.poll()) is not None:
                self._plan_restart(child, code, now)

    def _plan_restart(self, child: Child, code: int, now: float) -> None:
        if now - child.started > STEADY_AFTER:
            child.pause = FIRST_PAUSE
        child.signal(signal.SIGKILL)  # whatever the dead one left in its group
        self.say(
            f"{child.place.name} 退出（{code}），{child.pause:g} 秒后重启，日志 {child.log}"
            f" / exited ({code}), restart in {child.pause:g} s"
        )
        child.popen = None
        child.next_start = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
        child.restarts += 1

    def stop(self, roles: Iterable[str]) -> None:
        """Stop role after role; a process gets some seconds to finish what it holds."""
        for role in roles:
            group = [child for child in self.children if child.place.role == role and child.popen is not None]
            for child in group:
                child.signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_WITHIN
            for child in group:
                self._wait(child, deadline)
        self.note()

    def _wait(self, child: Child, deadline: float) -> None:
        assert child.popen is not None
        try:
            child.popen.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{child.place.name} 未能及时停止，强制结束 / did not stop in time and is killed")
        child.signal(signal.SIGKILL)
        child.popen.wait(5)
        child.popen = None

    def running(self) -> list[dict[str, object]]:
        """Who runs now: name, process id, time of birth, health address, restarts."""
        listed: list[dict[str, object]] = []
        for child in self.children:
            if child.popen is None:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                listed.append(
                    {
                        "name": child.place.name,
                        "pid": child.popen.pid,
                        "created": psutil.Process(child.popen.pid).create_time(),
                        "health": child.place.health_url,
                        "restarts": child.restarts,
                    }
                )
        return listed


def _inherited() -> dict[str, str]:
    """What a process needs of our own environment; DATABASE_URL and the like come from the table only."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR") if name in os.environ}
