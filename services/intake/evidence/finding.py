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

    def find(self, original: Path, path_of: PathOf) -> Found:
        """Read a photo and look for it among the kept ones; a broken one is told of; raises OSError."""
        try:
            traces, grey = read(original)
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


def read(original: Path) -> tuple[Traces, Grey]:
    """What a picture tells, and its grey values, upright and small; raises Unreadable, OSError."""
    with pictures.opened(original) as picture:
        told = pictures.metadata(picture)
        grey = np.asarray(pictures.upright(picture, READ_SIDE).convert("L"), dtype=np.uint8)
    return Traces(taken_at=told.taken_at, lon=told.lon, lat=told.lat), grey
