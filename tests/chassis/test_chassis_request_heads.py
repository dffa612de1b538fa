"""The head of a request is read strictly: what two readers might understand differently is no request."""

import socket

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.request_heads import Head, HeadRefused


def _head(*lines: str) -> Head:
    return Head("\r\n".join([*lines, "", ""]).encode("latin-1"))


def test_a_head_says_what_is_asked_for_and_by_what_means():
    head = _head("POST /api/x%20y?a=%E4%BD%A0 HTTP/1.1", "Host: h", "X-Said:  twice ", "x-said: again")

    assert (head.method, head.target, head.version) == ("POST", "/api/x%20y?a=%E4%BD%A0", "1.1")
    assert head.headers.get("X-SAID") == "twice"
    assert head.headers.get("missing", "") == ""
    assert head.headers._headers == [("Host", "h"), ("X-Said", "twice"), ("x-said", "again")]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["GET / HTTP/1.1"], True),
        (["GET / HTTP/1.1", "Connection: close"], False),
        (["GET / HTTP/1.0"], False),
        (["GET / HTTP/1.0", "Connection: keep-alive"], True),
        (["GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"], True),
        (["POST / HTTP/1.1", "Content-Length: 5"], True),
        (["", "GET / HTTP/1.1"], True),
    ],
)
def test_a_connection_is_kept_unless_somebody_says_otherwise(lines, kept):
    assert _head(*lines).kept is kept


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\nHost: h\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / a HTTP/1.1\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET /\xe4\xbd\xa0 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: folded\r\n line\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : spaced\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: zero\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: bare\rreturn\r\n\r\n",
    ],
)
def test_what_might_be_read_in_two_ways_is_refused(content):
    with pytest.raises(HeadRefused):
        Head(content)


PIECES = [
    b"GET ",
    b"POST ",
    b"/a?b=%41 ",
    b"HTTP/1.1\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"X: \xff\r\n",
    b"\r\n",
    b"hello",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=12).map(b"".join))
@example(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
def test_any_bytes_are_a_head_or_refused(content):
    try:
        head = Head(content)
    except HeadRefused:
        return
    assert head.method.isupper()
    assert head.target
    assert head.kept in (True, False)


@pytest.mark.infra
def test_who_sends_no_head_is_told_so_and_the_connection_ends(doors):
    with socket.create_connection(("127.0.0.1", doors.http_port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nGET / ")
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert orjson.loads(body)["type"].endswith("malformed-request")


@pytest.mark.infra
def test_requests_follow_each_other_on_one_connection(doors):
    asked = b"GET /api/counter/thread HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", doors.http_port), timeout=5) as client:
        client.sendall(asked + asked + asked.replace(b"Host", b"Connection: close\r\nHost"))
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.count(b"HTTP/1.1 200") == 3
