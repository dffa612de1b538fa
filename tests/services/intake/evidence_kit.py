"""Pictures for tests of evidence: with a time, a place and a way of being held, or broken."""

import io
import random
from datetime import datetime

from PIL import Image, ImageDraw, TiffImagePlugin

GPS_IFD, EXIF_IFD = 0x8825, 0x8769
ORIENTATION, TAKEN, OFFSET = 0x0112, 0x9003, 0x9011


def a_scene(seed: str, width: int = 320, height: int = 240) -> Image.Image:
    """A picture with as much shape as a street has."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), tuple(chance.randrange(120, 230) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        x, y = chance.randrange(width), chance.randrange(height)
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + chance.randrange(5, 60), y + chance.randrange(5, 40)), fill=colour)
    return image


def exif_of(
    *,
    taken: str | None = None,
    offset: str | None = None,
    lon: float | None = None,
    lat: float | None = None,
    orientation: int | None = None,
) -> Image.Exif:
    """What a phone writes beside the pixels."""
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    if taken:
        exif[EXIF_IFD] = {TAKEN: taken, **({OFFSET: offset} if offset else {})}
    if lon is not None and lat is not None:
        north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
        exif[GPS_IFD] = {1: north, 2: _parts(lat), 3: east, 4: _parts(lon)}
    return exif


def encoded(
    picture: Image.Image, kind: str = "JPEG", *, exif: Image.Exif | None = None, quality: int = 85
) -> bytes:
    """The picture's bytes."""
    out = io.BytesIO()
    more = {"exif": exif} if exif is not None else {}
    picture.save(out, kind, quality=quality, **more)
    return out.getvalue()


def camera_time(at: datetime) -> str:
    """A moment as cameras write it."""
    return at.strftime("%Y:%m:%d %H:%M:%S")


def _parts(degrees: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    whole = abs(degrees)
    minutes = (whole % 1) * 60
    return (
        TiffImagePlugin.IFDRational(int(whole), 1),
        TiffImagePlugin.IFDRational(int(minutes), 1),
        TiffImagePlugin.IFDRational(round((minutes % 1) * 60 * 10_000), 10_000),
    )
