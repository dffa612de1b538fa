"""Who stands before the front door (来访网络): who is not counted, and whose word is taken for others."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

NOBODY = "none"
"""What an operator writes who wants no network at all, since an empty setting is none."""


@dataclass(frozen=True)
class Callers:
    """Networks such as ``10.0.0.0/8``; see docs/operations.md, Rate limits."""

    unlimited: tuple[str, ...]
    """Whose requests are not counted."""
    proxies: tuple[str, ...]
    """Of whom it is believed for whom they ask: the last address of X-Forwarded-For."""


def callers(told: Mapping[str, str]) -> Callers:
    """The networks of config.yml's ``front_door``; ValueError for what is none."""
    return Callers(*(_networks(told[name]) for name in ("unlimited", "proxies")))


def _networks(text: str) -> tuple[str, ...]:
    if text.strip() == NOBODY:
        return ()
    return tuple(str(ipaddress.ip_network(one)) for one in text.replace(",", " ").split())
