"""The web server of the doors process: nameko's, with problems for answers and an orderly end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import eventlet
from eventlet import wsgi
from eventlet.semaphore import Semaphore
from nameko.web.handlers import HttpRequestHandler
from nameko.web.server import HttpOnlyProtocol, WebServer
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from chassis import incoming, logs, metrics, problems, tracing
from chassis.door_calls import OpenDoor
from chassis.problems import Problem, problem
from chassis.refusals import refusal_of
from chassis.request_heads import Head, HeadRefused

STOPS_WITHIN = 20.0
"""Seconds that running requests are given when the process is asked to leave."""

IDLE_SECONDS = 75
"""A kept connection without a request is closed after this; nginx closes its own after 60."""

LINGERS = 2.0
LINGERING_BYTES = 16 * 1024 * 1024
"""How long, and for how much, a sender is listened to whose body was refused: so that it reads the answer."""

UNMATCHED = "unmatched"
CONNECTION = "chassis.connection"
_EMPTY_LINES = (b"\r\n", b"\n", b"")

log = logs.get_logger()


class DoorProtocol(HttpOnlyProtocol):  # type: ignore[misc]
    """One connection, which an answer may bring to its end."""

    def get_environ(self) -> dict[str, Any]:
        """The request's environ, with the connection in it."""
        environ: dict[str, Any] = super().get_environ()
        environ[CONNECTION] = self
        return environ

    def parse_request(self) -> bool:
        """Read the request's head; what is none is refused, and its connection closed."""
        self.close_connection = True
        lines = [self.raw_requestline, self.rfile.readline()]
        while lines[-1] not in _EMPTY_LINES:
            lines.append(self.rfile.readline())
        try:
            head = Head(b"".join(lines))
        except HeadRefused as error:
            self._refuse(problem("malformed-request", str(error), headers={"Connection": "close"}))
            return False
        self.command, self.path, self.headers = head.method, head.target, head.headers
        self.request_version = f"HTTP/{head.version}"
        self.close_connection = not head.kept
        return True

    def _refuse(self, refusal: Problem) -> None:
        response = problems.answer(refusal, "")
        lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {value}" for name, value in response.headers)]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + response.get_data())


class DoorServer(WebServer):  # type: ignore[misc]
    """Serves every door of the process on one socket and counts the requests that are under way."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = 0
        self.stopping = False
        self.hands = Semaphore()

    def setup(self) -> None:
        """As many doors are called at the same time as the container may have workers."""
        super().setup()
        self.hands = Semaphore(self.container.max_workers)

    def get_wsgi_server(
        self, sock: Any, wsgi_app: Any, protocol: Any = DoorProtocol, debug: bool = False
    ) -> Any:
        """eventlet's server: connections are kept, nothing is logged per request."""
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=debug,
            log_output=False,
            keepalive=IDLE_SECONDS,
            socket_timeout=IDLE_SECONDS,
        )

    def get_wsgi_app(self) -> DoorApplication:
        """Our own dispatcher, which answers with problems."""
        return DoorApplication(self)

    def make_url_map(self) -> Map:
        """Every door's rule; a slash more or less is another address."""
        rules = []
        for provider in self._providers:
            rule = provider.get_url_rule()
            rule.endpoint = provider
            rules.append(rule)
        return Map(rules, strict_slashes=True, merge_slashes=False, redirect_defaults=False)

    def run(self) -> None:
        """Accept until asked to stop; being out of file descriptors passes, and must not end the process."""
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                log.warning("a connection was not accepted", error=str(error))
                eventlet.sleep(0.1)
                continue
            sock.settimeout(self._serv.socket_timeout)
            self.container.spawn_managed_thread(
                lambda one=sock, its=address: self.process_request(one, its), identifier="connection"
            )

    def process_request(self, sock: Any, address: Any) -> None:
        """Serve one connection; whatever it does wrong ends this connection only."""
        try:
            self._serv.process_request([address, sock, wsgi.STATE_IDLE])
        except OSError as error:
            log.debug("a connection broke off", error=str(error))
        except Exception:
            log.exception("a connection ended in an error")

    def stop_accepting(self) -> None:
        """Take no new connection, and close each kept one after the request it is busy with."""
        if not self.stopping:
            self.stopping = True
            self._is_accepting = False
            if self._gt is not None:
                self._gt.kill()
                self._sock.close()
                self._serv.keepalive = False

    def stop(self) -> None:
        """Wait until every answer has been sent; the container ends what is left after that."""
        self.stop_accepting()
        until = time.monotonic() + STOPS_WITHIN
        while self.under_way and time.monotonic() < until:
            eventlet.sleep(0.02)


class DoorEntrypoint(HttpRequestHandler):  # type: ignore[misc]
    """nameko's entrypoint of one door."""

    server = DoorServer()

    def __init__(self, open_door: OpenDoor, **options: Any) -> None:
        self.open_door = open_door
        super().__init__(open_door.door.method, open_door.door.route, **options)

    def get_url_rule(self) -> Rule:
        """The door's route."""
        return Rule(self.open_door.door.route, methods=[self.open_door.door.method])

    def stop(self) -> None:
        """The first door to close stops the server from accepting."""
        self.server.stop_accepting()
        super().stop()

    def handle_request(self, request: Request) -> Response | Problem:
        """Admit and read, where a slow sender holds nobody up; then call the door when a hand is free.

        It is called here and not in a worker of nameko's, which costs a green thread and its bookkeeping.
        """
        door = self.open_door.door
        request.shallow = False
        logs.bind(
            route=door.route,
            method=door.method,
            trace_id=tracing.trace_id(tracing.of_request(request.environ)),
        )
        by = self.open_door.admit(request)
        content = None if door.raw else incoming.read_body(request, door.limit) if door.writes else b""
        if door.raw:
            incoming.gather_chunks(request, door.limit)
        method = getattr(self.container.service_cls(), self.method_name)
        eventlet.sleep(0)  # one connection must not keep the process to itself: the others have their turn
        with self.server.hands:
            return method(request, content, by)  # type: ignore[no-any-return]


class DoorApplication:
    """The WSGI application: finds the door, answers, and turns whatever goes wrong into a problem."""

    def __init__(self, server: DoorServer) -> None:
        self.server = server
        self.service = server.container.service_name
        self.problems = server.container.service_cls.problems
        self.doors = server.make_url_map().bind("")  # once: doors differ by path and method only

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        started = time.perf_counter()
        request = Request(environ, shallow=True)
        self.server.under_way += 1
        counted = True
        try:
            route, response = self._answer(request)
            self._measure(request, route, response.status_code, started)
            closing = response.headers.pop("Connection", None) is not None
            if closing:
                environ[CONNECTION].close_connection = 1
                response.call_on_close(partial(_linger, environ))
            sent: Iterable[bytes] = response(environ, start_response)
            if response.mimetype != "text/event-stream":  # which never ends by itself
                response.call_on_close(self._done)
                counted = False
            return sent
        finally:
            if counted:
                self._done()

    def _answer(self, request: Request) -> tuple[str, Response]:
        route = UNMATCHED
        logs.clear()  # of the request before on the same connection
        language = request.headers.get("Accept-Language", "")
        try:
            if "\x00" in request.path:
                raise NotFound
            provider, values = self.doors.match(request.path, request.method)
            request.path_values = values  # type: ignore[attr-defined]
            route = provider.open_door.door.route
            outcome = provider.handle_request(request)
        except MethodNotAllowed as error:
            return route, _other_method(request, error.valid_methods or (), language)
        except Exception as error:
            outcome = refusal_of(error, self.problems, route=route)
        if isinstance(outcome, Problem):
            return route, problems.answer(outcome, language)
        return route, outcome

    def _measure(self, request: Request, route: str, status: int, started: float) -> None:
        method = request.method if request.method in KNOWN_METHODS else "OTHER"
        metrics.DOOR_REQUESTS.labels(self.service, route, method, str(status)).inc()
        metrics.DOOR_SECONDS.labels(self.service, route).observe(time.perf_counter() - started)

    def _done(self) -> None:
        self.server.under_way -= 1


def _linger(environ: dict[str, Any]) -> None:
    """Read on for a moment: closing on unread bytes would take the answer away from the sender."""
    if "HTTP_EXPECT" in environ:
        return
    left = LINGERING_BYTES
    with eventlet.Timeout(LINGERS, False), contextlib.suppress(OSError, ValueError):
        while left > 0 and (piece := environ["eventlet.input"].read(65536)):
            left -= len(piece)


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _other_method(request: Request, valid: Iterable[str], language: str) -> Response:
    allowed = {"Allow": ", ".join(sorted({*valid, "OPTIONS"}))}
    if request.method == "OPTIONS":
        return Response(status=204, headers=allowed)
    return problems.answer(problems.problem("method-not-allowed", headers=allowed), language)
