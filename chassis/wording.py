"""The Chinese wording of rules that the schema library words in English."""

import re

_THINGS = {
    "string": "文本",
    "utf-8 string": "UTF-8 文本",
    "number": "数字",
    "integer": "整数",
    "boolean": "布尔值",
    "list": "列表",
    "tuple": "列表",
    "UUID": "UUID",
    "datetime": "日期时间",
    "time": "时间",
    "date": "日期",
    "period of time": "时长",
    "mapping type": "对象",
    "URL": "网址",
    "email address": "电子邮箱地址",
    "IP address": "IP 地址",
    "aware datetime": "带时区的日期时间",
    "naive datetime": "不带时区的日期时间",
}

_TEXTS = {
    "Missing data for required field.": "必填",
    "Field may not be null.": "不能为空",
    "Unknown field.": "未知字段",
    "Invalid value.": "无效",
    "Invalid type.": "类型不正确",
    "Invalid input type.": "应为对象",
    "Invalid input.": "取值不被允许",
    "Number too large.": "数字过大",
    "Special numeric values (nan or infinity) are not permitted.": "不能是 NaN 或无穷大",
    "String does not match expected pattern.": "格式不正确",
    "Must not contain the zero character.": "不能含有空字符（U+0000）",
    "Must not contain half a surrogate pair.": "不能含有不完整的 Unicode 代理项",
    "Must not lie in the past.": "不能早于当前时间",
    "Must be given once.": "只能给出一次",
    "Must be text of at most 200 visible ASCII characters.": "应为不超过 200 个可见 ASCII 字符的文本",
    "Must be an ISO 8601 moment with a zone.": "应为带时区的 ISO 8601 时间",
    "Nested too deeply.": "嵌套层数过多",
    "A value cannot be stored.": "有内容无法保存",
}

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (
            r"Must be greater than or equal to (.+?) and less than or equal to (.+?)\.",
            "应不小于 {}，不大于 {}",
        ),
        (r"Must be greater than or equal to (.+?) and less than (.+?)\.", "应不小于 {}，小于 {}"),
        (r"Must be greater than (.+?) and less than or equal to (.+?)\.", "应大于 {}，不大于 {}"),
        (r"Must be greater than (.+?) and less than (.+?)\.", "应大于 {}，小于 {}"),
        (r"Must be greater than or equal to (.+?)\.", "应不小于 {}"),
        (r"Must be greater than (.+?)\.", "应大于 {}"),
        (r"Must be less than or equal to (.+?)\.", "应不大于 {}"),
        (r"Must be less than (.+?)\.", "应小于 {}"),
        (r"Shorter than minimum length (.+?)\.", "长度不能少于 {}"),
        (r"Longer than maximum length (.+?)\.", "长度不能超过 {}"),
        (r"Length must be between (.+?) and (.+?)\.", "长度应在 {} 到 {} 之间"),
        (r"Length must be (.+?)\.", "长度应为 {}"),
        (r"Must be equal to (.+?)\.", "应等于 {}"),
        (r"Must be one of: (.+?)\.", "应为以下之一：{}"),
        (r"One or more of the choices you made was not in: (.+?)\.", "每一项都应为以下之一：{}"),
        (r"The body may have at most (\d+) bytes\.", "请求内容不能超过 {} 字节"),
    )
)

_NOT_VALID = re.compile(r"Not a valid (.+?)\.")
_DURING = re.compile(r"No right to (.+?)\.")


def in_chinese(rule: str) -> str:
    """The rule in Chinese; what the table does not know (a service's own Chinese text) stays as it is."""
    if rule in _TEXTS:
        return _TEXTS[rule]
    if match := _NOT_VALID.fullmatch(rule):
        return f"不是有效的{_THINGS.get(match[1], '值')}"
    if match := _DURING.fullmatch(rule):
        return f"没有权限：{match[1]}"
    for pattern, chinese in _PATTERNS:
        if match := pattern.fullmatch(rule):
            return chinese.format(*match.groups())
    return rule
