"""PostgreSQL and RabbitMQ that were given to us (外部服务器), looked at before anything else is done."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import psycopg2

from cli.infrastructure import create_databases

NO_ADDRESS = (
    "AMQP_URI: 不是有效的地址，口令中的特殊字符须转义（如 %2F）"
    " / is no address such as amqp://account:password@host:5672/city; special characters are percent-encoded"
)


class GivenServerUnusable(RuntimeError):
    """A server that was given to us does not answer or refuses us; the text has no password in it."""


def make_databases(database_server: str, names: Iterable[str]) -> None:
    """Make whatever databases are missing on the server, which may be one of our own."""
    try:
        create_databases(database_server, names)
    except psycopg2.Error as error:
        raise GivenServerUnusable(
            f"DATABASE_URL: 数据库不可用 / the database cannot be used: {error}"
        ) from error


def look_at_broker(amqp_uri: str) -> None:
    """Log in and leave again, so that a broker that is not there is told of at once."""
    from amqp.exceptions import AMQPError

    from chassis import broker

    address = _address(amqp_uri)
    try:
        broker.connect(amqp_uri, "qianliyan run").close()
    except AMQPError as refusal:
        raise GivenServerUnusable(
            f"AMQP_URI: {address} 拒绝连接 / refuses the connection: {refusal}"
        ) from refusal
    except OSError as silence:
        raise GivenServerUnusable(f"AMQP_URI: {address} 无应答 / does not answer: {silence}") from silence


def _address(amqp_uri: str) -> str:
    """The address as it may be shown; an unescaped character may have made a password part of the path."""
    try:
        parts = urlsplit(amqp_uri)
        whole = parts.scheme in ("amqp", "amqps") and parts.hostname and parts.port != 0
    except ValueError:
        raise GivenServerUnusable(NO_ADDRESS) from None
    if not whole or "@" in parts.path + parts.query + parts.fragment:
        raise GivenServerUnusable(NO_ADDRESS)
    return without_login(amqp_uri)


def without_login(amqp_uri: str) -> str:
    """The broker's address for others, who log in with an account of their own."""
    parts = urlsplit(amqp_uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
