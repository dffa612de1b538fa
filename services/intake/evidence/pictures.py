"""Pictures (图片): read with distrust, and shown to others without what they tell of who took them."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, ImageOps

LARGEST = 64_000_000
"""Pixels of a picture that is unfolded in memory; a bomb promises more."""

LONGEST_SHOWN = 2560
"""Pixels of the longer side of a copy that is shown; the original stays as it came."""

FORMATS = ("JPEG", "PNG", "WEBP", "MPO")

COUNTY_TIME = ZoneInfo("Asia/Shanghai")
"""What a camera means that names no time zone."""


class Unreadable(ValueError):
    """No picture can be made of the bytes, or too large a one."""


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """When and where a picture says that it was taken; None where it says nothing that makes sense."""

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The picture of a photo, not unfolded yet; raises Unreadable, and OSError when the disk fails."""
    content = io.BytesIO(path.read_bytes())  # outside: a disk that fails says nothing about the picture
    try:
        with Image.open(content, formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST:
                raise Unreadable(f"{picture.width} x {picture.height} pixels")
            yield picture
    except Unreadable:
        raise
    # Whatever a decoder makes of hostile bytes: struct.error, SyntaxError, MemoryError, a bomb's warning.
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}"[:200]) from error


def metadata(picture: Image.Image) -> Metadata:
    """What the EXIF says; nothing in it is trusted to be there or to make sense."""
    try:
        exif = picture.getexif()
        lon, lat = _position(exif.get_ifd(ExifTags.IFD.GPSInfo))
        return Metadata(taken_at=_taken_at(exif.get_ifd(ExifTags.IFD.Exif)), lon=lon, lat=lat)
    except Exception:
        # A broken EXIF block is as good as none.
        return Metadata()


def upright(picture: Image.Image, longest: int) -> Image.Image:
    """The picture as its taker held it, decoded no larger than needed."""
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (longest, longest))
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    turned.thumbnail((longest, longest), reducing_gap=2.0)
    return turned


def prepare_shown(original: Path, shown: Path) -> None:
    """Lay beside the original what others may see of it; raises Unreadable, OSError when the disk fails."""
    if not shown.exists():
        with opened(original) as picture:
            content = made_anew(upright(picture, LONGEST_SHOWN), picture.format)
        keep_shown(content, shown)


def made_anew(clean: Image.Image, kind: str | None) -> bytes:
    """A file of this kind from the pixels alone, so that nothing else of the original is left in it."""
    kind = "JPEG" if kind == "MPO" else kind
    if kind == "JPEG" and clean.mode not in ("RGB", "L"):
        clean = clean.convert("RGB")
    bare = Image.new(clean.mode, clean.size)
    if clean.mode == "P":
        bare = clean.convert("RGBA")
        bare.info.clear()
    else:
        bare.paste(clean)
    content = io.BytesIO()
    bare.save(content, kind, quality=90)
    return content.getvalue()


def keep_shown(content: bytes, shown: Path) -> None:
    """Write the file whole or not at all; raises OSError when the disk fails."""
    half_written = shown.with_name(f"{shown.name}.{uuid4().hex}.new")
    try:
        half_written.write_bytes(content)
        half_written.replace(shown)
    finally:
        half_written.unlink(missing_ok=True)


def _taken_at(exif: Any) -> datetime | None:
    text = exif.get(ExifTags.Base.DateTimeOriginal)
    if not isinstance(text, str):
        return None
    try:
        # A camera's wall clock; its zone is put in beneath.
        clock = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    return clock.replace(tzinfo=_zone(exif.get(ExifTags.Base.OffsetTimeOriginal)))


def _zone(offset: object) -> Any:
    if isinstance(offset, str) and len(text := offset.strip("\0 ")) == 6 and text[0] in "+-":
        with contextlib.suppress(ValueError):
            shift = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
            return timezone(-shift if text[0] == "-" else shift)
    return COUNTY_TIME


def _position(gps: Any) -> tuple[float | None, float | None]:
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    # A camera without a fix writes nought and nought.
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None, None
    return lon, lat


def _degrees(parts: Any, side: Any, negative: str) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (ValueError, ZeroDivisionError):
        return None
    whole = degrees + minutes / 60 + seconds / 3600
    if whole != whole or whole in (float("inf"), float("-inf")):
        return None
    return -whole if str(side).strip("\0 ").upper() == negative else whole
