"""The command ``qianliyan-unit`` (单位终端): what the centre sends, before any program is written."""

import argparse
import getpass
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pika
from pika.exceptions import AMQPError

from unit_sdk.client import UnitClient
from unit_sdk.errors import SdkError
from unit_sdk.parking import ParkingFolder
from unit_sdk.words import as_json, in_words

ADDRESS = "QIANLIYAN_UNIT_URL"
PASSWORD = "QIANLIYAN_UNIT_PASSWORD"  # noqa: S105 - the name of a variable
CONNECT_WITHIN = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; the exit code."""
    wanted = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        return int(wanted.act(wanted))
    except (SdkError, ValueError, AMQPError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    access = argparse.ArgumentParser(add_help=False)
    access.add_argument(
        "--url",
        default=os.environ.get(ADDRESS, ""),
        help=f"消息服务器地址 amqps://u07@centre.example/city，或环境变量 {ADDRESS} / the broker's address",
    )
    access.add_argument(
        "--password-file",
        type=Path,
        help=f"口令文件；否则取 {PASSWORD}，再否则询问 / file of the password;"
        f" else from {PASSWORD}, else asked for",
    )
    parser = argparse.ArgumentParser(
        prog="qianliyan-unit", description="千里眼责任单位终端 / a responsible unit's terminal"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    check = commands.add_parser(
        "check", parents=[access], help="试连接，看有多少消息在等 / try the connection, see what waits"
    )
    check.set_defaults(act=_check)
    watch = commands.add_parser(
        "watch",
        parents=[access],
        help="显示到来的任务；显示即取走，用 --resync 可再要 / show what comes; what is shown is taken",
    )
    watch.add_argument(
        "--resync",
        action="store_true",
        help="先请中心重发全部未完成任务 / first ask for all open tasks again",
    )
    watch.add_argument("--json", action="store_true", help="每条消息一行 JSON / one line of JSON a message")
    watch.set_defaults(act=_watch)
    parked = commands.add_parser("parked", help="列出停放文件夹中的消息 / list what lies in a parking folder")
    parked.add_argument("folder", type=Path)
    parked.set_defaults(act=_parked)
    return parser


def _check(wanted: argparse.Namespace) -> int:
    url, code = _access(wanted)
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = CONNECT_WITHIN
    try:
        connection = pika.BlockingConnection(parameters)
    except AMQPError as error:
        print(f"连接不成 / no connection: {error!r}", file=sys.stderr)
        return 1
    with closing(connection):
        channel = connection.channel()
        for queue in (f"unit.{code}.urgent", f"unit.{code}.tasks"):
            found = channel.queue_declare(queue, passive=True).method
            print(
                f"{queue}: 等待 {found.message_count} 条，正在读取 {found.consumer_count} 个"
                f" / {found.message_count} waiting, {found.consumer_count} reading"
            )
    print(f"{code}: 正常 / well")
    return 0


def _watch(wanted: argparse.Namespace) -> int:
    url, code = _access(wanted)
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def show(message: object) -> None:
        text = as_json(message) if wanted.json else in_words(message, at=datetime.now(UTC), colours=colours)
        print(text, flush=True)

    client = UnitClient(url, code)
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    client.receive(show)
    try:
        if not client.wait_connected(CONNECT_WITHIN):
            print("还未连上，继续尝试 / not connected yet, trying on", file=sys.stderr)
        else:
            print(f"{code}: 已连接，Ctrl-C 结束 / connected, Ctrl-C ends", file=sys.stderr)
        if wanted.resync:
            client.resync()
        while not asked.wait(0.5):
            if client.failure is not None:
                raise client.failure
    finally:
        client.stop()
    return 0


def _parked(wanted: argparse.Namespace) -> int:
    documents = ParkingFolder(wanted.folder).documents()
    for document in documents:
        reason = document["error"].strip().splitlines()[-1]
        print(f"{document['parked_at']}  {document['message_id']}  x{document['tries']}  {reason}")
    print(f"{len(documents)} 条 / {len(documents)} parked", file=sys.stderr)
    return 0


def _access(wanted: argparse.Namespace) -> tuple[str, str]:
    """The address with the password in it, and the unit's code, which is the account."""
    parts = urlsplit(wanted.url)
    code = unquote(parts.username or "")
    if parts.scheme not in ("amqp", "amqps") or not code or not parts.hostname:
        raise ValueError("--url amqps://u07@centre.example/city")
    password = parts.password or quote(_password(wanted, code), safe="")
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(code, safe='')}:{password}@{where}").geturl(), code


def _password(wanted: argparse.Namespace, code: str) -> str:
    if wanted.password_file is not None:
        return str(wanted.password_file.read_text(encoding="utf-8")).strip()
    return os.environ.get(PASSWORD) or getpass.getpass(f"{code} 口令 / password: ")
