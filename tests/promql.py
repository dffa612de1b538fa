"""Which metrics a PromQL expression asks for, found by what is left when all else is taken away."""

import re

_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "bool", "offset"}
_NO_METRIC = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)')
_CALLED = re.compile(r"\b\w+\s*(?=\()")


def metrics_in(expression: str) -> set[str]:
    """The names of the metrics in a PromQL expression."""
    names = re.findall(r"\b[a-z_][a-z0-9_]*\b", _CALLED.sub(" ", _NO_METRIC.sub(" ", expression)))
    return set(names) - _WORDS
