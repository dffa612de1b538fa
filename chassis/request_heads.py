"""The head of a request (请求头): its first line and its headers, read by llhttp.

llhttp refuses what two readers might understand differently (a length given twice, a length beside chunks, a
folded or a half-ended line), so that no request can be hidden in another one behind the front door.
"""

from __future__ import annotations

from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

VERSIONS = ("1.0", "1.1")


class HeadRefused(ValueError):
    """These bytes are no head of an HTTP/1 request."""


class Headers:
    """A request's headers in their order, as eventlet's server asks for them."""

    type = "text/plain"
    """What a body counts as whose sender does not say it."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._headers = pairs
        self._by_name = {name.lower(): value for name, value in reversed(pairs)}

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of a header, whatever letters of its name are capital."""
        return self._by_name.get(name.lower(), default)


class Head:
    """A request's method, target, version and headers, and whether its connection is kept."""

    def __init__(self, content: bytes) -> None:
        """Read a whole head, up to and with its empty line; raise :class:`HeadRefused`."""
        self._pairs: list[tuple[str, str]] = []
        self.kept: bool | None = None
        parser = HttpRequestParser(self)
        self._is_kept = parser.should_keep_alive
        try:
            parser.feed_data(content)
        except HttpParserUpgrade:
            pass  # another protocol was offered, and is not taken
        except HttpParserError as error:
            raise HeadRefused(str(error)) from error
        finally:
            del self._is_kept  # else each would hold the other
        self.version: str = parser.get_http_version()
        if self.kept is None or self.version not in VERSIONS:
            raise HeadRefused("not the whole head of an HTTP/1.0 or HTTP/1.1 request")
        self.method: str = parser.get_method().decode("latin-1")
        self.headers = Headers(self._pairs)

    def on_url(self, target: bytes) -> None:
        """llhttp has read the target."""
        self.target = target.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp has read a header."""
        self._pairs.append((name.decode("latin-1"), value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        """llhttp has read the empty line; only now does it know about the connection."""
        self.kept = self._is_kept()
