"""What the tests of doors share: how the counter's door is asked, and what a refusal looks like."""

import itertools

_serial = itertools.count(1)


def count(doors, counter, key=None, language="zh", **named):
    headers = {"Idempotency-Key": key or f"k{next(_serial)}", "Accept-Language": language}
    headers |= named.pop("headers", {})
    if "data" not in named:
        named.setdefault("json", {"by": 1})
    return doors.ask("POST", f"/api/counter/counters/{counter}/count", headers=headers, **named)


def problem(response, status, kind):
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["type"] == f"urn:qianliyan:problem:{kind}"
    assert document["status"] == status
    assert "Traceback" not in response.text
    return document
