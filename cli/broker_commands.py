"""`qianliyan broker …` and `qianliyan units …`: topology and accounts on the broker."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from cli import accounts, topology
from cli.accounts import BrokerRefused, Management
from cli.console_client import ConsoleRefused
from cli.console_commands import client_of, logged_in
from cli.state import State


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add these subcommands."""
    running = argparse.ArgumentParser(add_help=False, parents=[logged_in(common)])
    running.add_argument(
        "--management",
        default=os.environ.get("RABBITMQ_MANAGEMENT_URL", ""),
        help="外部 RabbitMQ 的管理地址，账号取自 RABBITMQ_ADMIN、RABBITMQ_ADMIN_PASSWORD"
        " / management address of a broker that is not ours",
    )
    broker = commands.add_parser("broker", help="消息队列拓扑 / the broker's topology").add_subparsers(
        dest="what", required=True, metavar="what"
    )
    definitions = broker.add_parser(
        "definitions",
        parents=[common],
        help="输出定义文件，含口令散列 / print the definitions, with password hashes",
    )
    definitions.add_argument(
        "--without-accounts", action="store_true", help="不含账号 / leave the accounts out"
    )
    definitions.set_defaults(act=_definitions)
    broker.add_parser(
        "apply", parents=[running], help="导入到运行中的 RabbitMQ / import into the running broker"
    ).set_defaults(act=_apply)

    units = commands.add_parser(
        "units", help="责任单位的消息账号 / the responsible units' accounts"
    ).add_subparsers(dest="what", required=True, metavar="what")
    listing = units.add_parser("list", parents=[running], help="列出 / list")
    listing.add_argument(
        "--metrics",
        default="",
        help="dispatch-facts 的指标地址，“最近在线”取自此处 / where dispatch-facts tells who was seen when",
    )
    listing.set_defaults(act=_list)
    for name, act, text in (
        ("provision", _provision, "开通账号，已有的不变 / open accounts, existing ones stay as they are"),
        ("rotate", _rotate, "更换口令并断开旧连接 / new password, old connections are closed"),
        ("revoke", _revoke, "收回账号，队列保留 / take the account away, the queues stay"),
    ):
        command = units.add_parser(name, parents=[running], help=text)
        command.add_argument("codes", nargs="+", metavar="code", help="u01 … u29, all")
        command.set_defaults(act=act)


def _definitions(wanted: argparse.Namespace) -> int:
    if wanted.without_accounts:
        from case_contracts.readers import READERS

        document = topology.definitions(accounts.unit_names(), READERS)
    else:
        document = accounts.whole_document(State(wanted.state))
    print(json.dumps(document, ensure_ascii=False, indent=1))
    return 0


def _apply(wanted: argparse.Namespace) -> int:
    document = accounts.whole_document(State(wanted.state), _register(wanted))
    _management(wanted).ask("POST", "definitions", document)
    print("已导入 / imported")
    return 0


def _list(wanted: argparse.Namespace) -> int:
    names = _with_accounts(wanted, _register(wanted))
    rows = accounts.listed(_management(wanted), names, accounts.last_seen(_metrics(wanted)))
    table = Table(title="责任单位账号 / accounts of the responsible units")
    for column in ("代码\ncode", "名称\nname", "账号\naccount"):
        table.add_column(column)
    for column in ("消费者\nconsumers", "待取消息\nwaiting", "最近在线\nlast seen"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.code,
            row.name,
            "有 yes" if row.has_account else "无 no",
            str(row.consumers),
            str(row.waiting),
            "—" if row.last_seen_at is None else f"{row.last_seen_at.astimezone():%Y-%m-%d %H:%M}",
        )
    Console().print(table)
    return 0


def _provision(wanted: argparse.Namespace) -> int:
    state, management = State(wanted.state), _management(wanted)
    codes = _codes(wanted, _register(wanted))
    accounts.declare_queues(management, codes)
    for code in codes:
        new = accounts.provision(management, state, code)
        said = "已开通 / opened" if new else "已有账号，口令不变 / there already, same password"
        print(f"{code}: {said}: {state.folder / 'units' / code}.password")
    return 0


def _rotate(wanted: argparse.Namespace) -> int:
    state, management = State(wanted.state), _management(wanted)
    for code in _codes(wanted, _with_accounts(wanted, _register(wanted))):
        accounts.rotate(management, state, code)
        print(f"{code}: 已更换 / changed: {state.folder / 'units' / code}.password")
    return 0


def _revoke(wanted: argparse.Namespace) -> int:
    state, management = State(wanted.state), _management(wanted)
    for code in _codes(wanted, _with_accounts(wanted, _register(wanted))):
        had = accounts.revoke(management, state, code)
        print(f"{code}: {'已收回 / revoked' if had else '本无账号 / had no account'}")
    return 0


def _register(wanted: argparse.Namespace) -> dict[str, str]:
    """The responsible units of the handbook in force: each code with its name.

    Where no system runs, as before its first start: those of the handbook that the release brings along.
    """
    try:
        units = client_of(wanted).ask("GET", "handbook/units")["units"]
    except ConsoleRefused as refused:
        told = f"未读到已发布的手册，按随附手册 / by the bundled handbook, not the published one: {refused}"
        print(told, file=sys.stderr)
        return accounts.unit_names()
    return {one["code"]: one["name"] for one in units}


def _with_accounts(wanted: argparse.Namespace, register: dict[str, str]) -> dict[str, str]:
    """The register with the units that have an account and stand in it no more."""
    left = State(wanted.state).unit_passwords().keys() - register.keys()
    return register | dict.fromkeys(sorted(left), "已不在手册 / no longer in the handbook")


def _codes(wanted: argparse.Namespace, known: Iterable[str]) -> list[str]:
    codes = list(known) if wanted.codes == ["all"] else wanted.codes
    if unknown := set(codes) - set(known):
        raise BrokerRefused(f"没有这样的责任单位 / no such responsible unit: {', '.join(sorted(unknown))}")
    return list(codes)


def _metrics(wanted: argparse.Namespace) -> str:
    """Where dispatch tells when it last saw a unit's system."""
    return str(wanted.metrics or f"http://{wanted.table.metrics(wanted.port)['dispatch-facts']}/metrics")


def _management(wanted: argparse.Namespace) -> Management:
    if wanted.management:
        user, password = os.environ.get("RABBITMQ_ADMIN", ""), os.environ.get("RABBITMQ_ADMIN_PASSWORD", "")
        return Management(wanted.management, user, password)
    port = wanted.table.server_ports(wanted.port)["rabbitmq_management"]
    password = State(wanted.state).broker_passwords()[topology.ADMINISTRATOR_ACCOUNT]
    return Management(f"http://127.0.0.1:{port}", topology.ADMINISTRATOR_ACCOUNT, password)
