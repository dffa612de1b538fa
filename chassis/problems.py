"""Problems: every refusal of a door as problem+json (RFC 9457), in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from chassis.wording import in_chinese

CONTENT_TYPE = "application/problem+json"

Wording = tuple[int, str, str, str]
"""How a service words one kind of exception: status, kebab name, Chinese title, English title."""

TITLES: dict[str, Wording] = {
    name: (status, name, chinese, english)
    for status, name, chinese, english in (
        (400, "malformed-json", "请求内容不是合法的 JSON", "The body is not valid JSON"),
        (400, "malformed-request", "请求格式有误", "The request is malformed"),
        (400, "replay-not-allowed", "系统未开启重放，不接受指定时间", "Replay is not switched on"),
        (401, "not-authenticated", "未登录或登录已失效", "Not signed in, or no longer"),
        (403, "not-allowed", "没有执行此操作的权限", "No right to do this"),
        (404, "not-found", "没有找到", "Not found"),
        (405, "method-not-allowed", "不支持的请求方法", "Method not allowed"),
        (413, "too-large", "请求内容过大", "The body is too large"),
        (415, "unsupported-media-type", "请求内容应为 application/json", "The body must be application/json"),
        (422, "invalid", "填写的内容不符合要求", "The content breaks a rule"),
        (
            422,
            "idempotency-key-reused",
            "同一幂等键已用于内容不同的请求",
            "The key was used for another request",
        ),
        (
            428,
            "idempotency-key-missing",
            "缺少请求头 Idempotency-Key",
            "The header Idempotency-Key is required",
        ),
        (408, "request-timeout", "请求内容未在规定时间内送达", "The body did not arrive in time"),
        (409, "conflict", "与现有数据冲突", "In conflict with what is stored"),
        (500, "unexpected", "系统内部错误，请稍后重试", "Something went wrong on our side"),
        (503, "database-away", "系统暂时无法访问数据库，请稍后重试", "The database is away, try again soon"),
        (503, "stopping", "服务正在停止，请重试", "The service is stopping, try again"),
    )
}


@dataclass
class Problem(Exception):
    """A refusal with everything its answer says; doors may raise it themselves."""

    wording: Wording
    detail: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    chinese: str = ""
    """The detail in Chinese, where a service says it in both languages."""

    __hash__ = Exception.__hash__

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.wording[0]


def problem(
    name: str,
    detail: str = "",
    *,
    errors: Iterable[tuple[str, str]] = (),
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """One of the chassis' own problems; errors are (field, rule in English)."""
    listed = [{"field": name_of_field, "rule": rule} for name_of_field, rule in errors]
    return Problem(TITLES[name], detail, listed, dict(members or {}), dict(headers or {}))


def invalid(*errors: tuple[str, str]) -> Problem:
    """422: these fields break these rules (rules in English; known ones are translated)."""
    return problem("invalid", errors=errors)


def of_exception(error: Exception, table: Mapping[type[Exception], Wording]) -> Problem | None:
    """How the service's table words an exception, the nearest class first; None when it does not.

    The exception's public attributes of plain type become members of the answer; what its property
    ``chinese`` says, if it has one, is the detail for readers of Chinese.
    """
    for kind in type(error).__mro__:
        if kind in table:
            members = {
                key: value
                for key, value in vars(error).items()
                if not key.startswith("_") and isinstance(value, str | int | float | bool)
            }
            return Problem(table[kind], str(error), members=members, chinese=getattr(error, "chinese", ""))
    return None


def of_validation(messages: Any) -> Problem:
    """422 from marshmallow's messages, flattened to one entry a rule."""
    return problem("invalid", errors=_flat(messages, ""))


def answer(refusal: Problem, accept_language: str) -> Response:
    """The problem as a response in the reader's language (Chinese unless English is preferred)."""
    english = prefers_english(accept_language)
    status, name, chinese_title, english_title = refusal.wording
    document: dict[str, Any] = {
        key: value
        for key, value in refusal.members.items()
        if key not in ("type", "title", "status", "detail", "errors")
    }
    document |= {
        "type": f"urn:qianliyan:problem:{name}",
        "title": english_title if english else chinese_title,
        "status": status,
    }
    if refusal.detail:
        document["detail"] = refusal.detail if english else refusal.chinese or in_chinese(refusal.detail)
    if refusal.errors:
        document["errors"] = [
            error if english else {**error, "rule": in_chinese(error["rule"])} for error in refusal.errors
        ]
    headers = {"Cache-Control": "no-store", **refusal.headers}
    return Response(orjson.dumps(document), status, headers, content_type=CONTENT_TYPE)


def prefers_english(accept_language: str) -> bool:
    """Whether the reader asks for English before Chinese."""
    for language, quality in parse_accept_header(accept_language):
        if quality > 0 and language != "*":
            first = language.lower().split("-")[0]
            if first in ("zh", "en"):
                return first == "en"
    return False


def _flat(messages: Any, path: str) -> Iterable[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            below = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from _flat(inner, below)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, path)
    else:
        yield path or "body", str(messages)
