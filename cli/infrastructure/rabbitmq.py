"""A private RabbitMQ node with management and metrics doors, fed from a definitions file at every boot."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from cli.infrastructure.rabbitmq_home import make_home
from cli.infrastructure.server import (
    ServerDidNotStart,
    alive,
    existing_user,
    find_program,
    hand_over,
    pid_in,
    port_is_open,
    room_for,
    start_detached,
    stop_process,
    tail,
    wait_until,
)

PROGRAMS = "/usr/lib/rabbitmq/bin"
PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus")
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
# Our largest message has some kilobytes; a unit could send a hundred megabytes otherwise.
LARGEST_MESSAGE = 4 * 1024 * 1024
# A node that has quorum queues to recover may take half a minute.
READY_WITHIN = 60.0


@dataclass(frozen=True)
class RabbitMQ:
    """One node in one folder; five loopback ports (AMQP, management, metrics, distribution, epmd)."""

    folder: Path
    port: int
    management_port: int
    metrics_port: int
    distribution_port: int
    epmd_port: int

    def start(self, definitions: Mapping[str, Any], *, wait: bool = True) -> None:
        """Start with these definitions, or do nothing if this very node is running already."""
        if not self.is_alive() or self._noted_ports() != self._ports():
            self.stop()  # it may still be alive on other ports, left by a run that was killed
            user = existing_user("rabbitmq")
            room = room_for(self.folder, user)
            for name in ("data", "log"):
                room_for(room / name, user)
            self._write_settings(room, user, definitions)
            (room / "pid").unlink(missing_ok=True)
            (room / "ports").write_text(json.dumps(self._ports()), encoding="utf-8")
            program = find_program("rabbitmq-server", PROGRAMS)
            environment = self._environment(room) | make_home(Path(program), PLUGINS, room / "home")
            launcher = start_detached(
                [program], user=user, log=room / "boot.log", cwd=room, environment=environment
            )
            (room / "launcher").write_text(str(launcher.pid), encoding="utf-8")
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until clients and the management door are answered."""
        try:
            wait_until(self._has_booted, within=READY_WITHIN, what="RabbitMQ", every=0.1)
        except ServerDidNotStart as late:
            raise ServerDidNotStart(f"{late}\n{tail(self.folder / 'boot.log')}") from late

    def _has_booted(self) -> bool:
        if not self.is_alive():
            raise ServerDidNotStart("RabbitMQ 没有启动 / did not start")
        return self.is_running()

    def stop(self, *, at_once: bool = False) -> None:
        """Close every queue in order and leave, with the port mapper; do nothing if it is not running.

        `at_once` is for a node whose data is thrown away: leaving in order takes it several seconds.
        """
        if (process := self._process() or self._launcher()) is not None:
            stop_process(process, first=signal.SIGKILL if at_once else signal.SIGTERM, within=30)
        if port_is_open(self.epmd_port):
            environment = {
                **os.environ,
                "ERL_EPMD_PORT": str(self.epmd_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1",
            }
            mapper = [find_program("epmd", "/usr/lib/erlang/erts-*/bin"), "-kill"]
            subprocess.run(
                mapper, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )

    def is_running(self) -> bool:
        """Whether this node is alive, speaks AMQP and answers on the management door."""
        if self._process() is None or not self._speaks_amqp():
            return False
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.management_url}/api/overview", timeout=2).status_code == 401
        return False

    def is_alive(self) -> bool:
        """Whether it is booting or running, without asking it."""
        return self._process() is not None or self._launcher() is not None

    @property
    def management_url(self) -> str:
        return f"http://127.0.0.1:{self.management_port}"

    def amqp_uri(self, user: str, password: str, vhost: str) -> str:
        """The address a client needs; the vhost's name must need no quoting."""
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/{vhost}"

    def _speaks_amqp(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as client,
        ):
            client.sendall(PROTOCOL_HEADER)
            return client.recv(1) == b"\x01"
        return False

    def _process(self) -> psutil.Process | None:
        room = self.folder.resolve()
        return alive(pid_in(room / "pid"), marked_by=str(room))

    def _launcher(self) -> psutil.Process | None:
        return alive(pid_in(self.folder / "launcher"), marked_by="rabbitmq-server")

    def _ports(self) -> list[int]:
        return [self.port, self.management_port, self.metrics_port, self.distribution_port, self.epmd_port]

    def _noted_ports(self) -> list[int]:
        with contextlib.suppress(OSError, ValueError):
            return list(json.loads((self.folder / "ports").read_text(encoding="utf-8")))
        return []

    def _write_settings(self, room: Path, user: str | None, definitions: Mapping[str, Any]) -> None:
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": self.management_port,
            "prometheus.tcp.ip": "127.0.0.1",
            "prometheus.tcp.port": self.metrics_port,
            "loopback_users": "none",
            "definitions.import_backend": "local_filesystem",
            "definitions.local.path": room / "definitions.json",
            "definitions.skip_if_unchanged": "true",
            "raft.wal_max_size_bytes": 64_000_000,
            "max_message_size": LARGEST_MESSAGE,
            "vm_memory_high_watermark.absolute": "1GB",
            "disk_free_limit.absolute": "500MB",
            "collect_statistics_interval": 5000,
            "log.file.level": "warning",
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        hand_over(room / "rabbitmq.conf", text, user)
        hand_over(room / "definitions.json", json.dumps(definitions, ensure_ascii=False), user)
        hand_over(room / "enabled_plugins", f"[{','.join(PLUGINS)}].", user)
        if not (room / ".erlang.cookie").exists():
            hand_over(room / ".erlang.cookie", secrets.token_hex(16), user, mode=0o400)

    def _environment(self, room: Path) -> dict[str, str]:
        # One scheduler that does not spin: the two cores belong to the services.
        erlang = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(room),
            "RABBITMQ_NODENAME": "qianliyan@localhost",
            "RABBITMQ_CONFIG_FILE": str(room / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_MNESIA_BASE": str(room / "data"),
            "RABBITMQ_LOG_BASE": str(room / "log"),
            "RABBITMQ_PID_FILE": str(room / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(room / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
        }
