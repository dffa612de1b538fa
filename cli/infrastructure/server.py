"""What every private server needs: a program, an unprivileged user, a folder, a process, readiness."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

# Linux hands out ports from 32768 upwards to outgoing connections; a fixed port there may be taken by
# a client at any moment, even by one that is retrying to reach the very server that is down.
FIRST_EPHEMERAL_PORT = 32768
FALLBACK_ROOM = Path("/var/lib/qianliyan")


class ServerDidNotStart(RuntimeError):
    """A private server is missing, refused to start, or was not ready in time."""


def find_program(name: str, *folders: str) -> str:
    """The program's path: in the given folders (globs allowed) or on PATH."""
    candidates = [
        found for folder in folders for found in sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"))
    ]
    program = (
        str(candidates[-1])
        if candidates
        else shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    )
    if program is None:
        raise ServerDidNotStart(
            f"找不到程序 {name}，请先运行 make setup / {name} is not installed: run make setup"
        )
    return program


def existing_user(*names: str) -> str | None:
    """The first of these users that exists, if we are root and must drop to somebody; else None."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in names if name in known), "nobody")


def dropped_to(user: str | None) -> dict[str, Any]:
    """The subprocess arguments that drop root to this user."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}


def room_for(folder: Path, user: str | None, *, mode: int = 0o700) -> Path:
    """Make the folder and hand it to the user; where a parent is closed to that user, it becomes a link to a
    folder under /var/lib (a checkout in /root is the usual reason)."""
    folder = folder.absolute()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        if user is not None and not _can_enter(folder.parent, user):
            room = FALLBACK_ROOM / secrets.token_hex(6)
            room.mkdir(parents=True)
            folder.unlink(missing_ok=True)
            folder.symlink_to(room)
        folder.mkdir(exist_ok=True)
    folder = folder.resolve()
    folder.chmod(mode)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder


def _can_enter(folder: Path, user: str) -> bool:
    probe = subprocess.run(["test", "-x", str(folder)], **dropped_to(user), cwd="/", check=False)
    return probe.returncode == 0


def hand_over(path: Path, text: str, user: str | None, *, mode: int = 0o600) -> Path:
    """Write a file that belongs to the user and is closed to everybody else."""
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(text, encoding="utf-8")
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def start_detached(
    command: Sequence[str],
    *,
    user: str | None,
    log: Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> psutil.Process:
    """Start a server in a session of its own: a Ctrl-C at our terminal reaches it only through us."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
            **dropped_to(user),
        )
    return psutil.Process(process.pid)


def alive(pid: int | None, *, marked_by: str) -> psutil.Process | None:
    """The living process of this id, provided its command line names our folder (pid files go stale)."""
    if pid is None:
        return None
    with contextlib.suppress(psutil.Error, ChildProcessError):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            process.wait(timeout=1)
            return None
        if any(marked_by in word for word in process.cmdline()):
            return process
    return None


def pid_in(path: Path) -> int | None:
    """The process id in the first line of a pid file, if there is one."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(path.read_text().split()[0])
    return None


def stop_process(process: psutil.Process, *, first: signal.Signals, within: float) -> None:
    """Ask with the first signal, wait, then kill the process and whatever it left of its session."""
    family = [process, *_descendants(process)]
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(first)
    psutil.wait_procs([process], timeout=within)
    _, stubborn = psutil.wait_procs(family, timeout=2)
    for left in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()
    psutil.wait_procs(stubborn, timeout=5)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []


def wait_until(ready: Callable[[], bool], *, within: float, what: str, every: float = 0.05) -> None:
    """Poll until ready; raise ServerDidNotStart when the time is over."""
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            raise ServerDidNotStart(f"{what}: 等待 {within:g} 秒仍未就绪 / not ready within {within:g} s")
        time.sleep(every)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for the message that says why a server did not start."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def port_is_open(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Loopback ports below the ephemeral range on which nobody listens now."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(30000, FIRST_EPHEMERAL_PORT)  # noqa: S311 - no secret
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                if port not in found:
                    found.append(port)
    return found
