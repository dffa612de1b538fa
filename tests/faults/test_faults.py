"""Whatever is killed in the middle of a day: nothing is lost, nothing counts twice, the end is the same."""

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import handbook
from examples.city.plans import a_day
from tests.journey.run import Journey
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REPORTS = 90
DAY_SECONDS = 420


@pytest.fixture
def stack(tmp_path: Path):
    with Stack(tmp_path / "state") as running:
        yield running


def a_disturbed_day(stack: Stack, disturbances: list[Callable[[], None]]) -> list[str]:
    """Play a day and disturb it at even shares of its steps; answer the differences found at its end."""
    journey = Journey(stack, a_day(handbook.load(), seed=7, reports=REPORTS, each_bend=2))
    share = REPORTS * 8 // (len(disturbances) + 1)
    with journey.city() as city:
        for number, disturb in enumerate(disturbances, 1):
            reached = city.wait_until(
                lambda number=number: journey.log.steps_done >= number * share, DAY_SECONDS
            )
            assert reached, journey.unended()
            disturb()
        assert city.wait_until(journey.ended, DAY_SECONDS), journey.unended()
    return journey.differences()


def test_any_process_may_be_killed_in_the_middle_of_a_day(stack: Stack) -> None:
    names = [process.name for process in stack.table.processes]

    differences = a_disturbed_day(stack, [lambda name=name: stack.kill(name) for name in names])

    assert differences == []
    assert set(stack.pids()) == set(names)


def test_the_broker_and_the_database_may_crash_in_the_middle_of_a_day(stack: Stack) -> None:
    def crash(server: str) -> Callable[[], None]:
        return lambda: kill_listener(stack.table.server_ports(stack.port)[server])

    differences = a_disturbed_day(
        stack, [crash("rabbitmq"), crash("postgres"), crash("rabbitmq"), crash("postgres")]
    )

    assert differences == []


def kill_listener(port: int) -> None:
    """SIGKILL the server that listens on a loopback port, started by this test's own stack."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            psutil.Process(connection.pid).send_signal(signal.SIGKILL)
            return
    raise LookupError(f"nobody listens on {port}")
