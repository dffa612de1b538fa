"""`qianliyan parked …` and `watch` as clients of the console, which is played by a small HTTP server here."""

import http.server
import io
import json
import threading
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console

from cli import main
from cli.console_client import ConsoleClient
from cli.watch import COLUMNS, watch

pytestmark = pytest.mark.infra

PARKED = {
    "id": "p1",
    "queue": "intake.facts",
    "reason": "ValueError",
    "error": "never works",
    "parked_at": "2026-11-24T08:00:00Z",
    "status": "open",
}
ROW = {
    "number": "4105232026112400001",
    "report_number": "R2026112400001",
    "place": "人民路与文化路交叉口",
    "photo": "abc",
    "grid": "410523001001",
    "category": "公用设施",
    "subcategory": "上水井盖",
    "kind": "部件",
    "state_text": "处置中",
    "unit_name": "县自来水公司",
    "updated_at": "2026-11-24T08:00:00Z",
}


class PlayedConsole(http.server.BaseHTTPRequestHandler):
    """Knows one account, one parked message and one live row; remembers what it was asked."""

    asked: ClassVar[list[tuple[str, str, object]]] = []
    tokens = 0

    def do_GET(self):
        path = urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer t{type(self).tokens}":
            return self.answer(401, {"title": "请登录"})
        if path.path.endswith("/live"):
            return self.answer(200, {"rows": [ROW], "cursor": "7"})
        if path.path.endswith("/parked"):
            self.asked.append(("GET", "parked", parse_qs(path.query)))
            return self.answer(200, {"parked": [PARKED]})
        if path.path.endswith("/parked/p1"):
            return self.answer(200, PARKED)
        return self.answer(404, {"title": "没有这样的内容", "detail": "parked/p9"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/login"):
            if body != {"login": "ops", "password": "secret"}:
                return self.answer(401, {"title": "账号或口令错误"})
            type(self).tokens += 1
            return self.answer(200, {"token": f"t{type(self).tokens}"})
        self.asked.append(("POST", self.path.removeprefix("/api/console/"), body))
        return self.answer(200, {})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def console():
    PlayedConsole.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PlayedConsole)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def qianliyan(console, tmp_path, capsys):
    logins = "login,password,name,role,scope\nadmin,x,管理员,administrator,\nops,secret,运维,operations,\n"
    (tmp_path / "example-logins.csv").write_text(logins, encoding="utf-8")

    def command(*words):
        code = main.main([*words, "--state", str(tmp_path), "--url", console])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


def test_parked_messages_are_listed_by_the_operations_account(qianliyan):
    code, printed = qianliyan("parked", "list")

    assert code == 0
    assert "never" in printed
    assert PlayedConsole.asked == [("GET", "parked", {"status": ["open"]})]


def test_a_parked_message_is_shown_replayed_and_discarded_with_a_reason(qianliyan):
    assert json.loads(qianliyan("parked", "show", "p1")[1])["error"] == "never works"
    assert qianliyan("parked", "replay", "p1")[0] == 0
    assert qianliyan("parked", "discard", "p1", "--reason", "重复")[0] == 0

    assert PlayedConsole.asked == [
        ("POST", "parked/p1/replay", {}),
        ("POST", "parked/p1/discard", {"reason": "重复"}),
    ]


def test_a_refusal_of_the_console_is_told_in_its_words(qianliyan):
    code, printed = qianliyan("parked", "show", "p9")

    assert code == 1
    assert "没有这样的内容" in printed


def test_a_console_that_is_away_is_one_line_not_a_traceback(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("QIANLIYAN_PASSWORD", "secret")

    code = main.main(
        ["parked", "list", "--login", "ops", "--url", "http://127.0.0.1:9", "--state", str(tmp_path)]
    )

    assert code == 1
    assert "控制台无应答" in capsys.readouterr().err


def test_watch_shows_the_live_cases_in_the_columns_of_the_list(console):
    page = Console(file=io.StringIO(), width=240)

    watch(ConsoleClient(console, "ops", "secret"), page, every=1, once=True, limit=10)

    text = page.file.getvalue()
    for column in COLUMNS:
        assert column in text
    for word in (
        "4105232026112400001",
        "人民路与文化路交叉口",
        "有",
        "公用设施",
        "上水井盖",
        "部件",
        "处置中",
        "县自来水公司",
    ):
        assert word in text


def test_a_token_that_has_run_out_is_renewed(console):
    client = ConsoleClient(console, "ops", "secret")
    client.ask("GET", "live")
    PlayedConsole.tokens += 1  # the console no longer knows the token

    assert client.ask("GET", "live")["cursor"] == "7"
