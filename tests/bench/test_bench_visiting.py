"""The benchmarks' visitor understands what doors answer, and says so when it does not."""

import select
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.visiting import LeanHouse, NotUnderstood


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.connections.add(self.client_address)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        if self.path != "/endless":
            self.send_header("Content-Length", str(len(body)))
        if self.path == "/last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/unannounced":
            self.close_connection = True

    def do_GET(self) -> None:
        status = 204 if self.path == "/nothing" else 404
        text = self.path.encode() if status == 404 else b""
        self.send_response(status)
        if text:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as echo:
        echo.daemon_threads, echo.block_on_close = True, False
        echo.connections = set()
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        yield echo
        echo.shutdown()


@pytest.fixture
def house(server: ThreadingHTTPServer) -> LeanHouse:
    return LeanHouse(f"http://127.0.0.1:{server.server_port}")


def test_one_connection_carries_every_request_of_a_visitor(house, server):
    said = [house.call("POST", "/say", headers={"X-One": "1"}, body=f'"词 {n}"'.encode()) for n in range(3)]

    assert [answer.json() for answer in said] == ["词 0", "词 1", "词 2"]
    assert len(server.connections) == 1


def test_a_connection_that_the_door_closes_is_followed_by_another(house, server):
    for _ in range(2):
        assert house.call("POST", "/last", headers={}, body=b"1").json() == 1

    assert len(server.connections) == 2


def test_a_connection_that_was_closed_while_nobody_asked_is_followed_by_another(house, server):
    assert house.call("POST", "/unannounced", headers={}, body=b"1").json() == 1
    kept, _ = house._kept.pair
    select.select([kept], [], [], 30)

    assert house.call("POST", "/say", headers={}, body=b"2").json() == 2
    assert len(server.connections) == 2


def test_refusals_and_empty_answers_are_answers(house):
    missing = house.call("GET", "/missing", headers={}, fields={"limit": 2})
    nothing = house.call("GET", "/nothing", headers={})

    assert (missing.status, missing.data) == (404, b"/missing?limit=2")
    assert (nothing.status, nothing.data) == (204, b"")


def test_an_answer_of_unknown_length_is_not_guessed_at(house):
    with pytest.raises(NotUnderstood):
        house.call("POST", "/endless", headers={}, body=b"1")
