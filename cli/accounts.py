"""Accounts on the broker (责任单位账号 among them) and the definitions document as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from cli import topology
from cli.state import State

LAST_SEEN = "unit_last_seen_timestamp_seconds"


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


def unit_names() -> dict[str, str]:
    """The responsible units of the handbook that a release brings along: each code with its name, by code."""
    import handbook

    return {code: unit.name for code, unit in sorted(handbook.load().units.items())}


def whole_document(state: State, units: Iterable[str] | None = None) -> topology.Definitions:
    """Topology and accounts as one document; on the very first call every unit gets an account."""
    from case_contracts.readers import READERS

    codes = list(unit_names() if units is None else units)
    if not (state.folder / "units").exists():
        for code in codes:
            state.new_unit_password(code)
    passwords = state.unit_passwords()
    return topology.merged(
        topology.definitions(codes, READERS),
        topology.own_accounts(state.broker_passwords()),
        *(topology.unit_account(code, passwords[code]) for code in codes if code in passwords),
    )


def declare_queues(management: Management, codes: Iterable[str]) -> None:
    """Make the queues of responsible units, which the handbook may have got after the broker's topology."""
    from case_contracts.readers import READERS

    management.ask("POST", "definitions", topology.definitions(codes, READERS))


def provision(management: Management, state: State, code: str) -> bool:
    """Give a responsible unit an account with the password that it has, or a new one; whether it is new."""
    had = state.unit_passwords().get(code)
    with state.fresh_unit_password(code, had) as password:
        _put_account(management, code, password)
    return had is None


def rotate(management: Management, state: State, code: str) -> None:
    """Give a responsible unit a new password; whoever is connected with the old one is cut off.

    The old password stays in its file until the broker has taken the new one.
    """
    if code not in users(management):
        text = f"{code} 没有账号，请先开通 / has no account: qianliyan units provision {code}"
        raise BrokerRefused(text)
    with state.fresh_unit_password(code) as password:
        _put_account(management, code, password)
    disconnect(management, code)


def revoke(management: Management, state: State, code: str) -> bool:
    """Take a responsible unit's account away; its queues and what lies in them stay. Whether it had one."""
    had = code in users(management)
    if had:
        management.ask("DELETE", f"users/{code}")
    disconnect(management, code)
    state.forget_unit(code)
    return had


def _put_account(management: Management, code: str, password: str) -> None:
    account = topology.unit_account(code, password)
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


def users(management: Management) -> set[str]:
    """The names of all accounts on the broker."""
    return {user["name"] for user in management.ask("GET", "users")}


def disconnect(management: Management, code: str) -> None:
    """Close a unit's connections: one that was opened with the old password would live on."""
    # By the broker's own register of connections: the list with statistics lags behind by seconds.
    management.ask("DELETE", f"connections/username/{code}")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One responsible unit as `qianliyan units list` shows it."""

    code: str
    name: str
    has_account: bool
    waiting: int
    consumers: int
    last_seen_at: datetime | None


def listed(
    management: Management, names: Mapping[str, str], last_seen: Mapping[str, datetime]
) -> list[Listed]:
    """Each of these units: has it an account, how many messages wait, how many consumers listen."""
    known = users(management)
    queues = {queue["name"]: queue for queue in management.ask("GET", f"queues/{topology.VHOST}")}
    rows = []
    for code, name in names.items():
        own = [queues.get(queue, {}) for queue in topology.unit_queues(code)]
        rows.append(
            Listed(
                code=code,
                name=name,
                has_account=code in known,
                waiting=sum(queue.get("messages", 0) for queue in own),
                consumers=sum(queue.get("consumers", 0) for queue in own),
                last_seen_at=last_seen.get(code),
            )
        )
    return rows


def last_seen(metrics_url: str) -> dict[str, datetime]:
    """When dispatch last saw each unit's system, by its metrics; empty when it does not answer."""
    try:
        text = requests.get(metrics_url, timeout=10).text
    except requests.RequestException:
        return {}
    return {
        sample.labels["responsible_unit"]: datetime.fromtimestamp(sample.value, UTC)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == LAST_SEEN
    }
