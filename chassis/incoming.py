"""What comes in from outside, made harmless: bodies, query strings and headers that may be anything."""

from __future__ import annotations

import contextlib
import hashlib
import io
import ipaddress
import json
import math
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from chassis.problems import invalid, of_validation, problem

DEEPEST = 64
LARGEST = 2**63
"""No number of ours reaches this; PostgreSQL's bigint ends before it."""

IPV6_HOME = 64
"""So many bits of an IPv6 address are one household's network."""

NOTHING = Schema()
"""The schema of a body or query string that should be empty."""


def refuse_too_large(request: Request, limit: int) -> None:
    """413 before anything is read, when the announced length is over the limit."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)


def read_body(request: Request, limit: int) -> bytes:
    """The whole body, at most ``limit`` bytes of it; the announced length must have arrived."""
    stream = request.environ["wsgi.input"]
    announced = request.content_length
    if announced is None and "HTTP_TRANSFER_ENCODING" not in request.environ:
        return b""
    pieces: list[bytes] = []
    left = limit + 1 if announced is None else announced
    while left and (piece := stream.read(min(left, 65536))):
        pieces.append(piece)
        left -= len(piece)
    content = b"".join(pieces)
    if len(content) > limit:
        raise _too_large(limit)
    if announced is not None and len(content) < announced:
        raise problem("malformed-request", "the body ended early", headers={"Connection": "close"})
    return content


def gather_chunks(request: Request, limit: int) -> None:
    """Give a raw door a body of known length: werkzeug would cut a chunked one at its limit, silently."""
    environ = request.environ
    if "HTTP_TRANSFER_ENCODING" in environ:
        content = read_body(request, limit)
        del environ["HTTP_TRANSFER_ENCODING"]
        environ |= {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}


def parse(content: bytes, content_type: str) -> Any:
    """The JSON in a body; 415, 400 or 422 for whatever cannot be taken."""
    if not content:
        return {}
    mimetype, _, parameters = content_type.partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if mimetype.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise problem("unsupported-media-type", headers={"Accept": "application/json"})
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        _name_half_a_pair(content)
        raise problem("malformed-json", str(error)) from error
    _refuse_harmful(document, "", 0)
    return document


def _name_half_a_pair(content: bytes) -> None:
    """The strict parser refuses half a surrogate pair without saying where: find the field."""
    if b"\\ud" in content.lower():
        with contextlib.suppress(ValueError, RecursionError):
            _refuse_harmful(json.loads(content), "", 0)


def load(schema: Schema | None, document: Any) -> Any:
    """The document as the schema loads it; 422 with every rule it breaks."""
    try:
        return (schema or NOTHING).load(document)
    except ValidationError as error:
        raise of_validation(error.messages) from error
    except (OverflowError, RecursionError) as error:
        raise invalid(("body", "A value cannot be stored.")) from error


def load_query(schema: Schema | None, given: MultiDict[str, str]) -> Any:
    """The query string as the schema loads it; a field given twice must be a list in the schema."""
    if not given and schema is None:
        return {}
    known = {} if schema is None else {field.data_key or name: field for name, field in schema.fields.items()}
    document: dict[str, Any] = {}
    for name, values in given.lists():
        listed = isinstance(known.get(name), fields.List | fields.Tuple)
        if len(values) > 1 and not listed:
            raise invalid((name, "Must be given once."))
        document[name] = values if listed else values[0]
    _refuse_harmful(document, "", 0)
    return load(schema, document)


def address_of(request: Request) -> str:
    """The network address of who asks, as the front door saw it; of IPv6 the network that one home has.

    Only the last hop is believed: whatever stands before it in X-Forwarded-For was written by the asker.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    for known in (forwarded, request.remote_addr or ""):
        try:
            address = ipaddress.ip_address(known)
        except ValueError:
            continue
        if address.version == 6 and address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, IPV6_HOME), strict=False))
        return str(address.ipv4_mapped if address.version == 6 else address)
    return "unknown"


def fingerprint(method: str, path: str, document: Any, query: str) -> str:
    """A hash by which two requests are the same request."""
    content = orjson.dumps([method, path, query, document], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _too_large(limit: int) -> Exception:
    rule = f"The body may have at most {limit} bytes."
    return problem("too-large", rule, members={"limit": limit}, headers={"Connection": "close"})


def _refuse_harmful(value: Any, path: str, depth: int) -> None:
    """Refuse what JSON allows and no column can hold."""
    if isinstance(value, str):
        _refuse_harmful_text(value, path)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        if not -LARGEST < value < LARGEST or not math.isfinite(value):
            raise invalid((path or "body", "Number too large."))
    elif depth >= DEEPEST:
        raise invalid((path or "body", "Nested too deeply."))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_harmful_text(key, path)
            _refuse_harmful(inner, f"{path}.{key}" if path else key, depth + 1)
    else:
        for index, inner in enumerate(value):
            _refuse_harmful(inner, f"{path}.{index}" if path else str(index), depth + 1)


def _refuse_harmful_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise invalid((path or "body", "Must not contain the zero character."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise invalid((path or "body", "Must not contain half a surrogate pair.")) from error
