"""The broker's topology as data: exchanges, queues, bindings, policies, accounts and their rights.

One definitions document yields both the private node's boot file and what an administrator imports elsewhere;
docs/messages.md explains the names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

VHOST = "city"
SERVICES = ("intake", "dispatch", "hotline", "assessment", "console")
FEEDBACK_QUEUE = "dispatch.feedback"
PARKING = "parking"
RETRY_SECONDS = (5, 30, 300, 1800)

Readers = Mapping[str, Iterable[tuple[str, str]]]
Definitions = dict[str, Any]

# The services' own account may do everything in the city's vhost, monitoring may only look.
SERVICE_ACCOUNT = "services"
MONITORING_ACCOUNT = "monitoring"
ADMINISTRATOR_ACCOUNT = "administrator"


def definitions(units: Iterable[str], readers: Readers, *, vhost: str = VHOST) -> Definitions:
    """Everything but the accounts: the vhost with its exchanges, queues, bindings and policies."""
    unit_codes = sorted(units)
    worked = [*(f"{service}.facts" for service in SERVICES), FEEDBACK_QUEUE]
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [_exchange(name, kind, vhost) for name, kind in _exchanges()],
        "queues": [
            *(_queue(name, vhost) for name in worked),
            *(_retry_queue(name, seconds, vhost) for name in worked for seconds in RETRY_SECONDS),
            *(_queue(name, vhost) for code in unit_codes for name in unit_queues(code)),
            _queue(PARKING, vhost),
        ],
        "bindings": [
            *(_binding(*bound, vhost) for bound in _fact_bindings(readers)),
            *(
                _binding("units.tasks", name, name.removeprefix("unit."), vhost)
                for name in _unit_queues(unit_codes)
            ),
            _binding("units.feedback", FEEDBACK_QUEUE, "#", vhost),
            _binding(PARKING, PARKING, "", vhost),
        ],
        "policies": _policies(vhost),
    }


def unit_queues(code: str) -> tuple[str, str]:
    """The two queues of a responsible unit (责任单位)."""
    return f"unit.{code}.tasks", f"unit.{code}.urgent"


def unit_account(code: str, password: str, *, vhost: str = VHOST) -> Definitions:
    """A responsible unit's account: it reads its own two queues and writes feedback under its own name."""
    return {
        "users": [{**_user(code, password), "limits": {"max-connections": 10, "max-channels": 50}}],
        "permissions": [_permission(code, vhost, **unit_permission(code))],
        "topic_permissions": [{"user": code, "vhost": vhost, **UNIT_TOPIC_PERMISSION}],
    }


def unit_permission(code: str) -> dict[str, str]:
    """What the broker lets a responsible unit configure, write and read."""
    return {"configure": "^$", "write": r"^units\.feedback$", "read": rf"^unit\.{code}\.(tasks|urgent)$"}


UNIT_TOPIC_PERMISSION = {"exchange": "units.feedback", "write": r"^{username}\..+", "read": "^$"}


def own_accounts(passwords: Mapping[str, str], *, vhost: str = VHOST) -> Definitions:
    """The accounts of the services, of monitoring and of the administrator; there is no guest."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    nothing = {"configure": "^$", "write": "^$", "read": "^$"}
    return {
        "users": [
            _user(SERVICE_ACCOUNT, passwords[SERVICE_ACCOUNT]),
            _user(MONITORING_ACCOUNT, passwords[MONITORING_ACCOUNT], "monitoring"),
            _user(ADMINISTRATOR_ACCOUNT, passwords[ADMINISTRATOR_ACCOUNT], "administrator"),
        ],
        "permissions": [
            _permission(SERVICE_ACCOUNT, vhost, **everything),
            _permission(MONITORING_ACCOUNT, vhost, **nothing),
            _permission(ADMINISTRATOR_ACCOUNT, vhost, **everything),
        ],
    }


def merged(*documents: Definitions) -> Definitions:
    """Several definitions documents as one."""
    together: Definitions = {}
    for document in documents:
        for section, entries in document.items():
            together.setdefault(section, []).extend(entries)
    return together


def _exchanges() -> list[tuple[str, str]]:
    events = [(f"{service}.events", "topic") for service in SERVICES]
    return [*events, ("units.tasks", "direct"), ("units.feedback", "topic"), (PARKING, "fanout")]


def _fact_bindings(readers: Readers) -> list[tuple[str, str, str]]:
    listens_to_all = ("assessment", "console")
    chosen = [
        (f"{sender}.events", f"{service}.facts", name)
        for service in SERVICES
        if service not in listens_to_all
        for sender, name in sorted(readers[service])
    ]
    return chosen + [
        (f"{sender}.events", f"{service}.facts", "#") for service in listens_to_all for sender in SERVICES
    ]


def _unit_queues(codes: Iterable[str]) -> list[str]:
    return [name for code in codes for name in unit_queues(code)]


def _policies(vhost: str) -> list[dict[str, Any]]:
    # At-least-once dead-lettering needs reject-publish; a message that kills its consumer stops at the limit.
    safe = {
        "dead-letter-exchange": PARKING,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "delivery-limit": 20,
    }
    facts = r"^(" + "|".join(SERVICES) + r")\.facts$|^dispatch\.feedback$"
    return [
        _policy("facts", facts, safe, vhost),
        _policy("units", r"^unit\.", {**safe, "max-length": 100_000}, vhost),
    ]


def _policy(name: str, pattern: str, definition: dict[str, Any], vhost: str) -> dict[str, Any]:
    place = {"vhost": vhost, "name": name, "pattern": pattern, "apply-to": "queues", "priority": 0}
    return {**place, "definition": definition}


def _exchange(name: str, kind: str, vhost: str) -> dict[str, Any]:
    lasting = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {"name": name, "vhost": vhost, "type": kind, **lasting}


def _queue(name: str, vhost: str, **arguments: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": "quorum", **arguments},
    }


def _retry_queue(queue: str, seconds: int, vhost: str) -> dict[str, Any]:
    back = {
        "x-message-ttl": seconds * 1000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return _queue(f"{queue}.retry.{seconds}", vhost, **back)


def _binding(exchange: str, queue: str, routing_key: str, vhost: str) -> dict[str, Any]:
    return {
        "source": exchange,
        "vhost": vhost,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": routing_key,
        "arguments": {},
    }


def _permission(user: str, vhost: str, **rights: str) -> dict[str, str]:
    return {"user": user, "vhost": vhost, **rights}


def _user(name: str, password: str, *tags: str) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(name, password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(tags),
    }


def password_hash(name: str, password: str) -> str:
    """RabbitMQ's salted SHA-256. The salt is the account's own, so that unchanged accounts give an unchanged
    document and the node need not import it again; the passwords are random and long."""
    salt = hashlib.sha256(name.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
