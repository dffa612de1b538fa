"""Finding (比对): a photo is read, compared with every photo kept, and found to be one of them or new."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.intake.domain.evidence import Traces
from services.intake.evidence import pictures
from services.intake.evidence.likeness import AGREES, Grey, Proof, Shape, Shapes, shape_of, words_of
from services.intake.evidence.pictures import Unreadable

PathOf = Callable[[str], Path]
"""Where the bytes of a photo are."""

READ_SIDE = 640
"""Pixels of the longer side to which a picture is brought before it is compared."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was read of a photo."""

    traces: Traces
    shape: Shape | None = None
    alike: tuple[str, ...] = ()


class Finder:
    """Knows the hash of every kept photo."""

    def __init__(self) -> None:
        self.shapes = Shapes()

    def know(self, sha256: str, kept: bytes) -> None:
        """One more kept photo."""
        self.shapes.add(sha256, words_of(kept))

    def find(self, original: Path, path_of: PathOf, shown: Path | None = None) -> Found:
        """Read a photo and look for it among the kept ones; a broken one is told of; raises OSError.

        ``shown`` is where a copy is laid that others may see.
        """
        try:
            traces, grey = read(original, shown)
        except Unreadable as error:
            return Found(traces=Traces(unreadable=str(error)))
        shape = shape_of(grey)
        return Found(traces=traces, shape=shape, alike=tuple(self._alike(grey, shape, path_of)))

    def _alike(self, grey: Grey, shape: Shape, path_of: PathOf) -> list[str]:
        near = self.shapes.near(shape)
        if not near:
            return []
        proof = Proof(grey)
        alike = []
        for sha256, mirrored in near:
            try:
                other = Proof(read(path_of(sha256))[1])
            except (Unreadable, OSError):
                continue
            if proof.agreement(other.mirrored() if mirrored else other) >= AGREES:
                alike.append(sha256)
        return alike


def read(original: Path, shown: Path | None = None) -> tuple[Traces, Grey]:
    """What a picture tells, and its grey values, upright and small; raises Unreadable, OSError.

    Where a copy for others is wanted and not there yet, it is made from the same unfolded pixels.
    """
    wanted = shown is not None and not shown.exists()
    with pictures.opened(original) as picture:
        kind, told = picture.format, pictures.metadata(picture)
        clean = pictures.upright(picture, pictures.LONGEST_SHOWN if wanted else READ_SIDE)
        content = pictures.made_anew(clean, kind) if wanted else b""
        clean.thumbnail((READ_SIDE, READ_SIDE), reducing_gap=2.0)
        grey = np.asarray(clean.convert("L"), dtype=np.uint8)
    if wanted and shown is not None:
        pictures.keep_shown(content, shown)
    return Traces(taken_at=told.taken_at, lon=told.lon, lat=told.lat), grey
