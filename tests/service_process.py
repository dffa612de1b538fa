"""A process of a service as it is deployed, and waiting for what comes of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from cli.infrastructure.server import free_ports

ROOT = Path(__file__).parents[1]


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    """What the condition gives as soon as it gives something."""
    deadline = time.monotonic() + within
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.05)
    return result


@contextmanager
def process(role: str, service: str, environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """A process of a service, ready; the address of its metrics."""
    (port,) = free_ports(1)
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "chassis.run", role, service],
            env={"PATH": os.environ["PATH"], **environment, "METRICS_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        assert popen.poll() is None, log.read_text()
        try:
            return requests.get(f"{address}/health/ready", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        eventually(ready)
        yield address
    finally:
        popen.terminate()
        popen.wait(60)
