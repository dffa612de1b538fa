"""``make journey``: the main job end to end, through the public doors of a system it starts itself."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.journey.run import play
from tests.stack import Stack


def main() -> int:
    """Exit 0 only if every report was answered or counted unreachable and nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20200615)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="qianliyan-journey-") as folder,
        Stack(Path(folder) / "state") as stack,
    ):
        print(f"started {stack.address}", flush=True)
        figures = play(stack, reports=options.reports, seed=options.seed)
    differences = figures.pop("differences")
    for difference in differences:
        print("DIFFERENCE", difference)
    print(json.dumps(figures, ensure_ascii=False))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
