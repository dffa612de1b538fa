"""``make year``: the article's first eleven months, through the doors of a system started for replay."""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.stack import Stack
from tests.year.plan import BEGIN, CASES, END, SEED
from tests.year.run import play


def main() -> int:
    """Exit 0 only if the system's figures equal the script's log and the minute-by-minute oracle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--begin", type=date.fromisoformat, default=BEGIN)
    parser.add_argument("--end", type=date.fromisoformat, default=END)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--hands", type=int, default=4, help="how many things the desks do at the same time")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="qianliyan-year-") as folder,
        Stack(Path(folder) / "state", replay=True) as stack,
    ):
        print(f"started {stack.address} for replay", flush=True)
        figures = play(stack, **vars(options), told=lambda words: print(words, flush=True))
    differences = figures.pop("differences")
    del figures["counts"]
    for difference in differences:
        print("DIFFERENCE", difference)
    print(json.dumps(figures))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
