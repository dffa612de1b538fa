"""Doors over real HTTP on a real database: every status, hostile input."""

import concurrent.futures
import contextlib
import json
import socket

import pytest
from doors_kit import count, problem
from process_kit import eventually, token

pytestmark = pytest.mark.infra


def test_a_door_answers_and_announces(doors, name, value):
    answer = count(doors, name, json={"by": 3})

    assert answer.status_code == 201
    assert answer.json()["value"] == 3
    assert (answer.json()["subject"], answer.json()["sequence"]) == (f"counter/{name}", 1)
    assert answer.headers["Content-Type"] == "application/json"
    assert value(name) == 3


def test_reading_doors_take_query_strings(doors, name):
    count(doors, name)

    answer = doors.ask("GET", "/api/counter/counters?limit=1&name=a&name=b")

    assert answer.status_code == 200
    assert answer.json()["by"] == "p1"
    assert answer.json()["names"] == ["a", "b"]
    assert len(answer.json()["counters"]) == 1


def test_a_door_without_an_answer_says_204(doors, name):
    answer = doors.ask("DELETE", f"/api/counter/counters/{name}")

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "bearer",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        "Bearer " + "x" * 5000,
        "Bearer a.b.c",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJwMSJ9.",
    ],
)
def test_who_is_not_signed_in_gets_401(doors, bearer):
    answer = doors.ask("GET", "/api/counter/counters", headers={"Authorization": bearer})

    problem(answer, 401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_overdue_foreign_or_incomplete_token_gets_401(doors, tmp_path):
    from datetime import UTC, datetime, timedelta

    from chassis.tokens import make_keys

    make_keys(tmp_path)
    overdue = token(doors.keys, at=datetime.now(UTC) - timedelta(minutes=6))
    foreign = token(tmp_path)
    for bearer in (overdue, foreign):
        answer = doors.ask("GET", "/api/counter/counters", headers={"Authorization": f"Bearer {bearer}"})
        problem(answer, 401, "not-authenticated")


@pytest.mark.timed
def test_a_token_is_no_good_once_its_time_is_over_though_it_was_seen_before(doors):
    from datetime import timedelta

    bearer = {"Authorization": f"Bearer {token(doors.keys, lifetime=timedelta(seconds=2))}"}
    assert doors.ask("GET", "/api/counter/counters", headers=bearer).status_code == 200

    eventually(lambda: doors.ask("GET", "/api/counter/counters", headers=bearer).status_code == 401)


def test_who_has_no_right_gets_403_naming_the_action(doors, name, value):
    weak = {"Authorization": f"Bearer {token(doors.keys, roles=('look',))}"}

    document = problem(count(doors, name, headers=weak), 403, "not-allowed")

    assert document["action"] == "count"
    assert "count" in document["detail"]
    assert value(name) is None


def test_another_kind_of_bearer_opens_its_own_door_only(doors):
    good = {"Authorization": "Bearer good"}

    answer = doors.ask("GET", "/api/counter/ticket", headers=good)

    assert (answer.status_code, answer.json(), answer.headers["X-Counter"]) == (202, {"by": "ticket"}, "1")
    assert doors.ask("GET", "/api/counter/ticket").status_code == 401
    assert doors.ask("GET", "/api/counter/counters", headers=good).status_code == 401


def test_unknown_paths_and_methods(doors):
    problem(doors.ask("GET", "/api/counter/nowhere"), 404, "not-found")
    problem(doors.ask("GET", "/api/counter/counters/"), 404, "not-found")
    answer = doors.ask("PATCH", "/api/counter/counters")
    problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]
    assert doors.ask("OPTIONS", "/api/counter/counters").status_code == 204
    head = doors.ask("HEAD", "/api/counter/counters")
    assert (head.status_code, head.content) == (200, b"")


def test_the_answers_language_follows_accept_language(doors, name):
    chinese = count(doors, name, json={}).json()
    english = count(doors, name, json={}, language="en-GB,en;q=0.9,zh;q=0.5").json()

    assert chinese["title"] == "填写的内容不符合要求"
    assert chinese["errors"] == [{"field": "by", "rule": "必填"}]
    assert english["errors"] == [{"field": "by", "rule": "Missing data for required field."}]
    assert doors.ask("GET", "/nowhere").json()["title"] == "没有找到"


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"by": 0}, "by", "应不小于 1，不大于 1000"),
        ({"by": "1"}, "by", "不是有效的整数"),
        ({"by": 1.5}, "by", "不是有效的整数"),
        ({"by": True}, "by", None),
        ({"by": None}, "by", "不能为空"),
        ({"by": [1]}, "by", "不是有效的整数"),
        ({"by": {"a": 1}}, "by", "不是有效的整数"),
        ({"by": 10**30}, "by", "数字过大"),
        ({"by": 1, "more": 1}, "more", "未知字段"),
        ({"by": 1, "note": "x" * 21}, "note", "长度不能超过 20"),
        ({"by": 1, "note": 5}, "note", "不是有效的文本"),
        ({"by": 1, "note": "a\x00b"}, "note", "不能含有空字符（U+0000）"),
        ({"by": 1, "a\x00": 1}, "body", "不能含有空字符（U+0000）"),
        ({"by": 1, "note": {"deep": ["\x00"]}}, "note.deep.0", "不能含有空字符（U+0000）"),
        ({"by": 1, "note": "\ud800"}, "note", "不能含有不完整的 Unicode 代理项"),
        ({"by": 1, "seen_at": "01.01.2026"}, "seen_at", "不是有效的日期时间"),
        ({"by": 1, "seen_at": "2026-01-01T10:00:00"}, "seen_at", "不是有效的带时区的日期时间"),
        ({"by": 1, "weight": "nan"}, "weight", "不能是 NaN 或无穷大"),
        ([], "body", "应为对象"),
        ("text", "body", "应为对象"),
        (5, "body", "应为对象"),
        (None, "body", "应为对象"),
    ],
)
def test_hostile_values_are_refused_by_field_and_rule(doors, name, value, body, field, rule):
    if body == {"by": True}:
        rule = "不是有效的整数"
    document = problem(count(doors, name, data=json.dumps(body), headers=JSON), 422, "invalid")

    assert {"field": field, "rule": rule} in document["errors"]
    assert value(name) is None


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"{", 400, "malformed-json"),
        (b"\xff\xfe{\x00}\x00", 400, "malformed-json"),
        (b'{"by": NaN}', 400, "malformed-json"),
        (b'{"by": Infinity}', 400, "malformed-json"),
        (b'{"by": "\xc3\x28"}', 400, "malformed-json"),
        (b'{"by": 1}{"by": 2}', 400, "malformed-json"),
        (b"[" * 100_000, 400, "malformed-json"),
        (b"[" * 500 + b"]" * 500, 422, "invalid"),
        (b'{"by": 1e400}', 400, "malformed-json"),
        (b'{"by": ' + b"9" * 5000 + b"}", 400, "malformed-json"),
        (b'{"by": 1e300}', 422, "invalid"),
        (b"", 422, "invalid"),
        (b"   ", 400, "malformed-json"),
    ],
)
def test_bodies_that_are_no_good_json(doors, name, value, content, status, kind):
    answer = count(doors, name, data=content, headers=JSON)

    problem(answer, status, kind)
    assert value(name) is None


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "",
        "application/x-www-form-urlencoded",
        "application/json; charset=gbk",
    ],
)
def test_other_content_types_get_415(doors, name, content_type):
    answer = count(doors, name, data=b'{"by": 1}', headers={"Content-Type": content_type})

    problem(answer, 415, "unsupported-media-type")


def test_json_with_a_utf8_charset_is_fine(doors, name):
    content_type = {"Content-Type": 'application/json; charset="UTF-8"'}

    assert count(doors, name, data=b'{"by": 1}', headers=content_type).status_code == 201


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("colour=red", "colour", "未知字段"),
        ("limit=1&limit=2", "limit", "只能给出一次"),
        ("limit=x", "limit", "不是有效的整数"),
        ("limit=1e9", "limit", "不是有效的整数"),
        ("starting=%00", "starting", "不能含有空字符（U+0000）"),
        ("limit=" + "9" * 4000, "limit", None),
    ],
)
def test_query_strings_are_checked_too(doors, query, field, rule):
    document = problem(doors.ask("GET", f"/api/counter/counters?{query}"), 422, "invalid")

    assert document["errors"][0]["field"] == field
    assert rule is None or document["errors"][0]["rule"] == rule


def test_a_door_without_query_takes_none(doors, name, value):
    answer = doors.ask(
        "POST", f"/api/counter/counters/{name}/count?by=1", json={"by": 1}, headers={"Idempotency-Key": "q"}
    )

    problem(answer, 422, "invalid")
    assert value(name) is None


@pytest.mark.parametrize("path", ["%00", "a%00b", "%ff%fe", "..%2f..", "%ed%a0%80", "x" * 300])
def test_hostile_paths_never_end_in_500(doors, path):
    assert count(doors, path).status_code in (201, 404, 422)


def test_a_body_over_the_limit_is_refused_unread(doors, name):
    with socket.create_connection(("127.0.0.1", doors.http_port)) as client:
        head = (
            f"POST /api/counter/counters/{name}/count HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: {doors.headers['Authorization']}\r\n"
            "Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
        )
        client.sendall(head.encode())
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"urn:qianliyan:problem:too-large" in answer


def test_a_chunked_body_over_the_limit_is_refused(doors, name):
    answer = count(doors, name, data=(b" " * 65536 for _ in range(32)), headers=JSON)

    problem(answer, 413, "too-large")


def test_a_chunked_body_within_the_limit_is_read(doors, name, value):
    answer = count(doors, name, data=iter([b'{"by"', b": 2}"]), headers=JSON)

    assert answer.status_code == 201
    assert value(name) == 2


def test_a_body_that_ends_early_is_refused(doors, name, value):
    with socket.create_connection(("127.0.0.1", doors.http_port)) as client:
        head = (
            f"POST /api/counter/counters/{name}/count HTTP/1.1\r\nHost: x\r\nIdempotency-Key: e\r\n"
            f"Authorization: {doors.headers['Authorization']}\r\n"
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"by": 1}'
        )
        client.sendall(head.encode())
        client.shutdown(socket.SHUT_WR)
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400")
    assert value(name) is None


def test_what_goes_wrong_is_logged_under_its_own_trace_and_not_under_the_one_before(doors, name):
    before, wrong = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
    body = b'{"by": 1, "note": "careless"}'

    def head(request: str, trace: str) -> bytes:
        traced = f"traceparent: 00-{trace}-b7ad6b7169203331-01"
        bearer = f"Authorization: {doors.headers['Authorization']}"
        return "\r\n".join([f"{request} HTTP/1.1", "Host: x", traced, bearer, ""]).encode()

    with socket.create_connection(("127.0.0.1", doors.http_port)) as client:
        client.sendall(head("GET /api/counter/thread", before) + b"\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        rest = b"Idempotency-Key: w\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
            body
        )
        client.sendall(head(f"POST /api/counter/counters/{name}/count", wrong) + rest + body)
        assert client.recv(65536).startswith(b"HTTP/1.1 500")

    (line,) = (line for line in doors.lines() if line.get("trace_id") == wrong)
    assert line["event"] == "unexpected error at a door"
    assert line["route"] == "/api/counter/counters/<name>/count"
    assert before not in doors.log.read_text()


def test_one_connection_with_many_requests_keeps_nobody_else_waiting_for_all_of_them(doors):
    many = 2000
    ask = (
        "POST /api/counter/nodb HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 9\r\n"
        f'Authorization: {doors.headers["Authorization"]}\r\n\r\n{{"by": 1}}'
    ).encode()
    with (
        socket.create_connection(("127.0.0.1", doors.http_port)) as greedy,
        socket.create_connection(("127.0.0.1", doors.http_port)) as other,
    ):
        greedy.sendall(ask * many)
        other.sendall(ask)
        assert other.recv(65536).startswith(b"HTTP/1.1 200")
        greedy.setblocking(False)
        answered = 0
        with contextlib.suppress(BlockingIOError):
            while piece := greedy.recv(65536):
                answered += piece.count(b"HTTP/1.1 200")

    assert answered < many


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  \r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\xff: \x00\r\n\r\n",
    ],
)
def test_noise_on_the_socket_harms_nobody_else(doors, noise):
    with socket.create_connection(("127.0.0.1", doors.http_port), timeout=5) as client:
        answer = b""
        with contextlib.suppress(OSError):  # the server may hang up on noise at once
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(65536)

    assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.1 2"))
    assert doors.ask("GET", "/api/counter/thread").json() == {"sum": 499500}


def test_raw_doors_read_and_answer_bytes(doors):
    assert doors.ask("POST", "/api/counter/raw", data=b"abc").content == b"cba"
    problem(doors.ask("POST", "/api/counter/raw", data=b"x" * 2001), 413, "too-large")
    problem(doors.ask("POST", "/api/counter/raw", data=iter([b"x" * 2001])), 413, "too-large")
    assert doors.ask("POST", "/api/counter/raw", data=iter([b"ab", b"c"])).content == b"cba"


def test_a_services_own_exception_is_worded_by_its_table_and_undoes_everything(doors, name, value):
    count(doors, name, json={"by": 1000})
    document = problem(count(doors, name), 409, "too-many")

    assert document["title"] == "计数过大"
    assert document["counter"] == name
    assert value(name) == 1000


def test_a_returned_problem_keeps_what_was_written(doors, value):
    problem(doors.ask("POST", "/api/counter/lock"), 409, "too-many")

    assert value("kept") == 1


def test_a_mistake_of_ours_is_500_with_an_id_and_without_its_words(doors, name, value):
    document = problem(count(doors, name, json={"by": 1, "note": "careless"}), 500, "unexpected")

    logged = [line for line in doors.lines() if line.get("error_id") == document["error_id"]]
    assert logged[0]["error"] == "ZeroDivisionError"
    assert any("service.py" in frame for frame in logged[0]["where"])
    assert "13800138000" not in json.dumps(document)
    assert value(name) is None


@pytest.mark.parametrize("text", ["words", "1" * 400, "13800138000000000000000000"])
def test_what_only_the_database_refuses_is_422_and_its_value_is_not_logged(doors, text):
    problem(doors.ask("POST", "/api/counter/unguarded", json={"text": text}), 422, "invalid")

    assert text not in doors.log.read_text()


def test_a_clash_that_only_the_database_sees_is_409(doors):
    doors.ask("POST", "/api/counter/unguarded", json={"text": "1"})

    problem(doors.ask("POST", "/api/counter/unguarded", json={"text": "1"}), 409, "conflict")


def test_a_creating_door_needs_a_key(doors, name):
    answer = doors.ask("POST", f"/api/counter/counters/{name}/count", json={"by": 1})

    problem(answer, 428, "idempotency-key-missing")


@pytest.mark.parametrize("key", ["x" * 201, "a\tb", b"\xe4\xbd\xa0"])
def test_a_key_that_is_none_is_refused(doors, name, key):
    problem(count(doors, name, key=key), 422, "invalid")


def test_without_a_replay_the_moment_cannot_be_chosen(doors, name):
    moment = {"X-Replay-At": "2026-01-01T00:00:00Z"}

    problem(count(doors, name, headers=moment), 400, "replay-not-allowed")
    problem(
        doors.ask("POST", "/api/counter/replay/wake", json={"to": "2026-01-01T00:00:00Z"}), 404, "not-found"
    )


def test_work_in_a_thread_lets_others_go_on(doors):
    assert doors.ask("GET", "/api/counter/thread").json() == {"sum": 499500}


@pytest.mark.timed
def test_many_workers_wait_for_the_database_at_once(doors):
    import time

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        began = time.monotonic()
        list(pool.map(lambda _: doors.ask("GET", "/api/counter/slow/0.5"), range(10)))

    assert time.monotonic() - began < 2.5


def test_connections_are_kept(doors):
    with socket.create_connection(("127.0.0.1", doors.http_port), timeout=5) as client:
        for _ in range(3):
            client.sendall(b"GET /api/counter/thread HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_doors_are_counted_and_health_is_told(doors):
    doors.ask("GET", "/api/counter/counters")
    doors.ask("GET", "/somewhere/else")

    metrics = doors.watch("/metrics").text
    ready = doors.watch("/health/ready")

    labels = 'method="GET",route="/api/counter/counters",service="counter",status="200"'
    assert f"door_requests_total{{{labels}}}" in metrics
    assert 'route="unmatched"' in metrics
    assert 'database_reachable{service="counter"} 1.0' in metrics
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "database": "ok"})
    assert doors.watch("/health/live").status_code == 200
    assert doors.watch("/elsewhere").status_code == 404
