"""After-photos (处置后照片): small synthetic JPEGs, each unlike the others."""

import io
import random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 320, 240


def after_photo(seed: str) -> bytes:
    """A tidy street, drawn by chance from the seed."""
    chance = random.Random(seed)
    sky = (120 + chance.randrange(100), 170 + chance.randrange(60), 210 + chance.randrange(40))
    image = Image.new("RGB", (WIDTH, HEIGHT), sky)
    draw = ImageDraw.Draw(image)
    horizon = HEIGHT // 2 + chance.randrange(-20, 20)
    draw.rectangle((0, horizon, WIDTH, HEIGHT), fill=(110, 110, 115))
    for _ in range(5):
        left, wide, top = chance.randrange(WIDTH), chance.randrange(25, 70), chance.randrange(30, 100)
        draw.rectangle((left, top, left + wide, horizon), fill=_brick(chance))
    for x in range(chance.randrange(40), WIDTH, 60):
        draw.rectangle((x, HEIGHT - 40, x + 30, HEIGHT - 34), fill=(235, 235, 235))
    draw.text((6, 6), f"{seed[:46]} (synthetic)", fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _brick(chance: random.Random) -> tuple[int, int, int]:
    return (120 + chance.randrange(100), 80 + chance.randrange(80), 70 + chance.randrange(60))
