"""Attachments (附件): photos as files under their SHA-256, checked by content before anything names them."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

LARGEST = 10 * 1024 * 1024
"""Bytes of one photo."""

LARGEST_OF_CITIZENS = 6 * 1024 * 1024
"""Bytes of one photo that comes without an account."""

SHA256 = re.compile(r"[0-9a-f]{64}")

_PIECE = 64 * 1024


class NotAnImage(ValueError):
    """The bytes are no JPEG, PNG or WebP picture."""


class HashDiffers(ValueError):
    """The bytes are not those that the address promises."""


def media_type(content: bytes) -> str:
    """What the bytes are, whatever anybody calls them; raises NotAnImage."""
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-64:]:
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and b"IHDR" in content[:32] and b"IEND" in content[-64:]:
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and _riff_length(content) <= len(content):
        return "image/webp"
    raise NotAnImage("应为 JPEG、PNG 或 WebP 图片 / must be a JPEG, PNG or WebP picture")


def check_hash(content: bytes, sha256: str) -> None:
    """Raise HashDiffers unless the bytes have this hash."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise HashDiffers(f"内容的 SHA-256 是 {found} / the content has another SHA-256")


class AttachmentFolder:
    """A folder in which each photo lies under its hash; a photo is there wholly or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_there(self) -> bool:
        """Whether the folder itself can be reached just now."""
        return self._folder.is_dir()

    def put(self, sha256: str, content: bytes) -> None:
        """Store the bytes on disk before anybody is told that they are there."""
        target = self._path(sha256)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        half_written = target.with_name(f"{sha256}.{uuid4().hex}.new")
        with half_written.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half_written.replace(target)
        _sync(target.parent)

    def original(self, sha256: str) -> Path:
        """Where a photo lies as it was uploaded."""
        return self._path(sha256)

    def shown(self, sha256: str) -> Path:
        """Where what others may see of it lies, once it is prepared (docs/decisions/0018)."""
        return self._path(sha256).with_suffix(".shown")

    def pieces(self, path: Path) -> Iterator[bytes]:
        """The bytes of a file, piece by piece; raises FileNotFoundError at once when they are not there."""
        file = path.open("rb")

        def read() -> Iterator[bytes]:
            with file:
                while piece := file.read(_PIECE):
                    yield piece

        return read()

    def _path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256")
        return self._folder / sha256[:2] / sha256


def _riff_length(content: bytes) -> int:
    return int.from_bytes(content[4:8], "little") + 8


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
