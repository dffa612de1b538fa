"""Likeness (相似照片): whether two pictures are one photo, though re-saved, resized, cropped, lit or turned.

First a hash: PDQ's 256 bits of the rough shape, in all eight positions that a picture can be laid in, name
the few kept photos that may be the same. Then a proof: the two are laid over one another and compared piece
by piece, because the same street on another day has nearly the same rough shape (docs/decisions/0019).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pdqhash
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Words = NDArray[np.uint64]

FARTHEST = 92
"""Bits of 256 in which the hashes of one photo differ at most; other photos mostly differ in 100 to 150."""

_TURNS = 4
"""PDQ names the four turns of a picture first, then those of its mirror image."""

_PORTION = 32_768
"""Hashes looked at in one go: what the processor's cache holds."""

NEAREST = 8
"""How many of the nearest kept photos are looked at."""

FRAMES = ((2.5, 0.94), (-2.5, 0.94), (0.0, 0.95))
"""Degrees and zoom of the frames in which a new picture is hashed as well: so a copy that was tilted or
cropped comes near its original again. As measured, one tilted by 5° differs in 70 bits then instead of 114.
"""

LEAST_SHAPE = 20
"""PDQ's quality, of 100, below which a picture (a wall, the night) has too little shape for a hash."""

HASHED_SIDE = 64
"""Pixels of the longer side of what is hashed: PDQ itself looks at no more, and takes a sixth of the time."""

PROVING_SIDE = 320
"""Pixels of the longer side of what is laid over one another."""

AGREES = 0.8
"""How like one another all but the worst pieces of one photo are: as measured, one photo twice is 0.88 and
more, one street at two moments mostly below 0.5.
"""

_WORST = 5
"""Percent of the pieces that may be less like: a date stamped into a corner."""
_PIECES = 12
_FEWEST_POINTS = 12
_LEAST_OVERLAP = 0.5
_FLAT = 3.0


@dataclass(frozen=True)
class Shape:
    """A picture's hash as kept: ``words`` is None when it has too little shape."""

    words: Words | None
    laid: Words
    """Its hashes as four words each: as it is and turned, the same mirrored, and upright in other frames."""

    @property
    def kept(self) -> bytes | None:
        """The hash for the database."""
        return None if self.words is None else self.words.tobytes()


def shape_of(grey: Grey) -> Shape:
    """The hash of a picture."""
    grey = _small(grey, HASHED_SIDE)
    laid, quality = pdqhash.compute_dihedral(_coloured(grey))
    framed = [pdqhash.compute(_coloured(_in_frame(grey, *frame)))[0] for frame in FRAMES]
    words = np.packbits(np.array([*laid, *framed], dtype=np.uint8), axis=1).view(np.uint64)
    return Shape(words=words[0] if quality >= LEAST_SHAPE else None, laid=words)


def _coloured(grey: Grey) -> NDArray[np.uint8]:
    return np.repeat(grey[..., None], 3, axis=2)


def _in_frame(grey: Grey, degrees: float, zoom: float) -> Grey:
    """The picture tilted and moved away, its border drawn out to fill the frame."""
    height, width = grey.shape
    way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    framed = cv2.warpAffine(grey, way, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(framed, dtype=np.uint8)


def words_of(kept: bytes) -> Words:
    """A hash as the database keeps it."""
    return np.frombuffer(kept, dtype=np.uint64)


class Shapes:
    """The hashes of all kept photos, in memory: 32 bytes each, as four columns of words."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._columns: Words = np.zeros((4, 1024), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, words: Words) -> None:
        """One more photo."""
        if len(self) == self._columns.shape[1]:
            self._columns = np.concatenate([self._columns, np.zeros_like(self._columns)], axis=1)
        self._columns[:, len(self)] = words
        self._names.append(name)

    def near(self, shape: Shape) -> list[tuple[str, bool]]:
        """The photos that may be this one, the nearest first, and whether seen in a mirror."""
        if shape.words is None or not self._names:
            return []
        fewest = np.concatenate(
            [self._fewest(shape.laid, begin) for begin in range(0, len(self), _PORTION)], axis=1
        )
        nearest = fewest.min(axis=0)
        close = np.flatnonzero(nearest <= FARTHEST)
        order = close[np.argsort(nearest[close], kind="stable")][:NEAREST]
        return [(self._names[place], bool(fewest[1, place] < fewest[0, place])) for place in order]

    def _fewest(self, laid: Words, begin: int) -> NDArray[np.uint16]:
        """In how many bits a portion of the hashes differ at least: from the turns, from the mirrored."""
        kept = self._columns[:, begin : min(begin + _PORTION, len(self))]
        size = kept.shape[1]
        fewest = np.full((2, size), 256, dtype=np.uint16)
        differing, counts = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint8)
        for way, words in enumerate(laid):
            bits = np.zeros(size, dtype=np.uint16)
            for column, word in zip(kept, words, strict=True):
                np.bitwise_xor(column, word, out=differing)
                np.bitwise_count(differing, out=counts)
                np.add(bits, counts, out=bits)
            half = fewest[int(_TURNS <= way < 2 * _TURNS)]
            np.minimum(half, bits, out=half)
        return fewest


class Proof:
    """One picture with its points, against which others are laid."""

    def __init__(self, grey: Grey) -> None:
        self._grey = _small(grey, PROVING_SIDE)
        self._points, self._signs = _points_of(self._grey)

    def agreement(self, other: "Proof") -> float:
        """How like they are, 0 to 1, when the other is laid over this one; 0 when it cannot be."""
        if self._signs is None or other._signs is None:
            return 0.0
        pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(other._signs, self._signs)
        if len(pairs) < _FEWEST_POINTS:
            return 0.0
        there = np.array([other._points[pair.queryIdx].pt for pair in pairs], dtype=np.float32)
        here = np.array([self._points[pair.trainIdx].pt for pair in pairs], dtype=np.float32)
        way, fitting = cv2.estimateAffinePartial2D(there, here, ransacReprojThreshold=3.0)
        if way is None or int(fitting.sum()) < _FEWEST_POINTS:
            return 0.0
        size = (self._grey.shape[1], self._grey.shape[0])
        laid = cv2.warpAffine(other._grey, way, size, flags=cv2.INTER_AREA)
        covered = cv2.warpAffine(np.full_like(other._grey, 255), way, size)
        return _agreeing(self._grey, laid, covered)

    def mirrored(self) -> "Proof":
        """The same picture seen in a mirror."""
        return Proof(np.ascontiguousarray(self._grey[:, ::-1]))


def _points_of(grey: Grey) -> tuple[list[cv2.KeyPoint], NDArray[np.uint8] | None]:
    points, signs = cv2.ORB_create(nfeatures=400, fastThreshold=8).detectAndCompute(grey, None)
    return list(points), signs


def _small(grey: Grey, side: int) -> Grey:
    factor = side / max(grey.shape)
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _agreeing(one: Grey, other: Grey, covered: Grey) -> float:
    """How like the pieces are, but for the light, that both show and that are not flat: all but the worst."""
    mine, theirs = (cv2.GaussianBlur(grey.astype(np.float64), (0, 0), 1.0) for grey in (one, other))
    size = _by_piece(np.add, np.ones_like(mine))
    my_mean, their_mean = (_by_piece(np.add, grey) / size for grey in (mine, theirs))
    my_spread, their_spread = (
        np.sqrt(np.maximum(_by_piece(np.add, grey**2) / size - mean**2, 0.0))
        for grey, mean in ((mine, my_mean), (theirs, their_mean))
    )
    together = _by_piece(np.add, mine * theirs) / size - my_mean * their_mean
    seen = _by_piece(np.minimum, covered) == 255
    shaped = seen & (np.maximum(my_spread, their_spread) >= _FLAT)
    if seen.sum() < _LEAST_OVERLAP * _PIECES**2 or shaped.sum() < _FEWEST_POINTS:
        return 0.0
    like = together[shaped] / np.maximum(my_spread * their_spread, 1e-6)[shaped]
    return float(np.percentile(like, _WORST))


def _by_piece(gather: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
    """What ``gather`` makes of each of the pieces into which a picture is cut."""
    rows, columns = (np.linspace(0, length, _PIECES, endpoint=False).astype(int) for length in values.shape)
    return np.asarray(gather.reduceat(gather.reduceat(values, rows, axis=0), columns, axis=1))
