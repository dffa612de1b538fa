"""What every benchmark measures: latencies, and the CPU and memory that each process took meanwhile."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.stack import Stack

RESULTS = Path(__file__).parent / "results"


@dataclass
class Measured:
    """The course of one benchmark: begun, ended, and one latency in seconds per operation."""

    stack: Stack

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processes: dict[str, dict[str, float]] = field(default_factory=dict)
    _spent_before: dict[str, float] = field(default_factory=dict)
    _begun: float = 0.0

    def begin(self) -> None:
        """Count from now on."""
        self._spent_before = _cpu_seconds(self.stack)
        self._begun = time.perf_counter()

    def end(self) -> None:
        """Count no further; only the first call does anything."""
        if self.seconds:
            return
        self.seconds = time.perf_counter() - self._begun
        spent = _cpu_seconds(self.stack)
        memory = {name: _pss(processes) for name, processes in _processes(self.stack).items()}
        self.processes = {
            name: {
                "cores": round((spent[name] - self._spent_before.get(name, 0.0)) / self.seconds, 3),
                "pss_mb": memory[name],
            }
            for name in sorted(spent)
        }

    @property
    def so_far(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._begun

    def line(self, name: str) -> dict[str, Any]:
        """The JSON line: rate, percentiles in milliseconds, and each process's cores and megabytes (PSS)."""
        ordered = sorted(self.latencies)
        cuts = statistics.quantiles(ordered, n=100) if len(ordered) > 1 else [0.0] * 99
        return {
            "bench": name,
            "operations": len(ordered),
            "seconds": round(self.seconds, 2),
            "per_second": round(len(ordered) / self.seconds, 1) if self.seconds else 0.0,
            "p50_ms": round(cuts[49] * 1000, 1),
            "p95_ms": round(cuts[94] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "processes": self.processes,
        }


@contextmanager
def measuring(stack: Stack) -> Iterator[Measured]:
    """Measure what happens within, or until ``end()``; the benchmark adds operations to ``latencies``."""
    measured = Measured(stack)
    measured.begin()
    yield measured
    measured.end()


def machine() -> dict[str, Any]:
    """The machine, as results name it."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": " ".join(platform.freedesktop_os_release().get(key, "") for key in ("NAME", "VERSION_ID")),
        "python": platform.python_version(),
    }


def loop_seconds() -> float:
    """How long ten million additions to a global take now: a machine's minutes may differ by two times."""
    loop = compile("for number in range(10_000_000): total += number", "loop", "exec")
    begun = time.perf_counter()
    exec(loop, {"total": 0})
    return round(time.perf_counter() - begun, 2)


def keep(line: dict[str, Any]) -> None:
    """Write a result beside the earlier ones and print it as the last line."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    line = {
        **line,
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "commit": commit.stdout.strip(),
        "machine": machine(),
        "loop_seconds": loop_seconds(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{line['bench']}.json").write_text(json.dumps(line, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _processes(stack: Stack) -> dict[str, list[psutil.Process]]:
    """The table's processes by name, the servers by theirs, and the benchmark itself."""
    found: dict[str, list[psutil.Process]] = {"bench": [psutil.Process()]}
    for name, pid in stack.pids().items():
        found[name] = [psutil.Process(pid)]
    assert stack.process is not None
    for child in psutil.Process(stack.process.pid).children(recursive=True):
        known = any(child.pid == process.pid for group in found.values() for process in group)
        if not known:
            found.setdefault(_server(child), []).append(child)
    return found


def _server(process: psutil.Process) -> str:
    name = process.name()
    for part, server in (("beam", "rabbitmq"), ("postgres", "postgresql"), ("nginx", "nginx")):
        if part in name:
            return server
    return "other"


def _cpu_seconds(stack: Stack) -> dict[str, float]:
    return {name: sum(_spent(process) for process in group) for name, group in _processes(stack).items()}


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    # With what its children took that have ended: PostgreSQL starts one for every connection.
    return float(times.user + times.system + times.children_user + times.children_system)


def _pss(group: list[psutil.Process]) -> float:
    total = 0
    for process in group:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return round(total / 2**20, 1)
