"""The `qianliyan` command (千里眼): run, look after and connect the centre."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from cli import broker_commands, console_commands, contract_commands, handbook_commands, run_commands
from cli.accounts import BrokerRefused
from cli.centre import CannotStart
from cli.console_client import ConsoleRefused
from cli.contracts.catalogue import Undescribed
from cli.given_servers import GivenServerUnusable
from cli.infrastructure import ServerDidNotStart
from cli.process_table import ROOT, TableBroken, load
from cli.state import AlreadyRunning

EXPECTED = (
    AlreadyRunning,
    BrokerRefused,
    CannotStart,
    ConsoleRefused,
    GivenServerUnusable,
    ServerDidNotStart,
    TableBroken,
    Undescribed,
)


def parser() -> argparse.ArgumentParser:
    """All subcommands; each adds its own in its module."""
    top = argparse.ArgumentParser(
        prog="qianliyan", description="千里眼 数字化城管指挥中心 / the city's management centre"
    )
    top.add_argument("--config", type=Path, default=ROOT / "config.yml", help="进程表 / the process table")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state",
        type=lambda text: Path(text).absolute(),
        default=Path(os.environ.get("QIANLIYAN_STATE", ROOT / ".local")),
        help="数据目录 / folder of data, keys and logs (.local)",
    )
    common.add_argument(
        "--port", type=int, help="入口端口，其他端口随之移动 / the front door; all other ports follow"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    for module in (run_commands, broker_commands, console_commands, contract_commands, handbook_commands):
        module.add_to(commands, common)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand; expected troubles are told in one line and exit with 1."""
    wanted = parser().parse_args(arguments)
    act: Callable[[argparse.Namespace], int] = wanted.act
    try:
        wanted.table = load(wanted.config)
        wanted.port = wanted.port or wanted.table.port
        return act(wanted)
    except EXPECTED as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
