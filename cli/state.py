"""The folder of an installation (default .local): data, keys, passwords and logs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from cli import topology


class AlreadyRunning(RuntimeError):
    """Another `qianliyan run` owns this folder."""


class Kind(StrEnum):
    """What an installation's folder holds; the two must never mix, since a replay's times are made up."""

    NORMAL = "normal"
    REPLAY = "replay"


@dataclass(frozen=True)
class State:
    """Where an installation keeps what it must not lose."""

    folder: Path

    def room(self, name: str) -> Path:
        """A folder inside, made when it is missing."""
        room = self.folder / name
        room.mkdir(parents=True, exist_ok=True)
        return room

    def kind(self, at_first: Kind) -> Kind:
        """What this folder holds, settled for ever by its first start."""
        marker = self.folder / "kind"
        if not marker.exists():
            fresh = self.folder / "kind.new"
            fresh.write_text(at_first, encoding="utf-8")
            fresh.replace(marker)
        return Kind(marker.read_text(encoding="utf-8"))

    def broker_passwords(self) -> dict[str, str]:
        """The passwords of the broker's own accounts, made when they are missing."""
        names = (topology.SERVICE_ACCOUNT, topology.MONITORING_ACCOUNT, topology.ADMINISTRATOR_ACCOUNT)
        return {name: self._secret(self.room("accounts") / f"{name}.password") for name in names}

    def unit_passwords(self) -> dict[str, str]:
        """The passwords of the responsible units that have an account."""
        return {file.stem: file.read_text() for file in sorted(self.room("units").glob("*.password"))}

    def new_unit_password(self, code: str) -> str:
        """Make a fresh password for a responsible unit."""
        file = self.room("units") / f"{code}.password"
        file.unlink(missing_ok=True)
        return self._secret(file)

    @contextmanager
    def fresh_unit_password(self, code: str, password: str | None = None) -> Iterator[str]:
        """A password that becomes the unit's when the block has succeeded; before, the old one stays."""
        file = self.room("units") / f"{code}.password"
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        chosen = self._secret(fresh, password)
        try:
            yield chosen
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)

    def forget_unit(self, code: str) -> None:
        """Drop a responsible unit's password."""
        (self.room("units") / f"{code}.password").unlink(missing_ok=True)

    @staticmethod
    def _secret(file: Path, chosen: str | None = None) -> str:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as opened:
                opened.write(chosen or secrets.token_urlsafe(24))
        return file.read_text()

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the only `qianliyan run` on this folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "run.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                text = f"{self.folder} 已有千里眼在运行 / is in use by a running qianliyan"
                raise AlreadyRunning(text) from taken
            yield

    def note_running(self, running: dict[str, Any]) -> None:
        """Write down what runs, for `qianliyan processes` and for whoever must clean up after a crash."""
        fresh = self.folder / "running.json.new"
        fresh.write_text(json.dumps(running, indent=1))
        fresh.replace(self.folder / "running.json")

    def noted_running(self) -> dict[str, Any]:
        """What was written down last."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.folder / "running.json").read_text()))
        return {}

    def survivors(self) -> list[psutil.Process]:
        """Processes of an earlier run whose supervisor was killed."""
        found = []
        for noted in self.noted_running().get("processes", []):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(noted["pid"])
                if abs(process.create_time() - noted["created"]) < 1:
                    found.append(process)
        return found
