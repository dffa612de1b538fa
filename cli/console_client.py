"""Speaks with a running console over HTTP, as the operations account unless told otherwise."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests


class ConsoleRefused(RuntimeError):
    """The console said no, or nothing at all."""


@dataclass
class ConsoleClient:
    """Logs in once, and again when the token has run out."""

    url: str
    login: str
    password: str
    _token: str = field(default="", repr=False)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call below /api/console, or a whole path; the answer's JSON. A refusal is told in its own words."""
        if not self._token:
            self._log_in()
        answer = self._send(method, path, body, query)
        if answer.status_code == 401:
            self._log_in()
            answer = self._send(method, path, body, query)
        return _content(answer)

    def _log_in(self) -> None:
        credentials = {"login": self.login, "password": self.password}
        self._token = _content(self._send("POST", "login", credentials, {}))["token"]

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token and path != "login" else {}
        try:
            below = path if path.startswith("/") else f"/api/console/{path}"
            address = self.url.rstrip("/") + below
            return requests.request(method, address, json=body, params=query, headers=headers, timeout=30)
        except requests.RequestException as away:
            raise ConsoleRefused(f"控制台无应答 / no answer from {self.url}") from away


def _content(answer: requests.Response) -> Any:
    if answer.ok:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise ConsoleRefused(
        f"{answer.status_code} {problem.get('title', '')} {problem.get('detail', '')}".strip()
    )


def example_login(state: Path, role: str) -> tuple[str, str]:
    """The example account of this role, if the installation has example accounts."""
    file = state / "example-logins.csv"
    if not file.exists():
        raise ConsoleRefused(
            "请用 --login 和 QIANLIYAN_PASSWORD 登录 / log in with --login and QIANLIYAN_PASSWORD"
        )
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if role in row["role"].replace(";", " ").split():
                return row["login"], row["password"]
    raise ConsoleRefused(f"没有 {role} 的示例账号 / no example account has the role {role}")
