"""`qianliyan parked …` and `qianliyan watch`: clients of the running console."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.console_client import ConsoleClient, ConsoleRefused, example_login
from cli.watch import watch

OPERATIONS = "operations"


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add these subcommands."""
    person = logged_in(common)
    parked = commands.add_parser("parked", help="停放的消息 / parked messages").add_subparsers(
        dest="what", required=True, metavar="what"
    )
    listing = parked.add_parser("list", parents=[person], help="列出 / list")
    listing.add_argument("--status", default="open", help="open, replayed, discarded")
    listing.set_defaults(act=_list)
    for name, act, text in (
        ("show", _show, "查看一条 / show one"),
        ("replay", _replay, "重新投递 / replay"),
        ("discard", _discard, "作废并说明原因 / discard, with a reason"),
    ):
        command = parked.add_parser(name, parents=[person], help=text)
        command.add_argument("ids", nargs="+", metavar="id")
        if name == "discard":
            command.add_argument("--reason", required=True, help="原因 / why")
        command.set_defaults(act=act)

    watching = commands.add_parser(
        "watch", parents=[person], help="终端实时案件 / live cases in the terminal"
    )
    watching.add_argument("--every", type=float, default=1.0, help="刷新间隔（秒） / seconds between looks")
    watching.add_argument("--limit", type=int, default=40, help="行数 / rows")
    watching.add_argument("--once", action="store_true", help="只打印一次 / print once and leave")
    watching.set_defaults(act=_watch)


def logged_in(common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options of whoever speaks with the running house."""
    person = argparse.ArgumentParser(add_help=False, parents=[common])
    person.add_argument("--url", help="入口地址 / address of the front door")
    person.add_argument(
        "--login", help="账号，口令取自 QIANLIYAN_PASSWORD / account; its password is in QIANLIYAN_PASSWORD"
    )
    return person


def client_of(wanted: argparse.Namespace, role: str = OPERATIONS) -> ConsoleClient:
    """Whoever is told, or the example account of a role."""
    url = wanted.url or f"http://127.0.0.1:{wanted.port}"
    if wanted.login:
        if "QIANLIYAN_PASSWORD" not in os.environ:
            raise ConsoleRefused("请设置 QIANLIYAN_PASSWORD / set QIANLIYAN_PASSWORD")
        return ConsoleClient(url, wanted.login, os.environ["QIANLIYAN_PASSWORD"])
    return ConsoleClient(url, *example_login(wanted.state, role))


def _list(wanted: argparse.Namespace) -> int:
    answer = client_of(wanted).ask("GET", "parked", status=wanted.status)
    rows = (
        answer
        if isinstance(answer, list)
        else next(value for value in answer.values() if isinstance(value, list))
    )
    table = Table(title="停放的消息 / parked messages")
    for column in ("编号 id", "队列 queue", "原因 reason", "错误 error", "时间 parked at", "状态 status"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            *(str(row.get(name) or "") for name in ("id", "queue", "reason", "error", "parked_at", "status"))
        )
    Console().print(table)
    return 0


def _show(wanted: argparse.Namespace) -> int:
    client = client_of(wanted)
    for number in wanted.ids:
        print(json.dumps(client.ask("GET", f"parked/{number}"), ensure_ascii=False, indent=2))
    return 0


def _replay(wanted: argparse.Namespace) -> int:
    client = client_of(wanted)
    for number in wanted.ids:
        client.ask("POST", f"parked/{number}/replay", {})
        print(f"{number}: 已重新投递 / replayed")
    return 0


def _discard(wanted: argparse.Namespace) -> int:
    client = client_of(wanted)
    for number in wanted.ids:
        client.ask("POST", f"parked/{number}/discard", {"reason": wanted.reason})
        print(f"{number}: 已作废 / discarded")
    return 0


def _watch(wanted: argparse.Namespace) -> int:
    watch(client_of(wanted), Console(), every=wanted.every, once=wanted.once, limit=wanted.limit)
    return 0
