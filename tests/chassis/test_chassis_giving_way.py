"""A work process takes what the others leave of the processor, whichever session each was started in."""

import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import psutil
import pytest

from chassis import working
from chassis.working import IDLE, LONGEST_REST, PRESSED, Worker, pressure

BUSY = "import os; os.sched_setaffinity(0, {%d})\nwhile True: pass"
GIVING_WAY = "from chassis.working import give_way; give_way()\n" + BUSY
ENOUGH = 0.5
"""Seconds of the processor after which the two are compared."""


def test_a_work_process_gives_way_to_one_of_another_session_on_the_same_processor():
    processor = min(os.sched_getaffinity(0))
    # As the supervisor starts them: each in a session of its own.
    started = [
        subprocess.Popen([sys.executable, "-c", program % processor], start_new_session=True)
        for program in (GIVING_WAY, BUSY)
    ]
    try:
        giving_way, other = (psutil.Process(process.pid) for process in started)
        while giving_way.cpu_affinity() != [processor] or other.cpu_affinity() != [processor]:
            assert all(process.poll() is None for process in started)
        before = _taken(giving_way), _taken(other)
        while _taken(other) - before[1] < ENOUGH:
            assert all(process.poll() is None for process in started)

        assert _taken(giving_way) - before[0] < ENOUGH / 5
    finally:
        for process in started:
            process.kill()
            process.wait()


def _taken(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def test_a_work_process_leaves_the_session_alone_that_it_shares_with_others():
    starts_another = (
        "import pathlib, subprocess, sys\n"
        "program = 'from chassis.working import give_way; give_way()'\n"
        "subprocess.run([sys.executable, '-c', program], check=True)\n"
        "print(pathlib.Path('/proc/self/autogroup').read_text())"
    )
    told = subprocess.run(
        [sys.executable, "-c", starts_another],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split()[-1] == "0"


WAITING = """\
some avg10=61.25 avg60=13.31 avg300=35.09 total=13570387335
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
"""


def test_pressure_is_read_as_the_kernel_writes_it(tmp_path):
    told = tmp_path / "cpu"
    told.write_text(WAITING)

    assert pressure(told) == 61.25


@pytest.mark.parametrize(
    "text", ["", "full avg10=61.25 avg60=0.00 avg300=0.00 total=0\n", "some avg10=much "]
)
def test_where_the_kernel_says_nothing_of_it_nobody_waits(tmp_path, text):
    told = tmp_path / "cpu"
    told.write_text(text)

    assert pressure(told) == 0.0
    assert pressure(tmp_path / "absent") == 0.0


class Clock(threading.Event):
    """Time that passes while somebody waits, and only then."""

    def __init__(self, pressures):
        super().__init__()
        self.pressures = pressures
        self.passed = 0.0

    def wait(self, timeout=None):
        self.passed += timeout
        return self.is_set()

    def pressure(self):
        return self.pressures(self.passed)


@pytest.mark.parametrize(
    ("pressures", "rests"),
    [
        (lambda passed: 0.0, 0.0),
        (lambda passed: PRESSED, 0.0),
        (lambda passed: 90.0 if passed < 2.0 else 10.0, 2.0),
        (lambda passed: 90.0, LONGEST_REST),
    ],
    ids=["nobody waits", "few wait", "others wait for two seconds", "others wait for ever"],
)
def test_between_two_pieces_of_work_it_rests_while_others_wait_but_not_for_ever(
    monkeypatch, pressures, rests
):
    clock = Clock(pressures)
    monkeypatch.setattr(working, "pressure", clock.pressure)
    monkeypatch.setattr(working, "time", SimpleNamespace(monotonic=lambda: clock.passed))
    monkeypatch.setattr(Worker, "_note", lambda self, reached: None)
    begun = []

    def turn():
        begun.append(clock.passed)
        if len(begun) == 2:
            clock.set()
        return True

    worker = Worker(SimpleNamespace(name="test", begin=lambda running: turn), None)
    worker.stopping = clock
    worker._turn_for_ever(Connection())

    assert begun[1] - begun[0] == pytest.approx(rests, abs=IDLE)
    assert clock.passed == begun[1], "asked to stop, it does not rest first"


class Connection:
    """One that lives."""

    def cursor(self):
        return self

    def execute(self, statement):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
