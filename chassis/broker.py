"""The broker's address, and a plain connection to it that gives up instead of hanging."""

from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

TIMEOUT = 10.0
"""Seconds after which a connection that does not answer is given up."""


def connect(amqp_uri: str, name: str, *, heartbeat: int = 30) -> amqp.Connection:
    """An open connection; the caller closes it, or drops it with ``discard``."""
    parts = urlsplit(amqp_uri)
    secure = parts.scheme == "amqps"
    connection = amqp.Connection(
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
