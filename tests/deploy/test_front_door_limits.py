"""The front door's pace: what one address may ask without a login, tried on a real nginx."""

import importlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple

import pytest

from chassis.doors import doors_of
from cli import process_table
from cli.callers import Callers
from cli.infrastructure import Nginx, free_ports, wait_until
from cli.process_table import TableBroken

pytestmark = [pytest.mark.infra, pytest.mark.timed]

SERVICES = ("console", "intake", "dispatch", "hotline", "assessment")
WITHOUT_PACE = {
    ("GET", "/api/intake/attachments/<sha256>"): "asks for a person's token or a signed link itself",
    ("GET", "/api/console/handbook/archives/<version>"): "closed to everybody outside",
}
"""Doors that need no login and are not counted, and why."""
MORE_THAN_ANY_BURST = 500

_addresses = count(2)


class _Service(BaseHTTPRequestHandler):
    """Answers everything with the address that it was told."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece, which nobody's Nagle holds back

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = self.headers["X-Forwarded-For"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_PUT = do_GET  # noqa: N815 - so the library calls them

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class Answer(NamedTuple):
    status: int
    headers: Message
    text: str


class Caller:
    """Somebody at an address of their own; all of 127.0.0.0/8 reaches the front door."""

    def __init__(self, port: int, address: str | None = None) -> None:
        self.address = address or f"127.0.1.{next(_addresses)}"
        self._door = HTTPConnection("127.0.0.1", port, timeout=10, source_address=(self.address, 0))

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        self._door.request(method, path, headers=headers)
        answer = self._door.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())

    def passed(self, method: str, path: str, times: int, **headers: str) -> int:
        """How many of so many requests came through before one did not."""
        for number in range(times):
            if self.ask(method, path, **headers).status == 429:
                return number
        return times


@pytest.fixture(scope="module")
def service() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def front_door(service: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened: list[Nginx] = []

    def open_for(*, also: tuple[str, ...] = (), **told: str) -> int:
        folder, web = tmp_path_factory.mktemp("nginx") / "nginx", tmp_path_factory.mktemp("web")
        (web / "desk.html").write_text("<!doctype html>")
        (port,) = free_ports(1)
        doors = {name: [f"127.0.0.1:{service}", *also] for name in SERVICES}
        callers = process_table.load().callers(told)
        opened.append(Nginx(folder, port, doors, callers, web))
        opened[-1].start()
        return port

    yield open_for
    for one in opened:
        one.stop()
        shutil.rmtree(one.folder.resolve(), ignore_errors=True)


@pytest.fixture(scope="module")
def counting(front_door: Any) -> int:
    """A front door that counts everybody, and believes one proxy."""
    return int(front_door(UNLIMITED_NETWORKS="127.0.3.0/24", TRUSTED_PROXIES="127.0.2.1"))


def open_doors() -> Iterator[tuple[str, str]]:
    """Every door of ours that needs no login."""
    for name in ("console.service", *(f"services.{name}.service" for name in SERVICES[1:])):
        app = importlib.import_module(name).app
        yield "GET", f"/api/{app.name}/openapi.json"
        for kind in app.door_classes():
            yield from ((one.method, one.route) for one in doors_of(kind) if one.public)


@pytest.mark.parametrize(("method", "path"), sorted(set(open_doors())))
def test_each_door_that_needs_no_login_has_a_pace(counting, method, path):
    passed = Caller(counting).passed(method, path.replace("<", "").replace(">", ""), MORE_THAN_ANY_BURST)

    assert (passed == MORE_THAN_ANY_BURST) == ((method, path) in WITHOUT_PACE), passed


def test_a_door_with_a_login_has_none(counting):
    assert Caller(counting).passed("GET", "/api/intake/reports", MORE_THAN_ANY_BURST) == MORE_THAN_ANY_BURST


def test_a_school_class_behind_one_address_reports_all_at_once(counting):
    school = Caller(counting)

    for _ in range(40):
        assert school.passed("POST", "/api/intake/public/drafts", 1)
        assert school.passed("PUT", f"/api/intake/attachments/{'0' * 64}", 3) == 3
        assert school.passed("POST", "/api/intake/public/reports", 1)
        assert school.passed("GET", "/api/intake/public/reports/R2026061500001", 5) == 5


def test_a_hotline_room_behind_one_address_begins_its_shift(counting):
    room = Caller(counting)

    assert room.passed("POST", "/api/console/login", 60) == 60
    assert room.passed("POST", "/api/console/refresh", 200) == 200


def test_whoever_asks_too_often_is_told_when_to_come_back_and_nobody_else_is(counting):
    one, other = Caller(counting), Caller(counting)
    one.passed("POST", "/api/console/login", MORE_THAN_ANY_BURST)

    refused = one.ask("POST", "/api/console/login", **{"X-Request-Id": "a-request-of-ours"})

    assert refused.status == 429
    assert refused.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert refused.headers["X-Request-Id"] == "a-request-of-ours"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    said = json.loads(refused.text)
    assert (said["type"], said["status"]) == ("urn:qianliyan:problem:too-many-requests", 429)
    assert "访问过于频繁" in said["title"]
    assert "try again later" in said["title"]
    assert other.passed("POST", "/api/console/login", 1)


def test_whoever_waits_comes_through_again(counting):
    caller = Caller(counting)
    assert caller.passed("GET", "/api/console/public/outline", MORE_THAN_ANY_BURST) < MORE_THAN_ANY_BURST

    wait_until(lambda: caller.passed("GET", "/api/console/public/outline", 1) == 1, within=10, what="pace")


def test_a_path_that_is_written_otherwise_is_the_same_door(counting):
    caller = Caller(counting)

    assert caller.passed("POST", "/api/console/%6Cogin?again=1", MORE_THAN_ANY_BURST) < MORE_THAN_ANY_BURST
    assert caller.passed("POST", "/api/console/login", 1) == 0


def test_networks_that_the_operator_names_are_not_counted(counting):
    neighbour = Caller(counting, "127.0.3.7")

    assert neighbour.passed("POST", "/api/console/login", MORE_THAN_ANY_BURST) == MORE_THAN_ANY_BURST


def test_for_whom_is_asked_is_believed_of_the_proxy_alone(counting):
    proxy, liar = Caller(counting, "127.0.2.1"), Caller(counting)
    login = ("POST", "/api/console/login", MORE_THAN_ANY_BURST)

    assert proxy.passed(*login, **{"X-Forwarded-For": "198.51.100.7"}) < MORE_THAN_ANY_BURST
    assert proxy.passed("POST", "/api/console/login", 1, **{"X-Forwarded-For": "198.51.100.8"}) == 1
    # What the asker wrote stands before what the proxy saw.
    forged = {"X-Forwarded-For": "127.0.3.7, 198.51.100.7"}
    assert proxy.passed("POST", "/api/console/login", 1, **forged) == 0
    assert liar.passed(*login, **{"X-Forwarded-For": "127.0.3.7"}) < MORE_THAN_ANY_BURST


def test_services_are_told_the_address_that_was_counted(counting):
    told = {"X-Forwarded-For": "127.0.3.7, 198.51.100.9"}
    proxy, other = Caller(counting, "127.0.2.1"), Caller(counting)

    def seen(caller: Caller) -> str:
        return caller.ask("GET", "/api/intake/reports", **told).text.rpartition(", ")[2]

    assert seen(proxy) == "198.51.100.9"
    assert seen(other) == other.address


def test_of_an_ipv6_address_a_home_is_counted_and_not_each_of_its_addresses(counting):
    proxy = Caller(counting, "127.0.2.1")

    def passed(times: int, home: str) -> int:
        return sum(
            proxy.passed("POST", "/api/console/login", 1, **{"X-Forwarded-For": f"{home}:1:2:3:{number:x}"})
            for number in range(1, times + 1)
        )

    assert 60 <= passed(MORE_THAN_ANY_BURST, "2001:db8:1:2") < MORE_THAN_ANY_BURST
    assert passed(1, "2001:db8:1:3") == 1


def test_one_address_holds_an_eighth_of_the_connections_at_most(counting):
    def slow() -> socket.socket:
        opened = socket.create_connection(
            ("127.0.0.1", counting), timeout=10, source_address=("127.0.4.1", 0)
        )
        opened.sendall(
            b"POST /api/intake/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
        )
        return opened

    held = [slow() for _ in range(512)]
    try:
        with slow() as one_more:
            assert one_more.recv(100).startswith(b"HTTP/1.1 429 ")
        assert Caller(counting).ask("GET", "/api/intake/reports").status == 200
    finally:
        for one in held:
            one.close()


def test_a_doors_process_that_is_away_is_passed_over(front_door):
    (nobody,) = free_ports(1)
    caller = Caller(front_door(also=(f"127.0.0.1:{nobody}",)), "127.0.0.1")

    assert [caller.ask(method, "/api/intake/reports").status for method in ("GET", "POST") * 10] == [200] * 20


def test_a_post_that_a_process_may_have_read_goes_to_no_other(front_door):
    read: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as breaking:

        def break_off() -> None:
            while True:
                try:
                    connection, _ = breaking.accept()
                except OSError:
                    return
                with connection:
                    read.append(connection.recv(65536))

        threading.Thread(target=break_off, daemon=True).start()
        caller = Caller(front_door(also=(f"127.0.0.1:{breaking.getsockname()[1]}",)), "127.0.0.1")
        statuses = [caller.ask("POST", "/api/intake/reports").status for _ in range(10)]
        breaking.shutdown(socket.SHUT_RDWR)

    assert read
    assert statuses.count(502) == len(read)


def test_on_this_machine_nobody_is_counted_unless_the_operator_says_so(front_door):
    unlimited, counted = front_door(), front_door(UNLIMITED_NETWORKS="none")
    login = ("POST", "/api/console/login", MORE_THAN_ANY_BURST)

    assert Caller(unlimited, "127.0.0.1").passed(*login) == MORE_THAN_ANY_BURST
    assert Caller(counted, "127.0.0.1").passed(*login) < MORE_THAN_ANY_BURST


@pytest.mark.parametrize("wrong", ["everybody", "10.0.0.1/8", "10.0.0.0/8; 0.0.0.0/0"])
def test_what_is_no_network_is_refused(wrong):
    with pytest.raises(TableBroken, match="front_door"):
        process_table.load().callers({"TRUSTED_PROXIES": wrong})


def test_networks_are_listed_with_spaces_or_commas():
    told = {"UNLIMITED_NETWORKS": "10.0.0.0/8, 192.0.2.7", "TRUSTED_PROXIES": "none"}

    assert process_table.load().callers(told) == Callers(("10.0.0.0/8", "192.0.2.7/32"), ())
