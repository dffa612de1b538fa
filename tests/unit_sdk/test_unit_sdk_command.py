"""`qianliyan-unit` in a unit's terminal, on the real broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.unit_sdk.sdk_kit import Centre, a_task, eventually
from unit_sdk import Parked
from unit_sdk.parking import ParkingFolder

ROOT = Path(__file__).parents[2]


class Terminal:
    """Runs the command as a process of its own."""

    def __init__(self, city_vhost: str, out: Path) -> None:
        parts = urlsplit(city_vhost)
        self.url = f"amqp://u01@127.0.0.1:{parts.port}{parts.path}"
        self.out = out
        self.running: list[subprocess.Popen[bytes]] = []

    def begin(self, *words: str, password: str = "secret-u01") -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "QIANLIYAN_UNIT_URL": self.url,
            "QIANLIYAN_UNIT_PASSWORD": password,
        }
        with self.out.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "unit_sdk", *words],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        return process

    @property
    def text(self) -> str:
        return self.out.read_text()


@pytest.fixture
def terminal(city_vhost: str, tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(city_vhost, tmp_path / "terminal")
    yield terminal
    for process in terminal.running:
        process.kill()
        process.wait(60)


@pytest.mark.infra
def test_watch_shows_tasks_as_they_come_and_ends_in_order(centre: Centre, terminal: Terminal):
    watching = terminal.begin("watch", "--resync")
    eventually(lambda: "已连接" in terminal.text)
    assert centre.heard(1)[0][2].type == "resync"

    centre.tell(a_task(urgency="major"), urgent=True)
    centre.tell(a_task(2, round=2, rework_reason="仍有积水"))

    eventually(lambda: terminal.text.count("文王路") == 2)
    for shown in ("派遣 task", "重大 major", "道路破损", "第 2 轮", "仍有积水", "截止 due"):
        assert shown in terminal.text
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 0
    assert centre.depth("unit.u01.tasks") == centre.depth("unit.u01.urgent") == 0
    assert "secret-u01" not in terminal.text


@pytest.mark.infra
def test_watch_gives_one_line_of_json_a_message_to_other_programs(centre: Centre, terminal: Terminal):
    terminal.begin("watch", "--json")

    centre.tell(a_task())

    eventually(lambda: "case_number" in terminal.text and terminal.text.endswith("\n"))
    (line,) = [line for line in terminal.text.splitlines() if line.startswith("{")]
    assert json.loads(line)["type"] == "task"


@pytest.mark.infra
def test_check_says_what_waits_and_takes_nothing(centre: Centre, terminal: Terminal):
    centre.tell(a_task(1), a_task(2))

    assert terminal.begin("check").wait(60) == 0

    assert "unit.u01.tasks: 等待 2 条" in terminal.text
    assert centre.depth("unit.u01.tasks") == 2


@pytest.mark.infra
def test_a_wrong_password_is_told_and_not_shown(terminal: Terminal):
    assert terminal.begin("check", password="wrong-secret").wait(30) == 1

    assert "连接不成" in terminal.text
    assert "wrong-secret" not in terminal.text


def test_parked_messages_are_listed_with_the_last_line_of_their_error(tmp_path: Path):
    error = "Traceback …\nValueError: no such street\n"
    folder = ParkingFolder(tmp_path / "parked")
    folder(Parked(message_id="m-1", message=None, body=b"{}", tries=5, error=error, at=a_task().due_at))

    ran = subprocess.run(
        [sys.executable, "-m", "unit_sdk", "parked", str(folder.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "2026-05-04T04:00:00+00:00  m-1  x5  ValueError: no such street\n"
