"""A private Prometheus that scrapes every process and the broker, and evaluates the alert rules."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from cli.infrastructure.server import (
    alive,
    existing_user,
    find_program,
    hand_over,
    pid_in,
    port_is_open,
    room_for,
    start_detached,
    stop_process,
    wait_until,
)

DEPLOY = Path(__file__).parents[2] / "deploy"
PER_QUEUE = {"family": ["queue_coarse_metrics", "queue_consumer_count"], "vhost": ["city"]}


def scrape_settings(
    processes: Mapping[str, str], brokers: Iterable[str], rules: str, alertmanagers: Iterable[str] = ()
) -> str:
    """prometheus.yml for these processes (name → host:port) and the broker's metrics doors.

    Alerts are told to the Alertmanagers; without any they are only shown.
    """
    targets = [{"targets": [address], "labels": {"process": name}} for name, address in processes.items()]
    addresses = list(brokers)
    scrapes = [
        {"job_name": "qianliyan", "static_configs": targets},
        {"job_name": "rabbitmq", "static_configs": [{"targets": [*addresses]}]},
        {
            "job_name": "rabbitmq-queues",
            "metrics_path": "/metrics/detailed",
            "params": PER_QUEUE,
            "static_configs": [{"targets": [*addresses]}],
        },
    ]
    settings: dict[str, Any] = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [rules],
        "scrape_configs": scrapes,
    }
    if told := list(alertmanagers):
        settings["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": told}]}]}
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)


@dataclass(frozen=True)
class Prometheus:
    """One Prometheus in one folder on one loopback port."""

    folder: Path
    port: int
    processes: Mapping[str, str]
    brokers: tuple[str, ...]

    def start(self) -> None:
        """Start, in place of any that an earlier run left behind."""
        self.stop()  # one that was left behind may know other processes
        user = existing_user("prometheus")
        room = room_for(self.folder, user)
        room_for(room / "data", user)
        shutil.copyfile(DEPLOY / "alerts.yml", room / "alerts.yml")
        settings = hand_over(
            room / "prometheus.yml", scrape_settings(self.processes, self.brokers, "alerts.yml"), user
        )
        command = [
            find_program("prometheus"),
            f"--config.file={settings}",
            f"--storage.tsdb.path={room / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        process = start_detached(command, user=user, log=room / "prometheus.log", cwd=room)
        hand_over(room / "pid", str(process.pid), user)
        wait_until(self.is_running, within=30, what="Prometheus")

    def stop(self) -> None:
        """Write what is in memory and leave."""
        if (process := self._process()) is not None:
            stop_process(process, first=signal.SIGTERM, within=10)

    def is_running(self) -> bool:
        """Whether this Prometheus is alive and listens."""
        return self._process() is not None and port_is_open(self.port)

    def is_alive(self) -> bool:
        """Whether its process exists, without asking it."""
        return self._process() is not None

    def _process(self) -> psutil.Process | None:
        room = self.folder.resolve()
        return alive(pid_in(room / "pid"), marked_by=str(room))
