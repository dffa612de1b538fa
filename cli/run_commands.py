"""`qianliyan run`, `migrate`, `keys`, `processes` and `compose`."""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import psutil
import requests
from rich.console import Console
from rich.table import Table

from chassis.processor import interrupt_nobody
from cli import compose
from cli.centre import CannotStart, Centre, Jobs, Wishes, make_keys, migrate
from cli.given_servers import make_databases
from cli.infrastructure import Postgres
from cli.process_table import ROOT
from cli.state import State

COLUMNS = {
    "进程": "process",
    "进程号": "pid",
    "健康": "health",
    "已运行": "up",
    "重启": "restarts",
    "内存": "memory",
    "端口": "port",
}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add these subcommands."""
    run = commands.add_parser(
        "run", parents=[common], help="启动全部服务，Ctrl-C 停止 / start everything, Ctrl-C stops"
    )
    run.add_argument(
        "--replay", action="store_true", help="时间取自请求，仅供演示 / time comes from the requests"
    )
    run.add_argument(
        "--no-sample-day",
        action="store_true",
        help="不演示样例日（--replay 时从不演示） / do not play the sample day (with --replay it never is)",
    )
    run.add_argument(
        "--no-infrastructure",
        action="store_true",
        help="不启动自带的服务器，须给出 DATABASE_URL 和 AMQP_URI / start no private servers",
    )
    run.add_argument("--prometheus", action="store_true", help="同时启动 Prometheus / start Prometheus too")
    run.set_defaults(act=_run)

    commands.add_parser(
        "migrate",
        parents=[common],
        help="更新各服务数据库结构 / migrate all databases (DATABASE_URL: the server)",
    ).set_defaults(act=_migrate)
    commands.add_parser("keys", parents=[common], help="生成缺少的密钥 / make the missing keys").set_defaults(
        act=_keys
    )
    commands.add_parser(
        "processes", parents=[common], help="列出进程及健康状况 / list the processes and their health"
    ).set_defaults(act=_processes)
    commands.add_parser(
        "compose", parents=[common], help="由进程表生成 docker-compose.yml / write docker-compose.yml"
    ).set_defaults(act=_compose)


def _say(text: str) -> None:
    print(text, flush=True)


def _run(wanted: argparse.Namespace) -> int:
    wishes = Wishes(
        port=wanted.port,
        replay=wanted.replay,
        sample_day=not (wanted.no_sample_day or wanted.replay),
        infrastructure=not wanted.no_infrastructure,
        prometheus=wanted.prometheus,
        database_server=_database_server(),
        amqp_uri=os.environ.get("AMQP_URI", ""),
    )
    if wanted.no_infrastructure and not (wishes.database_server and wishes.amqp_uri):
        raise CannotStart(
            "--no-infrastructure 需要 DATABASE_URL 和 AMQP_URI / needs DATABASE_URL and AMQP_URI"
        )
    interrupt_nobody()  # nor do the servers, which are started from here
    Centre(wanted.table, State(wanted.state), wishes, _say).run()
    return 0


def _database_server() -> str:
    """The server that was given to us, to which each database's name is added."""
    return os.environ.get("DATABASE_URL", "").rstrip("/")


def _migrate(wanted: argparse.Namespace) -> int:
    server = _database_server()
    if not server:
        postgres = Postgres(wanted.state / "postgres", wanted.table.server_ports(wanted.port)["postgres"])
        if not postgres.is_running():
            raise CannotStart("PostgreSQL 未运行，或给出 DATABASE_URL / is not running; or say DATABASE_URL")
        server = postgres.url()
    make_databases(server, wanted.table.databases)
    migrate(wanted.table, {"database_server": server}, State(wanted.state), _until_done)
    return 0


def _until_done(jobs: Jobs) -> None:
    failed = [name for name, process, _ in jobs if process.wait() != 0]
    if failed:
        raise CannotStart(f"失败 / failed: {', '.join(failed)}；日志 / logs: {jobs[0][2].parent}")


def _keys(wanted: argparse.Namespace) -> int:
    make_keys(State(wanted.state))
    return 0


def _processes(wanted: argparse.Namespace) -> int:
    noted = State(wanted.state).noted_running()
    table = Table(title="进程 / processes")
    for chinese, english in COLUMNS.items():
        table.add_column(f"{chinese}\n{english}", no_wrap=True)
    listed = [_row(entry) for entry in noted.get("processes", [])]
    for row in listed:
        table.add_row(*row)
    Console().print(table)
    return 0 if listed and all(row[2] == "ready" for row in listed) else 1


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    port = entry["health"].split(":")[2].split("/")[0]
    try:
        process = psutil.Process(entry["pid"])
        if abs(process.create_time() - entry["created"]) > 1:
            raise psutil.NoSuchProcess(entry["pid"])
        memory = f"{process.memory_info().rss / 1e6:.0f} MB"
    except psutil.NoSuchProcess:
        return entry["name"], str(entry["pid"]), "gone", "", str(entry["restarts"]), "", port
    try:
        health = "ready" if requests.get(entry["health"], timeout=3).status_code == 200 else "not ready"
    except requests.RequestException:
        health = "no answer"
    age = f"{time.time() - entry['created']:.0f} s"
    return entry["name"], str(entry["pid"]), health, age, str(entry["restarts"]), memory, port


def _compose(wanted: argparse.Namespace) -> int:
    for path in compose.write(wanted.table, ROOT):
        print(path)
    return 0
