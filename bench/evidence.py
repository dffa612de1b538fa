"""How well photos used twice are found (照片重复使用): `make eval-evidence`.

Of places photographed at several moments each, one moment after another is handed in; some pictures are
handed in once more, after a trick. What the evidence process would say of each is counted. The look-up is
timed with a memory filled up to 100,000 photos.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from PIL import Image

from bench import street_scenes
from bench.measuring import keep
from bench.street_scenes import MOMENTS, TRICKS
from services.intake.evidence.finding import Finder, read
from services.intake.evidence.likeness import shape_of

KEPT = 100_000
LOOK_UPS = 200


@dataclass
class Counted:
    """What was found."""

    found: dict[str, list[bool]] = field(default_factory=dict)
    false_alarms: int = 0
    clean: int = 0
    milliseconds: list[float] = field(default_factory=list)

    @property
    def share_found(self) -> float:
        """Of all that were handed in twice."""
        every = [one for ones in self.found.values() for one in ones]
        return sum(every) / len(every)

    @property
    def share_false(self) -> float:
        """Of all that were handed in once."""
        return self.false_alarms / self.clean


def evaluate(
    folder: Path,
    *,
    clean: int,
    planted: int,
    seed: str,
    workers: int = 2,
    tell: Callable[[str], None] = print,
) -> tuple[Counted, Finder]:
    """Hand everything in, in an order by chance, and count."""
    names = _drawn(folder, clean, seed, workers, tell)
    chance = random.Random(f"{seed} order")
    finder, counted = Finder(), Counted()
    twice = chance.sample(names, planted)
    for name in names:
        alike = _handed_in(finder, folder / name, counted)
        counted.clean += 1
        counted.false_alarms += bool(alike)
        if counted.clean % 500 == 0:
            tell(f"  {counted.clean} handed in, {counted.false_alarms} false alarms")
    for number, name in enumerate(twice):
        trick = TRICKS[number % len(TRICKS)]
        copied = folder / "copy.jpg"
        with Image.open(folder / name) as picture:
            copied.write_bytes(street_scenes.saved(trick.play(picture.convert("RGB"), chance), trick.quality))
        alike = finder.find(copied, lambda known: folder / known).alike
        counted.found.setdefault(trick.name, []).append(name in alike)
    return counted, finder


def look_up(finder: Finder, folder: Path, *, kept: int = KEPT) -> list[float]:
    """Milliseconds of single look-ups among so many photos; what is missing is made up by chance."""
    source = np.random.default_rng(1)
    for number in range(kept - len(finder.shapes)):
        finder.shapes.add(f"made up {number}", source.integers(0, 2**64, 4, dtype=np.uint64))
    shapes = [shape_of(read(path)[1]) for path in sorted(folder.glob("*_0.jpg"))[:LOOK_UPS]]
    taken = []
    for shape in shapes:
        began = time.perf_counter()
        finder.shapes.near(shape)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _handed_in(finder: Finder, path: Path, counted: Counted) -> tuple[str, ...]:
    began = time.perf_counter()
    found = finder.find(path, lambda known: path.parent / known)
    counted.milliseconds.append((time.perf_counter() - began) * 1000)
    assert found.shape is not None
    if found.shape.words is not None:
        finder.shapes.add(path.name, found.shape.words)
    return found.alike


def _drawn(folder: Path, clean: int, seed: str, workers: int, tell: Callable[[str], None]) -> list[str]:
    places = range((clean + MOMENTS - 1) // MOMENTS)
    tell(f"drawing {clean} pictures of {len(places)} places")
    with ProcessPoolExecutor(workers) as pool:
        names = list(pool.map(_draw, [(folder, place, seed) for place in places], chunksize=8))
    return [
        name for moment in range(MOMENTS) for of_place in names for name in of_place[moment : moment + 1]
    ][:clean]


def _draw(wanted: tuple[Path, int, str]) -> list[str]:
    folder, place, seed = wanted
    names = [f"{place}_{moment}.jpg" for moment in range(MOMENTS)]
    for moment, name in enumerate(names):
        picture = street_scenes.scene(place, moment, seed=seed)
        (folder / name).write_bytes(street_scenes.saved(picture))
    return names


def main(arguments: Iterable[str] = ()) -> int:
    """Evaluate, and print one line of JSON last."""
    parser = argparse.ArgumentParser(prog="make eval-evidence")
    parser.add_argument("--clean", type=int, default=5000)
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--seed", default="evidence")
    given = parser.parse_args(list(arguments))
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        counted, finder = evaluate(folder, clean=given.clean, planted=given.planted, seed=given.seed)
        times = look_up(finder, folder)
    for name, found in counted.found.items():
        print(f"  {name}: {sum(found)} of {len(found)}")
    result = {
        "found": round(counted.share_found, 4),
        "false_alarm": round(counted.share_false, 4),
        "lookup_ms": round(quantiles(times, n=20)[-1], 2),
        "lookup_ms_median": round(median(times), 2),
        "examine_ms_median": round(median(counted.milliseconds), 1),
        "clean": counted.clean,
        "planted": sum(len(found) for found in counted.found.values()),
        "by_trick": {name: round(sum(found) / len(found), 4) for name, found in counted.found.items()},
        "kept": len(finder.shapes),
    }
    keep({"bench": "evidence", **result})
    good = result["found"] >= 0.95 and result["false_alarm"] <= 0.02 and result["lookup_ms"] <= 20
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
