"""Tokens (令牌): short-lived, signed with Ed25519, checked by every service on its own."""

import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIFETIME = timedelta(minutes=5)
ISSUER = "qianliyan"
AUDIENCE = "qianliyan"
LONGEST = 4096
"""A longer text is no token of ours and is not looked at."""

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----\s*", re.DOTALL)


class TokenRefused(ValueError):
    """The token is no token, is not ours, or its time is over."""


def sign(
    claims: Mapping[str, Any], private_key: Ed25519PrivateKey, *, at: datetime, lifetime: timedelta = LIFETIME
) -> str:
    """A token for these claims (``sub`` names the person), good from ``at`` for its lifetime."""
    whole = {**claims, "iss": ISSUER, "aud": AUDIENCE, "iat": at, "exp": at + lifetime}
    return jwt.encode(whole, private_key, algorithm="EdDSA")


def verify(token: str, public_keys: Sequence[Ed25519PublicKey]) -> dict[str, Any]:
    """The claims of a token signed by one of these keys; raise :class:`TokenRefused` otherwise."""
    if len(token) > LONGEST:
        raise TokenRefused("longer than any token")
    refusal: Exception | None = None
    for key in public_keys:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.InvalidSignatureError as error:
            refusal = error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise TokenRefused(str(error)) from error
    raise TokenRefused("signed by none of the known keys") from refusal


class TokenReader:
    """Verifies tokens and remembers those it has verified until their time is over."""

    def __init__(self, public_keys: Sequence[Ed25519PublicKey], *, remembered: int = 4096) -> None:
        self._public_keys = tuple(public_keys)
        self._remembered = remembered
        self._claims: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def __call__(self, token: str) -> dict[str, Any]:
        """The claims; raise :class:`TokenRefused`."""
        claims = self._claims.get(token)
        if claims is None:
            claims = verify(token, self._public_keys)
            self._claims[token] = claims
            if len(self._claims) > self._remembered:
                self._claims.popitem(last=False)
        elif claims["exp"] <= time.time():
            del self._claims[token]
            raise TokenRefused("the token's time is over")
        return claims


def make_keys(folder: Path) -> None:
    """Make the keys that are missing: token.key, token.pub, attachments.key."""
    folder.mkdir(parents=True, exist_ok=True)
    private_path = folder / "token.key"
    if not private_path.exists():
        key = Ed25519PrivateKey.generate()
        _write(
            private_path,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            mode=0o600,
        )
    if not (folder / "token.pub").exists():
        public = private_key(folder).public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        _write(folder / "token.pub", pem, mode=0o644)
    if not (folder / "attachments.key").exists():
        _write(folder / "attachments.key", secrets.token_hex(32).encode(), mode=0o600)


def private_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs; only the service that owns the accounts reads it."""
    key = serialization.load_pem_private_key((folder / "token.key").read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{folder / 'token.key'}: no Ed25519 key")
    return key


def public_keys(folder: Path) -> list[Ed25519PublicKey]:
    """The keys that verify: every PEM block of token.pub, so that a new key can be added before it signs."""
    path = folder / "token.pub"
    keys = [serialization.load_pem_public_key(block) for block in _PEM.findall(path.read_bytes())]
    ours = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not ours:
        raise ValueError(f"{path}: no Ed25519 key")
    return ours


def attachments_key(folder: Path) -> bytes:
    """The secret with which links, upload tokens and receipts of attachments are signed (HMAC)."""
    return bytes.fromhex((folder / "attachments.key").read_text().strip())


def _write(path: Path, content: bytes, *, mode: int) -> None:
    half_written = path.with_name(f"{path.name}.{os.getpid()}.new")
    half_written.touch(mode=mode)
    half_written.write_bytes(content)
    half_written.replace(path)
