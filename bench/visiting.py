"""The benchmarks' visitor: as little HTTP as the journey needs, since it runs on the cores it measures."""

import json
import select
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from examples.city.doors import House

TIMEOUT = 60.0


class NotUnderstood(Exception):
    """An answer that this visitor cannot read, or a connection that ended before it was whole."""


@dataclass(frozen=True)
class Answered:
    """An answer as it came."""

    status: int
    data: bytes

    def json(self) -> Any:
        """The document in it."""
        return json.loads(self.data)


class LeanHouse(House):
    """A house whose visitors keep one connection a thread; a request that went wrong is not repeated.

    Without ``patience`` (seconds) they do not wait either while the house says that it is away.
    """

    def __init__(self, address: str, *, patience: float = 0.0) -> None:
        super().__init__(address, patience=patience)
        place = urlsplit(self.address)
        self._place = (place.hostname or "", place.port or 80)
        self._kept = threading.local()

    def _ask(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None) -> Answered:
        """One request; ``NotUnderstood`` unless it is answered with a body of announced length."""
        lines = [f"{method} {where} HTTP/1.1", f"Host: {self._place[0]}:{self._place[1]}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
        try:
            answer, closes = self._asked(whole)
        except BaseException:
            self._leave()
            raise
        if closes:
            self._leave()
        return answer

    def _asked(self, request: bytes) -> tuple[Answered, bool]:
        sock, stream = self._connection()
        sock.sendall(request)
        status = stream.readline().split(b" ", 2)
        told: dict[bytes, bytes] = {}
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, text = line.partition(b":")
            told[name.lower()] = text.strip()
        if len(status) < 3 or not (status[1] == b"204" or b"content-length" in told):
            raise NotUnderstood(f"{status!r} {told!r}")
        length = int(told.get(b"content-length", b"0"))
        data = stream.read(length)
        if len(data) < length:
            raise NotUnderstood("the answer ended early")
        return Answered(int(status[1]), data), told.get(b"connection") == b"close"

    def _connection(self) -> Any:
        pair = getattr(self._kept, "pair", None)
        if pair is not None and select.select([pair[0]], [], [], 0)[0]:
            self._leave()  # the door closed it while nobody asked anything
        if getattr(self._kept, "pair", None) is None:
            sock = socket.create_connection(self._place, timeout=TIMEOUT)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._kept.pair = (sock, sock.makefile("rb"))
        return self._kept.pair

    def _leave(self) -> None:
        pair, self._kept.pair = getattr(self._kept, "pair", None), None
        for one in reversed(pair or ()):
            one.close()
