"""Encryption at rest for personal data: what is sealed can be read only with the key in the keys folder."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from chassis.settings import Settings


class Sealer:
    """Seals small JSON values; the first key seals, all keys open, so that keys can be rotated."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys
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

    def marks(self, content: str) -> list[str]:
        """By which the same content is known again by who has the key: one of each key, the newest first."""
        return [hmac.digest(_for_marks(key), content.encode(), "sha256").hex() for key in self._keys]


def _for_marks(key: bytes) -> bytes:
    """A key of its own: the one that seals does nothing else."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"marks of requests")
    return derive.derive(base64.urlsafe_b64decode(key))


def make_key(path: Path) -> None:
    """Write a new key unless one is there, readable by the owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key() + b"\n")
