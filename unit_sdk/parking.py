"""The unit's own parking (停放): what its function could not handle, kept as files until somebody looks."""

import base64
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_FIT_FOR_A_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Parked:
    """A message that was tried as often as allowed, and in vain."""

    message_id: str
    message: Any
    """As the function was given it."""
    body: bytes
    """As it came from the broker."""
    tries: int
    error: str
    """What the function raised last, with the way to the place."""
    at: datetime


class ParkingFolder:
    """One file a message, readable by the owner only, since a task holds its upload token."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, parked: Parked) -> None:
        """Keep a message; the same message again takes the place of the first."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file(parked.message_id)
        fresh = file.with_suffix(".new")
        document = {
            "message_id": parked.message_id,
            "parked_at": parked.at.isoformat(timespec="seconds"),
            "tries": parked.tries,
            "error": parked.error,
            "body": _as_json(parked.body),
            "body_base64": base64.b64encode(parked.body).decode(),
        }
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(json.dumps(document, ensure_ascii=False, indent=1).encode())
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)

    def bodies(self) -> Iterator[tuple[str, bytes]]:
        """Every parked message: its id, and what came from the broker."""
        for document in self.documents():
            yield document["message_id"], base64.b64decode(document["body_base64"])

    def documents(self) -> list[dict[str, Any]]:
        """Every parked message as its file says it, the oldest first."""
        found = [json.loads(file.read_text(encoding="utf-8")) for file in self.folder.glob("*.json")]
        return sorted(found, key=lambda document: str(document["parked_at"]))

    def discard(self, message_id: str) -> None:
        """The message is done after all."""
        self._file(message_id).unlink(missing_ok=True)

    def _file(self, message_id: str) -> Path:
        fit = _FIT_FOR_A_NAME.fullmatch(message_id)
        return self.folder / f"{message_id if fit else hashlib.sha256(message_id.encode()).hexdigest()}.json"


def _as_json(body: bytes) -> Any:
    """The message for the eye; the exact bytes stand beside it."""
    try:
        return json.loads(body)
    except ValueError:
        return None
