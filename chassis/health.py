"""The small web server of every process: ``/metrics``, ``/health/live`` and ``/health/ready``."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

FRESH_FOR = 1.0
"""Seconds for which a check's result is not asked for again."""

Check = Callable[[], bool]


class Health:
    """What is asked before the process calls itself ready, and what proves that it lives."""

    def __init__(self, checks: Mapping[str, Check], *, alive: Check = lambda: True) -> None:
        self._checks = dict(checks)
        self._alive = alive
        self._asked_at = float("-inf")
        self._found: dict[str, bool] = {}

    def live(self) -> bool:
        """Whether the process still does its work."""
        return self._alive()

    def found(self) -> dict[str, bool]:
        """Every check's result, at most a second old."""
        if time.monotonic() - self._asked_at > FRESH_FOR:
            self._found = {name: check() for name, check in self._checks.items()}
            self._asked_at = time.monotonic()
        return self._found


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Bind without asking for the machine's name, which may take seconds where there is no DNS."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]
        self.setup_environ()


class _QuietRequest(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not worth a line."""


def serve(
    health: Health, *, bind: str, port: int, gauges: Mapping[str, Gauge] | None = None, service: str = ""
) -> WSGIServer:
    """Serve in the background; ``gauges`` show each check's result as 1 or 0."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            for name, well in health.found().items():
                if gauges and name in gauges:
                    gauges[name].labels(service).set(well)
            return _answer(start_response, True, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)
        if path == "/health/live":
            live = health.live()
            return _answer(start_response, live, _json({"live": live}))
        if path == "/health/ready":
            found = health.found()
            ready = all(found.values())
            states = {name: "ok" if well else "away" for name, well in found.items()}
            return _answer(start_response, ready, _json({"ready": ready, **states}))
        start_response("404 Not Found", [("Content-Type", "application/json")])
        return [b"{}"]

    server = _Server((bind, port), _QuietRequest)
    server.set_app(application)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _answer(
    start_response: Any, well: bool, body: bytes, content_type: str = "application/json"
) -> Iterable[bytes]:
    start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", content_type)])
    return [body]
