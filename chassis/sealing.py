"""Encryption at rest for personal data: what is sealed can be read only with the key in the keys folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet

if TYPE_CHECKING:
    from chassis.settings import Settings


class Sealer:
    """Seals small JSON values; the first key seals, all keys open, so that keys can be rotated."""

    def __init__(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read the keys, one a line, the newest first."""
        return cls([line.strip() for line in path.read_bytes().splitlines() if line.strip()])

    @classmethod
    def of_settings(cls, settings: Settings) -> Sealer:
        """The personal key in the keys folder."""
        return cls.from_file(settings.keys_dir / "personal.key")

    def seal(self, value: dict[str, Any]) -> bytes:
        """Encrypt and authenticate a JSON object."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> dict[str, Any]:
        """The object that was sealed; raises ``cryptography.fernet.InvalidToken`` if it was not by us."""
        opened: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        return opened


def make_key(path: Path) -> None:
    """Write a new key unless one is there, readable by the owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key() + b"\n")
