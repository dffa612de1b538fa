"""Synthetic photos: small JPEGs, each unlike the others, so that nothing real is shown."""

import hashlib
import io
import random
from datetime import datetime
from functools import lru_cache
from threading import Lock

from PIL import Image, ImageDraw

from examples.city.doors import Person


class Camera:
    """Takes a picture of its own for every report, visit and repair."""

    def take(self, seed: str) -> bytes:
        """A new picture."""
        return photo(seed)[0]

    def hand_in(self, person: Person, seed: str, *, at: datetime | None = None) -> str:
        """Take a picture and upload it as this person; its SHA-256."""
        content = self.take(seed)
        sha256 = hashlib.sha256(content).hexdigest()
        person.put_photo(content, sha256, at=at)
        return sha256


class PlainCamera(Camera):
    """Plain pictures, each with bytes of its own, for a long replay.

    They have too little shape to be compared with others: drawn streets are so alike that each of ten
    thousand is near to many, and examining them would take longer than all the rest.
    """

    def take(self, seed: str) -> bytes:
        """A grey picture that says for what it was taken."""
        out = io.BytesIO()
        _GREY.save(out, "JPEG", comment=seed.encode())
        return out.getvalue()


class Album(Camera):
    """Pictures taken and uploaded beforehand, each used once: uploads have a benchmark of their own."""

    def __init__(self, person: Person, count: int) -> None:
        pictures = [photo(f"album {number}") for number in range(count)]
        for content, sha256 in pictures:
            person.put_photo(content, sha256)
        self._left = iter(pictures)
        self._lock = Lock()

    def take(self, seed: str) -> bytes:
        """The next picture."""
        return self._next()[0]

    def hand_in(self, person: Person, seed: str, *, at: datetime | None = None) -> str:
        """The next one's SHA-256: the centre has it already."""
        return self._next()[1]

    def _next(self) -> tuple[bytes, str]:
        with self._lock:
            return next(self._left)


_SHADES = (16, 12)
_GREY = Image.new("RGB", (64, 48), (120, 120, 120))


@lru_cache(maxsize=512)
def photo(seed: str, *, width: int = 320, height: int = 240) -> tuple[bytes, str]:
    """A street scene drawn from ``seed``: (JPEG bytes, their SHA-256 in hex)."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (150 + chance.randrange(90), 180, 210))
    draw = ImageDraw.Draw(image)
    horizon = height // 2 + chance.randrange(-height // 8, height // 8)
    draw.rectangle((0, horizon, width, height), fill=(90 + chance.randrange(40),) * 3)
    # Light and shadow by chance: without them all drawn streets have nearly the same rough shape.
    shades = Image.frombytes("L", _SHADES, chance.randbytes(_SHADES[0] * _SHADES[1]))
    image.paste(Image.blend(image, shades.resize(image.size, Image.Resampling.BICUBIC).convert("RGB"), 0.5))
    for _ in range(6):
        left, wide = chance.randrange(width), chance.randrange(width // 12, width // 5)
        top = chance.randrange(height // 6, max(horizon, height // 6 + 1))
        colour = tuple(chance.randrange(80, 220) for _ in range(3))
        draw.rectangle((left, top, left + wide, horizon), fill=colour)
    x, y, size = chance.randrange(width), chance.randrange(horizon, height), width // 10
    draw.ellipse((x - size, y - size // 3, x + size, y + size // 3), fill=(40, 35, 30))
    draw.text((4, 4), seed[:40].encode("ascii", "replace").decode(), fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    content = out.getvalue()
    return content, hashlib.sha256(content).hexdigest()
