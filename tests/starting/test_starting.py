"""Stopping and starting again: alone, since it says how long a start takes."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.run_kit import (
    Clerk,
    eventually,
    known_to_intake,
    left_behind,
    started_by,
    stopped_by,
    taken_ports,
)
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timed, pytest.mark.timeout(600)]

SECOND_START_WITHIN = 20.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "state", options=["--prometheus"]) as running:
        yield running


def test_stopping_leaves_nothing_and_a_second_start_keeps_everything(stack: Stack) -> None:
    number = Clerk(stack, "hotline_agent").take_call("kept-1").json()["report_number"]
    logins = stack.accounts()
    before = started_by(stack)

    assert stopped_by(stack, signal.SIGINT) == 0
    assert left_behind(stack, before) == []
    assert taken_ports(stack) == {}

    refused = _run(stack, "--replay")
    assert refused.returncode == 1
    assert "存有正常运行的数据" in refused.stderr
    assert "holds the data of a normal run" in refused.stderr

    began = time.monotonic()
    stack.start()
    took = time.monotonic() - began
    print(f"second start: {took:.1f} s")

    assert took < SECOND_START_WITHIN
    assert stack.accounts() == logins
    operator = Clerk(stack, "intake_operator")
    assert eventually(lambda: known_to_intake(operator, number))

    before = started_by(stack)
    assert stopped_by(stack, signal.SIGTERM) == 0
    assert left_behind(stack, before) == []
    assert taken_ports(stack) == {}


def _run(stack: Stack, *options: str) -> subprocess.CompletedProcess[str]:
    """`qianliyan run` on the stack's folder, which is expected to end by itself."""
    command = [sys.executable, "-m", "cli.main", "run", "--no-sample-day", *options]
    place = ["--state", str(stack.folder), "--port", str(stack.port)]
    return subprocess.run(
        [*command, *place], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
