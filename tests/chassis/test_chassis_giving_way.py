"""A work process takes what the others leave of the processor, whichever session each was started in."""

import os
import subprocess
import sys

import psutil

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
