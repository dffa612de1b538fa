"""The broker's address, and a plain connection to it that gives up instead of hanging."""

from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
from amqp.transport import TCPTransport

TIMEOUT = 10.0
"""Seconds after which a connection that does not answer is given up."""

AT_ONCE = 16 * 1024
"""Bytes that are taken from the socket at once, if as many have come."""


class ReadsWhatHasCome(amqp.Connection):  # type: ignore[misc]
    """A connection without TLS that takes from its socket whatever has come.

    py-amqp asks for each message in nine parts: three of each of its three frames. With TLS it does so still,
    and the library below has them ready.
    """

    def Transport(  # noqa: N802
        self,
        host: str,
        connect_timeout: float | None,
        ssl: Any = False,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        **settings: Any,
    ) -> Any:
        """py-amqp's own for TLS, and otherwise one that reads as said."""
        timeouts = {"read_timeout": read_timeout, "write_timeout": write_timeout}
        if ssl:
            return super().Transport(host, connect_timeout, ssl=ssl, **timeouts, **settings)
        return _Plain(host, connect_timeout=connect_timeout, **timeouts, **settings)


class _Plain(TCPTransport):  # type: ignore[misc]
    def _setup_transport(self) -> None:
        super()._setup_transport()
        recv = self.sock.recv
        self._quick_recv = lambda wanted: recv(max(wanted, AT_ONCE))  # what is too much is kept for the next


def connect(amqp_uri: str, name: str, *, heartbeat: int = 30) -> amqp.Connection:
    """An open connection; the caller closes it, or drops it with ``discard``."""
    parts = urlsplit(amqp_uri)
    secure = parts.scheme == "amqps"
    connection = ReadsWhatHasCome(
        host=f"{parts.hostname or '127.0.0.1'}:{parts.port or (5671 if secure else 5672)}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=secure,
        heartbeat=heartbeat,
        connect_timeout=TIMEOUT,
        read_timeout=TIMEOUT,
        write_timeout=TIMEOUT,
        # Without the wish to be told of a blocked broker, py-amqp does not read before each publish; a broker
        # that takes nothing is found out by the missing confirm.
        client_properties={"connection_name": name, "capabilities": _CAPABILITIES},
    )
    connection.connect()
    return connection


def discard(connection: amqp.Connection) -> None:
    """Drop a connection without asking the other end, which may not answer any more."""
    connection.collect()


_CAPABILITIES: dict[str, Any] = {
    "consumer_cancel_notify": True,
    "connection.blocked": False,
    "authentication_failure_close": True,
}
