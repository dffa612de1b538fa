"""The watchdog of a facts process, and the health server that tells of it."""

import time
from types import SimpleNamespace

import pytest
import requests

from chassis import health
from chassis.serving import TURNS_WITHIN, consumers_turn
from cli.infrastructure.server import free_ports

pytestmark = pytest.mark.infra


def running(*turned_at):
    entrypoints = [SimpleNamespace(turned_at=moment) for moment in turned_at]
    return SimpleNamespace(containers=[SimpleNamespace(entrypoints=[*entrypoints, SimpleNamespace()])])


def test_a_consumer_whose_loop_hangs_is_found_out():
    now = time.monotonic()

    assert consumers_turn(running(now, now - TURNS_WITHIN + 5))
    assert not consumers_turn(running(now, now - TURNS_WITHIN - 5))
    assert consumers_turn(running())


def test_health_tells_a_hanging_process_from_one_that_is_not_ready():
    well = {"database": True}
    (port,) = free_ports(1)
    alive = [True]
    server = health.serve(
        health.Health({"database": lambda: well["database"]}, alive=lambda: alive[0]),
        bind="127.0.0.1",
        port=port,
    )
    try:
        well["database"], alive[0] = False, False

        ready = requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
        live = requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5)

        assert (ready.status_code, ready.json()) == (503, {"ready": False, "database": "away"})
        assert (live.status_code, live.json()) == (503, {"live": False})
    finally:
        server.shutdown()
        server.server_close()
