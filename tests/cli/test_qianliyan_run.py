"""`qianliyan run` as a person uses it: start, look, kill, Ctrl-C, start again."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pika
import psutil
import psycopg2
import pytest
import requests
from psycopg2 import sql

from cli.infrastructure.server import free_ports
from cli.process_table import load
from tests.infrastructure_fixtures import ROOM

pytestmark = [pytest.mark.infra, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "cli" / "tiny_config.yml"


class Run:
    """One `qianliyan run` on a state folder."""

    def __init__(self, state, port):
        self.state, self.port = state, port

    def command(self, *words):
        place = ("--state", str(self.state), "--port", str(self.port))
        return [sys.executable, "-m", "tests.cli.tiny_centre", "--config", str(CONFIG), *words, *place]

    def start(self, *options, **told):
        environment = {
            key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "AMQP_URI")
        } | told
        self.process = subprocess.Popen(
            self.command("run", *options),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self.lines_until("ready ")

    def lines_until(self, beginning):
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip())
            if line.startswith(beginning):
                return lines
        pytest.fail("\n".join(lines))

    def stop(self, number):
        self.process.send_signal(number)
        rest = self.process.stdout.read()
        assert self.process.wait(60) == 0, rest
        return rest

    def left_behind(self):
        """Living processes that still have to do with this state folder."""
        left = []
        for process in psutil.process_iter(["pid", "cmdline", "environ", "status"]):
            words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(
                str(self.state) in word for word in words
            ):
                left.append(" ".join(process.info["cmdline"] or []))
        return left

    def get(self, path, **kwargs):
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, **kwargs)

    def pids(self):
        noted = json.loads((self.state / "running.json").read_text())
        return {entry["name"]: entry["pid"] for entry in noted["processes"]}

    def broker(self):
        password = (self.state / "accounts" / "services.password").read_text()
        return pika.BlockingConnection(
            pika.URLParameters(f"amqp://services:{password}@127.0.0.1:{self.port + 2}/city")
        )

    def database(self, name):
        password = (self.state / "postgres" / "password").read_text()
        return psycopg2.connect(f"postgresql://qianliyan:{password}@127.0.0.1:{self.port + 1}/{name}")


@pytest.fixture(scope="module")
def run():
    offsets = load(CONFIG).all_ports(0).values()
    base = next(
        base for base in range(19000, 30000, 50) if not any(_taken(base + offset) for offset in offsets)
    )
    # Not below /tmp/pytest-of-root, which the servers' unprivileged users cannot enter.
    run = Run(ROOT / ".local" / f"test-run-{os.getpid()}", base)
    yield run
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(60)
    shutil.rmtree(run.state)


def _taken(port):
    return any(entry.laddr.port == port for entry in psutil.net_connections("inet") if entry.laddr)


def _listens(entry, port):
    return entry.status == psutil.CONN_LISTEN and entry.laddr.port == port


def test_a_life_of_the_centre_first_start_crash_and_sigterm(run):
    lines = run.start()
    assert lines[-1] == f"ready http://127.0.0.1:{run.port}"

    # The front door hands each path, unchanged, to the service that owns it.
    assert run.get("/api/intake/reports").text.startswith("/api/intake/reports ")
    assert run.get("/anything", headers={"X-Request-Id": "abc-12345"}).text == "/anything abc-12345"

    # Every service has its database, every unit its password, nobody else may read them.
    run.database("intake").close()
    with run.database("console") as connection:
        connection.cursor().execute("create table kept (word text); insert into kept values ('still here')")
    secrets = sorted((run.state / "units").iterdir())
    assert [secret.name for secret in secrets] == ["u01.password", "u02.password"]
    assert all(secret.stat().st_mode & 0o077 == 0 for secret in secrets)

    # The broker knows the units' queues, and keeps what is in them.
    with closing(run.broker()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(
            "units.tasks", "u01.tasks", b"task", pika.BasicProperties(delivery_mode=2), True
        )

    # A second one on the same folder is refused.
    second = subprocess.run(
        run.command("run"), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert second.returncode == 1
    assert "已有千里眼在运行" in second.stderr

    # Each process is listed, its name in full, also where a line has no more than 80 characters.
    listed = subprocess.run(
        run.command("processes"),
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert listed.returncode == 0, listed.stdout
    for name, pid in run.pids().items():
        assert re.search(rf"{name} +│ {pid} +│ ready ", listed.stdout), listed.stdout

    # A process that is killed comes back; so does the database.
    killed = run.pids()["intake-facts"]
    os.kill(killed, signal.SIGKILL)
    run.lines_until("intake-facts")
    postmaster = int((run.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    run.lines_until("PostgreSQL")

    # While a door is away, the front door says so in words; the supervisor starts it again only afterwards.
    run.process.send_signal(signal.SIGSTOP)
    try:
        os.kill(run.pids()["intake-doors"], signal.SIGKILL)
        away = run.get("/api/intake/reports")
    finally:
        run.process.send_signal(signal.SIGCONT)
    assert away.status_code == 502
    assert away.headers["Content-Type"].startswith("application/problem+json")
    assert away.headers["Retry-After"] == "5"
    assert "服务暂时不可用" in away.json()["title"]
    too_large = requests.post(
        f"http://127.0.0.1:{run.port}/api/console/x", data=b"x" * 13_000_000, timeout=10
    )
    assert too_large.status_code == 413
    assert "过大" in too_large.json()["title"]

    run.lines_until("intake-doors")
    run.stop(signal.SIGTERM)
    assert run.left_behind() == []


def test_a_second_start_keeps_everything_and_ctrl_c_stops_it(run):
    run.start("--no-sample-day")

    with run.database("console") as connection:
        cursor = connection.cursor()
        cursor.execute("select word from kept")
        assert cursor.fetchone() == ("still here",)
    with closing(run.broker()) as connection:
        assert connection.channel().basic_get("unit.u01.tasks", auto_ack=True)[2] == b"task"

    # No process interrupts another when it wakes, the servers' neither.
    (broker,) = {entry.pid for entry in psutil.net_connections("tcp") if _listens(entry, run.port + 2)}
    postmaster = int((run.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    family = [run.process.pid, broker, postmaster, *run.pids().values()]
    assert {os.sched_getscheduler(pid) for pid in family} == {os.SCHED_BATCH}

    run.stop(signal.SIGINT)
    assert run.left_behind() == []


def test_what_a_killed_supervisor_left_is_ended_by_the_next(run):
    run.start("--no-sample-day", AUTOMATIC_FILING="1", REPLAY="1")
    orphans = [psutil.Process(pid) for pid in run.pids().values()]
    for environment in [orphan.environ() for orphan in orphans]:
        assert environment["AUTOMATIC_FILING"] == "1", "what the operator may decide reaches everybody"
        assert "REPLAY" not in environment, "what only an option decides does not"
    run.process.kill()
    run.process.wait(10)
    assert all(orphan.is_running() for orphan in orphans)

    lines = run.start("--no-sample-day")

    assert sum("遗留" in line for line in lines) == len(orphans)
    run.stop(signal.SIGTERM)
    assert run.left_behind() == []


def test_a_stop_in_the_middle_of_starting_leaves_nothing(run):
    environment = {**os.environ}
    run.process = subprocess.Popen(
        run.command("run"),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    run.lines_until("启动 PostgreSQL")

    run.stop(signal.SIGTERM)

    assert run.left_behind() == []


def test_a_given_server_that_does_not_answer_is_named_at_once_in_a_sentence(run, amqp_uri):
    (nobody,) = free_ports(1)
    database = {"DATABASE_URL": f"postgresql://x:geheim@127.0.0.1:{nobody}"}
    broker = {"AMQP_URI": f"amqp://x:geheim@127.0.0.1:{nobody}/city"}

    assert refused(run, database | {"AMQP_URI": amqp_uri}).startswith("DATABASE_URL: 数据库不可用")
    said = refused(run, database | broker)

    wanted = f"AMQP_URI: amqp://127.0.0.1:{nobody}/city 无应答 / does not answer: .*refused"
    assert re.fullmatch(wanted, said.strip()), said


def refused(run, given):
    """What a start on these servers says; it ends by itself, without starting anything."""
    done = subprocess.run(
        run.command("run"),
        cwd=ROOT,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "geheim" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "启动" not in done.stdout
    return done.stderr


def test_on_servers_of_the_operators_own_it_starts_none(run, postgres_url, amqp_uri):
    """A slash at the end of DATABASE_URL changes nothing; the given servers keep running."""
    names = load(CONFIG).databases
    given = {"DATABASE_URL": f"{postgres_url}/", "AMQP_URI": amqp_uri}
    with (
        (ROOM / "compose.lock").open("w") as lock,  # these are the compose test's databases too
        closing(psycopg2.connect(f"{postgres_url}/postgres")) as connection,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection.autocommit = True
        cursor = connection.cursor()
        try:
            lines = run.start("--no-sample-day", **given)
            environments = [psutil.Process(pid).environ() for pid in run.pids().values()]
            run.stop(signal.SIGTERM)
            cursor.execute("select count(*) from pg_database where datname = any(%s)", (list(names),))
            assert cursor.fetchone() == (len(names),)
        finally:
            for name in names:
                cursor.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                )

    assert not any("RabbitMQ" in line or "PostgreSQL" in line for line in lines)
    assert {one["DATABASE_URL"].rpartition("/")[0] for one in environments} == {postgres_url}
    assert {one["AMQP_URI"] for one in environments} == {given["AMQP_URI"]}
    assert run.left_behind() == []
