"""Street scenes (街景): photograph-like pictures, drawn by chance, and how people use a picture twice.

A place has several moments: the same buildings from nearly the same spot, under another light, with other
cars, with the problem there or gone. Photos of one place at two moments are honest, and hard to tell from one
photo handed in twice.
"""

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

WIDTH, HEIGHT = 480, 360
MOMENTS = 4
"""Photos of each place."""

_MARGIN = 1.3
"""How much more of a place is drawn than a photo shows: nobody stands twice on the same spot."""

Noise = np.ndarray


@dataclass(frozen=True)
class Trick:
    """What is done to a picture before it is handed in again."""

    name: str
    play: Callable[[Image.Image, random.Random], Image.Image]
    quality: int = 85


def scene(place: int, moment: int, *, seed: str = "evidence") -> Image.Image:
    """The place as a photo shows it at this moment."""
    picture = _place(f"{seed} {place}").copy()
    chance = random.Random(f"{seed} {place} {moment}")
    _traffic(picture, chance, picture.height)
    framed = _framed(picture, chance)
    return _exposed(framed, chance)


def saved(picture: Image.Image, quality: int = 85) -> bytes:
    """The picture as JPEG."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def _resized(picture: Image.Image, chance: random.Random) -> Image.Image:
    factor = chance.uniform(0.4, 0.8)
    return picture.resize((round(picture.width * factor), round(picture.height * factor)))


def _cropped(picture: Image.Image, chance: random.Random) -> Image.Image:
    """5 % of the width and of the height, anywhere between all at one side and all at the other."""
    wide, high = round(picture.width * 0.05), round(picture.height * 0.05)
    left, top = chance.randint(0, wide), chance.randint(0, high)
    return picture.crop((left, top, picture.width - wide + left, picture.height - high + top))


def _brightened(picture: Image.Image, chance: random.Random) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(chance.uniform(1.15, 1.4))


def _turned(picture: Image.Image, chance: random.Random) -> Image.Image:
    turn = chance.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270))
    return picture.transpose(turn)


def _tilted(picture: Image.Image, chance: random.Random) -> Image.Image:
    """By up to 5°, and cut so that no corner is empty, as a phone does it."""
    degrees = chance.choice((-1, 1)) * chance.uniform(1, 5)
    tilted = picture.rotate(degrees, Image.Resampling.BICUBIC)
    width, height = _largest_inside(picture.width, picture.height, math.radians(abs(degrees)))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return tilted.crop((left, top, left + width, top + height))


TRICKS = (
    Trick("re-saved", lambda picture, _chance: picture, quality=60),
    Trick("resized", _resized),
    Trick("cropped 5 %", _cropped),
    Trick("brightened", _brightened),
    Trick("rotated by a quarter or half turn", _turned),
    Trick("rotated by up to 5°", _tilted),
)


def _largest_inside(width: float, height: float, angle: float) -> tuple[int, int]:
    """The largest upright rectangle inside one turned by a small angle."""
    cos, sin = math.cos(angle), math.sin(angle)
    both = cos * cos - sin * sin
    return int((width * cos - height * sin) / both), int((height * cos - width * sin) / both)


@lru_cache(maxsize=2)
def _place(seed: str) -> Image.Image:
    chance = random.Random(seed)
    width, height = round(WIDTH * _MARGIN), round(HEIGHT * _MARGIN)
    horizon = round(height * chance.uniform(0.42, 0.6))
    sky = [chance.randint(120, 235) for _ in range(3)]
    picture = Image.new("RGB", (width, height), tuple(sky))
    draw = ImageDraw.Draw(picture)
    _clouds(picture, chance, horizon)
    x = -chance.randint(0, 60)
    while x < width:
        x = _building(draw, chance, x, horizon)
    _ground(picture, draw, chance, horizon)
    for _ in range(chance.randint(0, 4)):
        _tree(draw, chance, chance.randint(0, width), horizon)
    for _ in range(chance.randint(1, 3)):
        _pole(draw, chance, chance.randint(0, width), horizon)
    return picture


def _clouds(picture: Image.Image, chance: random.Random, horizon: int) -> None:
    soft = _noise(chance, picture.width, picture.height, (6, 12, 24)) * 35
    box = (0, 0, picture.width, horizon)
    picture.paste(_with_noise(picture.crop(box), soft[:horizon]), box)


def _building(draw: ImageDraw.ImageDraw, chance: random.Random, x: int, horizon: int) -> int:
    wide, high = chance.randint(50, 190), chance.randint(60, horizon - 5)
    wall = tuple(chance.randint(70, 215) for _ in range(3))
    draw.rectangle((x, horizon - high, x + wide, horizon), fill=wall)
    across, down = chance.randint(16, 34), chance.randint(18, 36)
    glass = tuple(max(0, colour - chance.randint(30, 90)) for colour in wall)
    for left in range(x + 6, x + wide - across // 2, across):
        for top in range(horizon - high + 8, horizon - down, down):
            shade = chance.randint(-20, 20)
            pane = tuple(max(0, min(255, colour + shade)) for colour in glass)
            draw.rectangle((left, top, left + across // 2, top + down // 2), fill=pane)
    if chance.random() < 0.6:
        sign = tuple(chance.randint(30, 255) for _ in range(3))
        draw.rectangle((x + 4, horizon - 34, x + wide - 4, horizon - 16), fill=sign)
        for left in range(x + 10, x + wide - 14, 16):
            draw.rectangle(
                (left, horizon - 31, left + chance.randint(4, 11), horizon - 19), fill=(250, 245, 235)
            )
    return x + wide + chance.choice((0, 0, 6, 24))


def _ground(picture: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    width, height = picture.size
    shade = chance.randint(70, 130)
    draw.rectangle((0, horizon, width, height), fill=(shade, shade, shade + chance.randint(0, 8)))
    vanishing = chance.randint(width // 4, 3 * width // 4)
    for edge in (-0.2, 0.25, 0.75, 1.2):
        end = round(width * (edge + chance.uniform(-0.1, 0.1)))
        draw.line((vanishing, horizon, end, height), fill=(215, 215, 205), width=chance.randint(2, 6))
    box = (0, horizon, width, height)
    rough = _noise(chance, width, height, (9, 30, 90, 200)) * 28
    picture.paste(_with_noise(picture.crop(box), rough[horizon:]), box)


def _tree(draw: ImageDraw.ImageDraw, chance: random.Random, x: int, horizon: int) -> None:
    top, spread = horizon - chance.randint(60, 170), chance.randint(25, 60)
    draw.rectangle((x - 4, top, x + 4, horizon + 20), fill=(80, 60, 45))
    for _ in range(140):
        left, high = x + chance.gauss(0, spread / 2), top + chance.gauss(0, spread / 2)
        leaf = (chance.randint(20, 80), chance.randint(70, 140), chance.randint(20, 70))
        draw.ellipse((left - 6, high - 5, left + 6, high + 5), fill=leaf)


def _pole(draw: ImageDraw.ImageDraw, chance: random.Random, x: int, horizon: int) -> None:
    top = chance.randint(10, horizon // 2 + 10)
    draw.line((x, top, x, horizon + 60), fill=(60, 62, 66), width=5)
    draw.line((x, top, x + chance.choice((-50, 50)), top - 8), fill=(60, 62, 66), width=3)


def _traffic(picture: Image.Image, chance: random.Random, height: int) -> None:
    draw = ImageDraw.Draw(picture)
    for _ in range(chance.randint(1, 5)):
        x, y = chance.randint(0, picture.width), chance.randint(int(height * 0.62), int(height * 0.9))
        long, paint = chance.randint(60, 150), tuple(chance.randint(10, 245) for _ in range(3))
        draw.rounded_rectangle((x, y - long // 3, x + long, y), 9, fill=paint)
        draw.rectangle((x + long // 5, y - long // 2, x + 4 * long // 5, y - long // 3), fill=(40, 50, 60))
        for wheel in (x + long // 4, x + 3 * long // 4):
            draw.ellipse((wheel - 9, y - 9, wheel + 9, y + 9), fill=(15, 15, 15))
    for _ in range(chance.randint(0, 3)):
        _rubbish(draw, chance, chance.randint(0, picture.width), chance.randint(int(height * 0.7), height))


def _rubbish(draw: ImageDraw.ImageDraw, chance: random.Random, x: int, y: int) -> None:
    for _ in range(40):
        left, top = x + chance.gauss(0, 24), y + chance.gauss(0, 12)
        colour = tuple(chance.randint(0, 255) for _ in range(3))
        draw.rectangle((left, top, left + chance.randint(3, 16), top + chance.randint(3, 12)), fill=colour)


def _framed(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Handheld: a little nearer or farther, to the side, and not quite level."""
    tilted = picture.rotate(chance.gauss(0, 1.5), Image.Resampling.BICUBIC)
    factor = chance.uniform(1.0, 1.12)
    wide, high = round(WIDTH * factor), round(HEIGHT * factor)
    left = _aside(chance, picture.width - wide, WIDTH)
    top = _aside(chance, picture.height - high, HEIGHT)
    return tilted.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))


def _aside(chance: random.Random, spare: int, size: int) -> int:
    return max(0, min(spare, spare // 2 + round(chance.gauss(0, size * 0.03))))


def _exposed(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Another light, shadows that have moved on, and the sensor's noise."""
    shadows = _noise(chance, picture.width, picture.height, (3, 5)) * 30
    grain = np.random.default_rng(chance.getrandbits(32)).normal(0, 4, (picture.height, picture.width))
    lit = _with_noise(picture, shadows + grain)
    lit = ImageEnhance.Brightness(lit).enhance(chance.uniform(0.75, 1.2))
    lit = ImageEnhance.Contrast(lit).enhance(chance.uniform(0.8, 1.2))
    return lit.filter(ImageFilter.GaussianBlur(chance.uniform(0, 0.8)))


def _noise(chance: random.Random, width: int, height: int, grains: tuple[int, ...]) -> Noise:
    """Noise of several grains (how many lie side by side), about -1 to 1."""
    source = np.random.default_rng(chance.getrandbits(32))
    total = np.zeros((height, width), dtype=np.float32)
    for grain in grains:
        rough = Image.fromarray(
            source.normal(0, 1, (max(2, grain * height // width), grain)).astype(np.float32)
        )
        total += np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC)) / len(grains)
    return total


def _with_noise(picture: Image.Image, noise: Noise) -> Image.Image:
    values = np.asarray(picture, dtype=np.float32) + noise[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
