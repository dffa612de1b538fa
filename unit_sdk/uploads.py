"""Uploads (上传照片): a photo goes to the centre's door by HTTP, and a signed receipt comes back."""

import hashlib
import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from case_contracts.units import Task
from unit_sdk import backoff
from unit_sdk.errors import UploadFailed, UploadRefused

TRIES = 6
TIMEOUT = 60.0

_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"RIFF", "image/webp"),
)


def upload(base_url: str, task: Task, photo: bytes | Path, *, at: datetime | None = None) -> str:
    """Store one photo for the task's case; the receipt that feedback names. Storing it twice is harmless."""
    content = photo.read_bytes() if isinstance(photo, Path) else photo
    sha256 = hashlib.sha256(content).hexdigest()
    headers = {"Authorization": f"Bearer {task.upload_token}", "Content-Type": _type_of(content)}
    if at is not None:
        headers["X-Replay-At"] = at.isoformat()
    request = urllib.request.Request(  # noqa: S310 - the client has checked that base_url is http(s)
        f"{base_url}{task.upload_url}/{sha256}",
        data=content,
        method="PUT",
        headers=headers,
    )
    answer = json.loads(_patiently(request))
    receipt = answer.get("receipt") if isinstance(answer, dict) else None
    if not isinstance(receipt, str):
        raise UploadFailed("the centre's answer holds no receipt")
    return receipt


def fetch(base_url: str, link: str) -> bytes:
    """A photo of the problem, by the link in the task."""
    return _patiently(urllib.request.Request(f"{base_url}{link}"))  # noqa: S310 - as above


def _patiently(request: urllib.request.Request) -> bytes:
    for tries in range(TRIES):
        if tries:
            time.sleep(backoff.pause(tries - 1, longest=8.0))
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise UploadRefused(error.code, _reason(error)) from error
            last: Exception = error
        except OSError as error:
            last = error
    raise UploadFailed(f"{request.full_url.partition('?')[0]}: {last}") from last


def _reason(error: urllib.error.HTTPError) -> str:
    """What problem+json says: its detail and every rule, or its title."""
    try:
        document: Any = json.loads(error.read())
    except (ValueError, OSError):
        return str(error.reason)
    if not isinstance(document, dict):
        return str(error.reason)
    rules = [f"{broken.get('field')}: {broken.get('rule')}" for broken in document.get("errors", [])]
    said = [str(document[key]) for key in ("title", "detail") if document.get(key)]
    return "; ".join([*said, *rules]) or str(error.reason)


def _type_of(content: bytes) -> str:
    return next((kind for start, kind in _TYPES if content.startswith(start)), "application/octet-stream")
