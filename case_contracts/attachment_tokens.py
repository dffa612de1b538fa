"""Signed claims about attachments: upload tokens, receipts and photo links, shared by intake and dispatch.

dispatch gives a unit an upload token inside its task and links to the photos of the problem; intake's door
checks them and answers a receipt; dispatch checks the receipt that feedback names. Neither asks the other.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import jwt

_ALGORITHM = "HS256"


class BadToken(ValueError):
    """The token was not signed by us, is of another kind, or is too old."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """上传凭证: this unit may upload photos for this round of this case."""

    case_number: str
    round: int
    responsible_unit: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """上传回执: this photo was stored for this case by this unit."""

    sha256: str
    case_number: str
    responsible_unit: str


@dataclass(frozen=True, kw_only=True)
class PhotoLink:
    """照片链接: whoever holds it may see this photo until it expires."""

    sha256: str


@dataclass(frozen=True, kw_only=True)
class DraftUpload:
    """草稿上传凭证: whoever drafts a report on the public page may upload photos for it."""

    draft: str


@dataclass(frozen=True, kw_only=True)
class DraftReceipt:
    """草稿上传回执: this photo was stored for this draft."""

    sha256: str
    draft: str


AnyClaims = Upload | Receipt | PhotoLink | DraftUpload | DraftReceipt
Claims = TypeVar("Claims", Upload, Receipt, PhotoLink, DraftUpload, DraftReceipt)


def sign(claims: AnyClaims, key: str, *, expires_at: datetime | None = None) -> str:
    """A compact signed token (JWS) of the claims; ``key`` is the secret that intake and dispatch share."""
    payload: dict[str, Any] = asdict(claims) | {"aud": type(claims).__name__}
    if expires_at is not None:
        payload["exp"] = expires_at
    return jwt.encode(payload, key, algorithm=_ALGORITHM)


def read(kind: type[Claims], token: str, key: str) -> Claims:
    """The claims of a token of this kind; raise :class:`BadToken` when it is none of ours."""
    try:
        payload = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=kind.__name__)
    except jwt.PyJWTError as error:
        raise BadToken(str(error)) from error
    payload.pop("aud", None)
    payload.pop("exp", None)
    return kind(**payload)
