"""Trace context (W3C): where a request or message belongs, carried along and never interpreted."""

import re
import secrets

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def continued(traceparent: str | None) -> str:
    """The given trace context when it is well-formed, else the beginning of a new one."""
    if traceparent and _TRACEPARENT.fullmatch(traceparent):
        return traceparent
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_id(traceparent: str) -> str:
    """The part of a trace context that is the same everywhere."""
    return traceparent[3:35]


def of_request(environ: dict[str, object]) -> str:
    """The trace context of a WSGI request; a new one is kept in the request for whoever asks next."""
    given = environ.get("HTTP_TRACEPARENT")
    traceparent = continued(given if isinstance(given, str) else None)
    environ["HTTP_TRACEPARENT"] = traceparent
    return traceparent
