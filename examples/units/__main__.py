"""Run the simulated units (模拟责任单位) until Ctrl-C.

python -m examples.units             beside `make run`
python -m examples.units --amqp amqp://127.0.0.1:19002/city --base-url http://127.0.0.1:19000 \\
    --passwords-dir .local/units --speed 600 --seed 1
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from examples.units.temper import tempers
from examples.units.unit import SimulatedUnit
from unit_sdk import UnitClient


def main(arguments: Sequence[str]) -> int:
    """Start a unit for every password; stop them all when asked to."""
    wanted = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    for name in ("pika", "unit_sdk"):
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "pika" else logging.WARNING)
    passwords = read_passwords(wanted.passwords_dir)
    if not passwords:
        print(
            f"{wanted.passwords_dir}: 没有 <单位编码>.password 文件 / no <code>.password files",
            file=sys.stderr,
        )
        return 2
    tempered = tempers(passwords, wanted.seed)
    units = [
        SimulatedUnit(
            UnitClient(unit_url(wanted.amqp, code, password), code, base_url=wanted.base_url),
            tempered[code],
            speed=wanted.speed,
            seed=wanted.seed,
            wishes=wanted.wishes,
        )
        for code, password in sorted(passwords.items())
    ]
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    for unit in units:
        logging.getLogger("units").info("%s 上线（%s）", unit.client.code, unit.temper.chinese)
        unit.start()
    asked.wait()
    stop_all(units)
    return 0


def read_passwords(folder: Path) -> dict[str, str]:
    """The password of each unit, from its file ``<code>.password``."""
    return {path.stem: path.read_text().strip() for path in sorted(folder.glob("*.password"))}


def unit_url(amqp: str, code: str, password: str) -> str:
    """The broker's address with a unit's own account."""
    parts = urlsplit(amqp)
    where = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
    return f"{parts.scheme}://{code}:{quote(password, safe='')}@{where}{parts.path}"


def stop_all(units: Sequence[SimulatedUnit]) -> None:
    """All at once, since each finishes what it has in hand."""
    threads = [threading.Thread(target=unit.stop) for unit in units]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.units", description="模拟责任单位 / simulated units"
    )
    parser.add_argument(
        "--amqp", default="amqp://127.0.0.1:18002/city", help="消息服务器 / broker (%(default)s)"
    )
    parser.add_argument(
        "--base-url",
        default="http://127.0.0.1:18000",
        help="中心网址 / the centre's web address (%(default)s)",
    )
    parser.add_argument(
        "--passwords-dir",
        default=Path(".local/units"),
        type=Path,
        help="<单位编码>.password 所在目录 / folder of <code>.password files (%(default)s)",
    )
    parser.add_argument(
        "--speed", type=float, default=600.0, help="城市时间快多少倍 / times faster than life (%(default)s)"
    )
    parser.add_argument(
        "--wishes",
        action="store_true",
        help="有时申请延期、挂账 / now and then ask for extension and suspension",
    )
    parser.add_argument("--seed", type=int, default=1, help="随机种子 / chance (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
