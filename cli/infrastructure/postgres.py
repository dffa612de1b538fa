"""A private PostgreSQL cluster: one for all services, a database for each."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql

from cli.infrastructure.server import (
    ServerDidNotStart,
    alive,
    dropped_to,
    existing_user,
    find_program,
    hand_over,
    pid_in,
    room_for,
    start_detached,
    stop_process,
    tail,
    wait_until,
)

PROGRAMS = "/usr/lib/postgresql/*/bin"
OWNER = "qianliyan"

# Two cores, a few dozen connections, and nothing that was confirmed may ever be lost.
SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "wal_compression": "lz4",
    "default_toast_compression": "lz4",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "update_process_title": "off",  # else twice a statement; pg_stat_activity says it too
    "timezone": "UTC",
    "log_min_duration_statement": "1000",
    "log_lock_waits": "on",
    "idle_in_transaction_session_timeout": "60s",
}


LONGEST_SOCKET = 107
"""Bytes that the path of a Unix socket may have (unix(7))."""

# Backends that give memory back after each statement fault it in again for the next one.
_KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024), "MALLOC_TOP_PAD_": str(1024 * 1024)}


@dataclass(frozen=True)
class Postgres:
    """One cluster in one folder, on one loopback port and, where its path is short enough, on a Unix socket.

    A round trip over the socket takes about half as long as one over TCP (docs/performance.md).
    """

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)

    def start(self) -> None:
        """Start, or do nothing if this very cluster is running already."""
        if self.is_running():
            return
        self.stop()  # it may still be alive on another port, left by a run that was killed
        user = existing_user("postgres")
        room = room_for(self.folder, user)
        if not (room / "data").exists():
            self._initialise(room, user)
        for stale in (room / "data" / "postmaster.pid", room / f"{self._socket(room).name}.lock"):
            stale.unlink(missing_ok=True)  # is_running() said so
        log = room / "postgres.log"
        environment = {**os.environ, **_KEPT_MEMORY}
        process = start_detached(self._command(room), user=user, log=log, cwd=room, environment=environment)

        def ready() -> bool:
            if alive(process.pid, marked_by=str(room)) is None:
                raise ServerDidNotStart(f"PostgreSQL 没有启动 / did not start:\n{tail(log)}")
            return self._answers()

        wait_until(ready, within=60, what="PostgreSQL")

    def stop(self) -> None:
        """Disconnect everybody, write a checkpoint and leave; do nothing if it is not running."""
        if (process := self._process()) is not None:
            stop_process(process, first=signal.SIGINT, within=20)

    def is_running(self) -> bool:
        """Whether this cluster's own postmaster is alive and answers."""
        return self._process() is not None and self._answers()

    def is_alive(self) -> bool:
        """Whether its process exists, without asking it."""
        return self._process() is not None

    def url(self, database: str = "") -> str:
        """The address of a database, or of the server when none is named."""
        room = self.folder.resolve()
        host = quote(str(room), safe="") if self._has_socket(room) else "127.0.0.1"
        server = f"postgresql://{OWNER}:{self._password()}@{host}:{self.port}"
        return f"{server}/{database}" if database else server

    def create_databases(self, names: Iterable[str]) -> None:
        """Create those of the databases that are missing."""
        create_databases(self.url(), names)

    def _command(self, room: Path) -> list[str]:
        places = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(room) if self._has_socket(room) else "",
        }
        options = [
            word for name, value in {**self.settings, **places}.items() for word in ("-c", f"{name}={value}")
        ]
        return [find_program("postgres", PROGRAMS), "-D", str(room / "data"), *options]

    def _socket(self, room: Path) -> Path:
        return room / f".s.PGSQL.{self.port}"

    def _has_socket(self, room: Path) -> bool:
        path = os.fsencode(self._socket(room))
        return len(path) <= LONGEST_SOCKET and b"," not in path  # a comma separates hosts

    def _initialise(self, room: Path, user: str | None) -> None:
        half_made = room / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        secret = hand_over(room / "password", secrets.token_urlsafe(24), user)
        command = [
            find_program("initdb", PROGRAMS),
            "-D",
            str(half_made),
            "--username",
            OWNER,
            "--pwfile",
            str(secret),
        ]
        choices = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        done = subprocess.run(
            command + choices, cwd=room, capture_output=True, text=True, check=False, **dropped_to(user)
        )
        if done.returncode != 0:
            raise ServerDidNotStart(f"initdb: {done.stderr.strip()}")
        half_made.rename(room / "data")

    def _process(self) -> psutil.Process | None:
        room = self.folder.resolve()
        return alive(pid_in(room / "data" / "postmaster.pid"), marked_by=str(room / "data"))

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="utf-8")

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except (psycopg2.OperationalError, OSError):
            return False
        return True


def create_databases(server_url: str, names: Iterable[str]) -> None:
    """Create the missing databases on any PostgreSQL server, ours or one that was given to us."""
    with closing(psycopg2.connect(f"{server_url.rstrip('/')}/postgres")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for name in names:
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
