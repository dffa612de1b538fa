"""The OpenAPI 3.1 document of a service, made from its doors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields, validate

from chassis.doors import Door
from chassis.idempotency import HEADER, LONGEST

_CONVERTERS = {"int": "integer", "float": "number"}
_PLACE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_PROBLEM = "application/problem+json"


class BrokenRule(Schema):
    """One rule that one field breaks."""

    field = fields.String(required=True)
    rule = fields.String(required=True)
    rule_en = fields.String()
    file = fields.String(metadata={"description": "所在文件（上传的文件包）"})
    row = fields.Integer(metadata={"description": "所在行；表头为第 1 行，0 为整个文件"})
    column = fields.String(metadata={"description": "所在列；不能归于某一格时为空"})


class ProblemDocument(Schema):
    """problem+json (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, validate=validate.Range(400, 599))
    detail = fields.String()
    errors = fields.List(fields.Nested(BrokenRule))


def document(title: str, doors: Iterable[Door]) -> dict[str, Any]:
    """The document, ready to be written as JSON."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=title,
        version="1",
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "错误以 problem+json（RFC 9457）回答。Errors are answered as problem+json."},
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.schema("Problem", schema=ProblemDocument)
    for door in doors:
        spec.path(path=_PLACE.sub(r"{\2}", door.route), operations={door.method.lower(): _operation(door)})
    return spec.to_dict()


def _operation(door: Door) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{door.name}_{door.method.lower()}" if door.raw else door.name,
        "summary": door.summary or door.summary_en,
        "description": door.summary_en,
        "parameters": list(_parameters(door)),
        "responses": _responses(door),
        "security": [] if door.public else [{"bearer": []}],
    }
    if door.tags:
        operation["tags"] = list(door.tags)
    if door.action is not None:
        operation["x-action"] = str(door.action)
    if door.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": door.body}},
        }
    elif door.raw and door.writes:
        operation["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    return operation


def _parameters(door: Door) -> Iterable[Any]:
    for converter, name in _PLACE.findall(door.route):
        kind = _CONVERTERS.get(converter, "string")
        yield {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
    if door.query is not None:
        yield {"in": "query", "schema": door.query}
    if door.cached:
        yield {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "已有答复的 ETag；未变化时答复 304。The ETag of the answer that one has.",
            "schema": {"type": "string"},
        }
    if door.writes and door.transaction and not door.raw:
        yield {
            "name": HEADER,
            "in": "header",
            "required": door.creates,
            "description": "重复提交只生效一次，得到第一次的答复。Repeating a key returns the first answer.",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        }


def _responses(door: Door) -> dict[str, Any]:
    responses: dict[str, Any] = {str(door.status): _good(door)}
    if door.cached:
        responses["304"] = {"description": "与 If-None-Match 所列版本相同"}
    statuses = {
        404: "没有找到",
        422: "不符合要求",
        500: "系统内部错误",
        503: "暂时不可用，请按 Retry-After 重试",
    }
    if not door.public:
        statuses |= {401: "未登录或登录已失效", 403: "没有权限"}
    if door.writes:
        statuses |= {400: "请求格式有误", 409: "当前状态不允许", 413: "内容过大", 415: "类型不支持"}
    if door.creates:
        statuses |= {428: f"缺少 {HEADER}"}
    problem = {"content": {_PROBLEM: {"schema": "Problem"}}}
    responses |= {str(status): {"description": text, **problem} for status, text in sorted(statuses.items())}
    return responses


def _good(door: Door) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "成功"}
    if door.answer is not None:
        good["content"] = {door.media_type: {"schema": door.answer}}
    elif door.raw:
        good["content"] = {"*/*": {"schema": {}}}
    return good


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__)
