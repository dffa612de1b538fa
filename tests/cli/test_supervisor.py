"""The supervisor with real processes: restarts what dies, stops in order, leaves nobody behind."""

import sys
import time

import psutil
import pytest
import requests

from cli.infrastructure.server import free_ports
from cli.process_table import RunningProcess
from cli.supervisor import Supervisor

pytestmark = pytest.mark.infra

ROLES = ("doors", "facts", "relay")


def a_process(role, port, **environment):
    return RunningProcess(
        name=f"tiny-{role}",
        role=role,
        command=(sys.executable, "-m", "tests.cli.tiny_service", role, "tiny"),
        environment={"METRICS_PORT": str(port), **environment},
        health_url=f"http://127.0.0.1:{port}/health/ready",
    )


@pytest.fixture
def supervise(tmp_path):
    running = []

    def start(*places):
        supervisor = Supervisor(tmp_path, said.append)
        running.append(supervisor)
        supervisor.start(places)
        until(lambda: all(child.is_ready() for child in supervisor.children))
        return supervisor

    said: list[str] = []
    start.said = said
    yield start
    for supervisor in running:
        supervisor.stop(ROLES)


def until(condition, within=60):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_that_dies_is_started_again_and_said_so(supervise):
    (port,) = free_ports(1)
    supervisor = supervise(a_process("doors", port))
    first = supervisor.running()[0]["pid"]

    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/die", timeout=5)
    until(lambda: supervisor.tend() or supervisor.children[0].is_ready())

    again = supervisor.running()[0]
    assert again["pid"] != first
    assert again["restarts"] == 1
    assert "tiny-doors" in supervise.said[0]


def test_some_are_started_later_and_each_process_once(tmp_path):
    ports = free_ports(2)
    facts, doors = a_process("facts", ports[0]), a_process("doors", ports[1])
    supervisor = Supervisor(tmp_path, lambda _: None)

    supervisor.start([doors])
    supervisor.tend()
    first = [entry["name"] for entry in supervisor.running()]
    supervisor.start([facts])

    assert first == ["tiny-doors"]
    assert [entry["name"] for entry in supervisor.running()] == ["tiny-doors", "tiny-facts"]
    supervisor.stop(ROLES)


def test_a_process_that_keeps_dying_is_started_less_and_less_often(tmp_path):
    place = RunningProcess(
        "tiny-doors", "doors", (sys.executable, "-c", "raise SystemExit(1)"), {}, "http://127.0.0.1:9"
    )
    supervisor = Supervisor(tmp_path, lambda _: None)
    supervisor.start([place])

    until(lambda: supervisor.tend() or supervisor.children[0].restarts == 3)

    assert supervisor.children[0].pause == 4.0
    supervisor.stop(ROLES)


def test_processes_stop_role_after_role(supervise, tmp_path):
    ports = free_ports(3)
    supervisor = supervise(
        *(a_process(role, port) for role, port in zip(reversed(ROLES), ports, strict=True))
    )
    processes = {child.place.role: psutil.Process(child.popen.pid) for child in supervisor.children}

    supervisor.stop(["doors"])

    assert not processes["doors"].is_running()
    assert processes["facts"].is_running()
    supervisor.stop(ROLES)
    assert not any(process.is_running() for process in processes.values())
    assert "leaves" in (tmp_path / "tiny-relay.log").read_text()


def test_a_process_that_will_not_leave_is_killed_after_a_while(supervise, monkeypatch):
    monkeypatch.setattr("cli.supervisor.STOP_WITHIN", 0.5)
    supervisor = supervise(a_process("facts", free_ports(1)[0], LINGER="1"))
    process = psutil.Process(supervisor.children[0].popen.pid)

    supervisor.stop(ROLES)

    assert not process.is_running()
    assert "强制结束" in supervise.said[-1]


def test_a_child_of_a_process_goes_with_it(supervise):
    supervisor = supervise(a_process("doors", free_ports(1)[0], CHILD="1"))
    grandchildren = psutil.Process(supervisor.children[0].popen.pid).children()
    assert grandchildren

    supervisor.stop(ROLES)

    _, alive = psutil.wait_procs(grandchildren, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_process_gets_nothing_of_our_environment_but_the_table(supervise, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    supervisor = supervise(a_process("doors", free_ports(1)[0]))

    given = psutil.Process(supervisor.children[0].popen.pid).environ()

    assert "DATABASE_URL" not in given
