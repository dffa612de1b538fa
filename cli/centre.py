"""The whole centre (指挥中心) under one roof: servers, migrations, processes and front door."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from cli import accounts, example_logins, topology
from cli.given_servers import look_at_broker, make_databases, without_login
from cli.infrastructure import (
    Nginx,
    Postgres,
    Prometheus,
    RabbitMQ,
    ServerDidNotStart,
)
from cli.infrastructure.server import port_is_open
from cli.process_table import ROLES, ROOT, Process, ProcessTable, RunningProcess, with_this_python
from cli.state import Kind, State
from cli.supervisor import Supervisor

READY_WITHIN = 120.0
EVERY = 0.1
LOOK_EVERY = 1.0
WRONG_KIND = {
    Kind.NORMAL: "存有正常运行的数据，不能用于 --replay，请用 --state 另指目录"
    " / holds the data of a normal run; give --replay a --state folder of its own",
    Kind.REPLAY: "存有重放（--replay）的数据，不能用于正常运行，请用 --state 另指目录"
    " / holds the data of a replay; give the normal run a --state folder of its own",
}


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C or SIGTERM."""


class CannotStart(RuntimeError):
    """The centre cannot start, and this is why."""


class Server(Protocol):
    """What the centre needs of a private server."""

    def is_alive(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Wishes:
    """What the person at the command line asked for."""

    port: int
    replay: bool = False
    sample_day: bool = True
    infrastructure: bool = True
    prometheus: bool = False
    database_server: str = ""
    amqp_uri: str = ""


@dataclass
class Centre:
    """One installation, running."""

    table: ProcessTable
    state: State
    wishes: Wishes
    say: Callable[[str], None]
    servers: dict[str, tuple[Server, Callable[[], None]]] = field(default_factory=dict)
    supervisor: Supervisor | None = None
    stop_asked: bool = False
    is_ready: bool = False
    next_look: float = 0.0

    def run(self) -> None:
        """Start everything, tend it until somebody asks us to stop, stop everything."""
        with self.state.owned(), self._signals():
            try:
                self._start()
                while True:
                    self._moment()
            except Stopped:
                self.say("正在停止… / stopping…")
            finally:
                self._stop()
        self.say("已停止 / stopped")

    # --- starting -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._clear_up()
        self._keep_to_kind()
        first_time = not (self.state.folder / "example-logins.csv").exists()
        places = self._start_servers()
        make_keys(self.state)
        self._migrate(places)
        self._start_processes(places)
        self._wait_until_ready()
        if first_time:
            self._first_start("example_accounts", places)
        self._open_front_door()
        url = f"http://127.0.0.1:{self.wishes.port}"
        self.say(example_logins.told(self.state.folder / "example-logins.csv"))
        for words, entry in (
            ("工作台 / desks", "desk"),
            ("城管通 / collectors", "collector"),
            ("公众 / public", "public"),
        ):
            self.say(f"{words}: {url}/{entry}/")
        self.say(f"ready {url}")
        self.is_ready = True
        if first_time and self.wishes.sample_day:
            self.say("演示样例日… / playing a sample day…")
            self._first_start("sample_day", places)

    def _keep_to_kind(self) -> None:
        wanted = Kind.REPLAY if self.wishes.replay else Kind.NORMAL
        held = self.state.kind(at_first=wanted)
        if held is not wanted:
            raise CannotStart(f"{self.state.folder} {WRONG_KIND[held]}")

    def _clear_up(self) -> None:
        for process in self.state.survivors():
            self.say(f"结束上次遗留的进程 {process.pid} / ending process {process.pid} of an earlier run")
            process.terminate()
        _, stubborn = psutil.wait_procs(self.state.survivors(), timeout=10)
        for process in stubborn:
            process.kill()
        taken = self._foreign_ports()
        if taken:
            raise CannotStart(
                f"端口已被占用，请用 --port 换一个 / ports are in use, choose another --port: {taken}"
            )

    def _foreign_ports(self) -> str:
        left_or_not_ours = self._private_servers_alive() or not self.wishes.infrastructure
        ours = {"front door", *self.table.servers} if left_or_not_ours else set()
        ports = self.table.all_ports(self.wishes.port)
        return ", ".join(
            f"{port} ({owner})" for owner, port in ports.items() if owner not in ours and port_is_open(port)
        )

    def _private_servers_alive(self) -> bool:
        return self._postgres().is_alive() or self._rabbitmq().is_alive()

    def _postgres(self) -> Postgres:
        return Postgres(self.state.folder / "postgres", self._port("postgres"))

    def _rabbitmq(self) -> RabbitMQ:
        names = (
            "rabbitmq",
            "rabbitmq_management",
            "rabbitmq_metrics",
            "rabbitmq_distribution",
            "rabbitmq_epmd",
        )
        return RabbitMQ(self.state.folder / "rabbitmq", *(self._port(name) for name in names))

    def _port(self, server: str) -> int:
        return self.table.server_ports(self.wishes.port)[server]

    def _start_servers(self) -> dict[str, str]:
        amqp_uri, database_server = self.wishes.amqp_uri, self.wishes.database_server
        if amqp_uri:
            look_at_broker(amqp_uri)
        else:
            amqp_uri = self._start_broker()
        if not database_server:
            database_server = self._start_database()
        make_databases(database_server, self.table.databases)
        return {"database_server": database_server, "amqp_uri": amqp_uri, "state": str(self.state.folder)}

    def _start_broker(self) -> str:
        """The slowest to boot, so first, and nobody waits for it here."""
        rabbitmq = self._rabbitmq()
        passwords = self.state.broker_passwords()
        document = accounts.whole_document(self.state)

        def start() -> None:
            rabbitmq.start(document, wait=False)

        self.servers["RabbitMQ"] = (rabbitmq, start)
        self.say("启动 RabbitMQ… / starting RabbitMQ…")
        start()
        return rabbitmq.amqp_uri(
            topology.SERVICE_ACCOUNT, passwords[topology.SERVICE_ACCOUNT], topology.VHOST
        )

    def _start_database(self) -> str:
        postgres = self._postgres()
        self.servers["PostgreSQL"] = (postgres, postgres.start)
        self.say("启动 PostgreSQL… / starting PostgreSQL…")
        postgres.start()
        return postgres.url()

    def _migrate(self, places: Mapping[str, str]) -> None:
        stamp, digest = self._postgres().folder / "migrated", migrations_digest(self.table)
        if not self.wishes.database_server and stamp.exists() and stamp.read_text() == digest:
            return
        self.say("更新数据库结构… / migrating the databases…")
        migrate(self.table, places, self.state, self._until_done)
        if not self.wishes.database_server:
            stamp.write_text(digest)

    def _start_processes(self, places: Mapping[str, str]) -> None:
        extra = {"REPLAY": "1"} if self.wishes.replay else {}
        running = self.table.placed(self.wishes.port, places, extra, os.environ)
        self.supervisor = Supervisor(self.state.room("logs"), self.say, self._note)
        self.say(f"启动 {len(running)} 个进程… / starting {len(running)} processes…")
        started = 0 if self.wishes.amqp_uri else self._start_while_broker_boots(self.supervisor, running)
        self.supervisor.start(running[started:])

    def _start_while_broker_boots(self, supervisor: Supervisor, running: Sequence[RunningProcess]) -> int:
        """One after another, and only doors, which need no broker; how many were started.

        All wait for the broker in the end, and all at once would keep the cores from it.
        """
        broker = self._rabbitmq()
        started = 0
        for place in running:
            if place.role != "doors" or broker.is_running():
                break
            supervisor.start([place])
            started += 1
            self._wait_for({place.name: lambda: broker.is_running() or supervisor.children[-1].is_ready()})
        self._wait_for({"RabbitMQ": broker.is_running})
        return started

    def _wait_until_ready(self) -> None:
        assert self.supervisor is not None
        self._wait_for({child.place.name: child.is_ready for child in self.supervisor.children})

    def _wait_for(self, waiting: dict[str, Callable[[], bool]]) -> None:
        """Ask one after another, since asking takes time from those who are starting."""
        deadline = time.monotonic() + READY_WITHIN
        while waiting:
            name, is_ready = next(iter(waiting.items()))
            if is_ready():
                del waiting[name]
                continue
            if time.monotonic() > deadline:
                late = ", ".join(name for name, is_ready in waiting.items() if not is_ready())
                raise CannotStart(f"未就绪 / not ready: {late}；日志 / logs: {self.state.folder / 'logs'}")
            self._moment()

    def _open_front_door(self) -> None:
        if not self.wishes.infrastructure:
            return
        port, callers = self.wishes.port, self.table.callers(os.environ)
        nginx = Nginx(self.state.folder / "nginx", port, self.table.local_doors(port), callers)
        self.servers["nginx"] = (nginx, nginx.start)
        nginx.start()
        if self.wishes.prometheus:
            metrics = self.table.metrics(self.wishes.port)
            # What a broker that was given to us measures, its own operators know where to find.
            brokers = () if self.wishes.amqp_uri else (f"127.0.0.1:{self._port('rabbitmq_metrics')}",)
            prometheus = Prometheus(
                self.state.folder / "prometheus", self._port("prometheus"), metrics, brokers
            )
            self.servers["Prometheus"] = (prometheus, prometheus.start)
            prometheus.start()

    def _first_start(self, name: str, places: Mapping[str, str]) -> None:
        """Run a command of the first start, tending the others meanwhile; a failure is told, not fatal."""
        console = next(process for process in self.table.processes if process.service == "console")
        told = self.table.placed(self.wishes.port, places, {}, os.environ)[
            self.table.processes.index(console)
        ].environment
        environment = {
            **os.environ,
            **told,
            "FRONT_DOOR_URL": f"http://127.0.0.1:{self.wishes.port}",
            "UNITS_AMQP": without_login(places["amqp_uri"]),
        }
        log = self.state.room("logs") / f"{name}.log"
        with log.open("ab") as output:
            command = with_this_python(self.table.first_start[name])
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        self._until_done([(name, process, log)], fatal=False)

    def _until_done(self, jobs: Jobs, *, fatal: bool = True) -> None:
        try:
            while any(process.poll() is None for _, process, _ in jobs):
                self._moment()
        finally:
            for _, process, _ in jobs:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for name, process, log in jobs:
            if process.returncode != 0:
                text = f"{name} 失败，日志 {log} / failed, log {log}"
                if fatal:
                    raise CannotStart(text)
                self.say(text)

    # --- tending --------------------------------------------------------------------------------------------

    def _moment(self) -> None:
        """One beat: leave if asked to, restart whatever died, wait a little."""
        if self.stop_asked:
            raise Stopped
        if time.monotonic() >= self.next_look:
            self._look_after_servers()
        if self.supervisor is not None:
            self.supervisor.tend()
        time.sleep(EVERY)

    def _look_after_servers(self) -> None:
        self.next_look = time.monotonic() + LOOK_EVERY
        for name, (server, start) in self.servers.items():
            if server.is_alive():
                continue
            if not self.is_ready:
                log = self.state.folder / name.lower()
                raise CannotStart(f"{name} 没有启动，日志在 / did not start, its log is in {log}")
            self.say(f"{name} 已停，重新启动 / {name} is down and is started again")
            try:
                start()
            except ServerDidNotStart as failure:
                self.say(str(failure))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def ask(_number: int, _frame: object) -> None:
            self.stop_asked = True

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self) -> None:
        assert self.supervisor is not None
        noted = {"pid": os.getpid(), "port": self.wishes.port, "processes": self.supervisor.running()}
        self.state.note_running(noted)

    # --- stopping -------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        if self.supervisor is not None:
            self.supervisor.stop(ROLES)
        for name in ("nginx", "Prometheus", "RabbitMQ", "PostgreSQL"):
            if name in self.servers:
                self.servers[name][0].stop()


Jobs = Sequence[tuple[str, "subprocess.Popen[bytes]", Path]]


def make_keys(state: State) -> None:
    """Make whatever signing and sealing keys are missing."""
    from chassis import sealing, tokens

    keys = state.room("keys")
    keys.chmod(0o700)
    tokens.make_keys(keys)
    if not (keys / "personal.key").exists():
        sealing.make_key(keys / "personal.key")
    state.room("attachments")


def migrate(
    table: ProcessTable,
    places: Mapping[str, str],
    state: State,
    until_done: Callable[[Jobs], None],
) -> None:
    """Bring every service's database up to date, all of them at once."""
    jobs = []
    for process in _one_a_service(table):
        log = state.room("logs") / f"{process.service}-migrate.log"
        environment = {**os.environ, "DATABASE_URL": f"{places['database_server']}/{process.service}"}
        with log.open("ab") as output:
            migration = subprocess.Popen(
                with_this_python(process.migration),
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        jobs.append((f"migrate {process.service}", migration, log))
    until_done(jobs)


def migrations_digest(table: ProcessTable) -> str:
    """A digest of all migrations, so that a start which has none to apply need not look."""
    digest = hashlib.sha256(
        repr((table.databases, [process.migration for process in table.processes])).encode()
    )
    folders = [ROOT / "chassis", ROOT / "services", ROOT / "console"]
    for file in sorted(path for folder in folders for path in folder.glob("**/migrations/**/*.py")):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def _one_a_service(table: ProcessTable) -> list[Process]:
    # The command of a work process names the module of its work, not the service's.
    return list({line.service: line for line in table.processes if line.role != "work"}.values())
