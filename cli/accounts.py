"""Accounts on the broker (责任单位账号 among them) and the definitions document as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from cli import topology
from cli.state import State


class BrokerRefused(RuntimeError):
    """The broker's management door said no, or nothing at all."""


@dataclass(frozen=True)
class Management:
    """The broker's management API, as the administrator."""

    url: str
    user: str
    password: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call below /api; the answer's JSON, or None when there is no body."""
        try:
            address = f"{self.url.rstrip('/')}/api/{path}"
            answer = requests.request(method, address, json=body, auth=(self.user, self.password), timeout=30)
        except requests.RequestException as away:
            raise BrokerRefused(f"RabbitMQ 管理端口无应答 / no answer from {self.url}") from away
        if answer.status_code >= 400:
            raise BrokerRefused(f"RabbitMQ: {method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None


def unit_codes() -> list[str]:
    """The codes of the handbook's responsible units."""
    import handbook

    return sorted(handbook.load().units)


def whole_document(state: State, units: Iterable[str] | None = None) -> topology.Definitions:
    """Topology and accounts as one document; on the very first call every unit gets an account."""
    from case_contracts.readers import READERS

    codes = unit_codes() if units is None else list(units)
    if not (state.folder / "units").exists():
        for code in codes:
            state.new_unit_password(code)
    passwords = state.unit_passwords()
    return topology.merged(
        topology.definitions(codes, READERS),
        topology.own_accounts(state.broker_passwords()),
        *(topology.unit_account(code, passwords[code]) for code in codes if code in passwords),
    )


def provision(management: Management, state: State, code: str) -> None:
    """Give a responsible unit an account with the password that it has, or a new one."""
    account = topology.unit_account(code, state.unit_passwords().get(code) or state.new_unit_password(code))
    user = account["users"][0]
    fields = {
        "password_hash": user["password_hash"],
        "hashing_algorithm": user["hashing_algorithm"],
        "tags": "",
    }
    management.ask("PUT", f"users/{code}", fields)
    management.ask("PUT", f"permissions/{topology.VHOST}/{code}", topology.unit_permission(code))
    management.ask("PUT", f"topic-permissions/{topology.VHOST}/{code}", topology.UNIT_TOPIC_PERMISSION)
    for limit, value in user["limits"].items():
        management.ask("PUT", f"user-limits/{code}/{limit}", {"value": value})


def rotate(management: Management, state: State, code: str) -> None:
    """Give a responsible unit a new password; whoever is connected with the old one is cut off."""
    state.new_unit_password(code)
    provision(management, state, code)
    disconnect(management, code)


def revoke(management: Management, state: State, code: str) -> None:
    """Take a responsible unit's account away; its queues and what lies in them stay."""
    state.forget_unit(code)
    if code in users(management):
        management.ask("DELETE", f"users/{code}")
    disconnect(management, code)


def users(management: Management) -> set[str]:
    """The names of all accounts on the broker."""
    return {user["name"] for user in management.ask("GET", "users")}


def disconnect(management: Management, code: str) -> None:
    """Close a unit's connections: one that was opened with the old password would live on."""
    for connection in management.ask("GET", "connections"):
        if connection.get("user") == code:
            management.ask("DELETE", f"connections/{quote(connection['name'], safe='')}")


def listed(management: Management, codes: Iterable[str]) -> list[tuple[str, bool, int, int]]:
    """Each unit with: has it an account, how many messages wait, how many consumers listen."""
    known = users(management)
    queues = {queue["name"]: queue for queue in management.ask("GET", f"queues/{topology.VHOST}")}
    rows = []
    for code in codes:
        own = [queues.get(name, {}) for name in topology.unit_queues(code)]
        waiting = sum(queue.get("messages", 0) for queue in own)
        rows.append((code, code in known, waiting, sum(queue.get("consumers", 0) for queue in own)))
    return rows
