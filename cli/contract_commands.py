"""`qianliyan contracts …`: the messages written down, for tools and for readers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from cli import contracts


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add these subcommands."""
    what = commands.add_parser("contracts", help="消息文档 / the messages written down").add_subparsers(
        dest="what", required=True, metavar="what"
    )
    sampled = argparse.ArgumentParser(add_help=False, parents=[common])
    sampled.add_argument(
        "--samples", type=Path, default=contracts.SAMPLES, help="样例目录 / folder of sample messages"
    )
    for name, act, text in (
        ("asyncapi", _asyncapi, "输出 AsyncAPI 3 文档 / print the AsyncAPI 3 document"),
        ("reference", _reference, "输出消息手册 / print the message reference"),
        ("write", _write, "写入 docs/ / write both into docs/"),
        ("check", _check, "检查 docs/ 是否最新 / are both in docs/ up to date?"),
    ):
        what.add_parser(name, parents=[sampled], help=text).set_defaults(act=act)
    doors = what.add_parser(
        "doors", parents=[common], help="写出各服务的 OpenAPI 文档 / write each service's OpenAPI document"
    )
    doors.add_argument("folder", type=Path, help="写入的目录 / where to")
    doors.set_defaults(act=_doors)


def _asyncapi(wanted: argparse.Namespace) -> int:
    sys.stdout.write(contracts.pages(wanted.samples)[contracts.ASYNCAPI])
    return 0


def _reference(wanted: argparse.Namespace) -> int:
    sys.stdout.write(contracts.pages(wanted.samples)[contracts.REFERENCE])
    return 0


def _write(wanted: argparse.Namespace) -> int:
    for path, text in contracts.pages(wanted.samples).items():
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


def _doors(wanted: argparse.Namespace) -> int:
    from cli.contracts import doors  # imports every service

    for path in doors.write(wanted.folder):
        print(path)
    return 0


def _check(wanted: argparse.Namespace) -> int:
    """Say which page lags behind; 1 if one does."""
    lagging = [
        path
        for path, text in contracts.pages(wanted.samples).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in lagging:
        print(f"{path}: 已过期，请运行 qianliyan contracts write / lags behind", file=sys.stderr)
    return 1 if lagging else 0
