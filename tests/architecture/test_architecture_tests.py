"""Every folder with tests that need servers or minutes is one that scripts/test runs."""

import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).parents[1]
MARKED = re.compile(r"pytest\.mark\.(infra|deep)\b")


def test_the_folders_that_scripts_test_runs_are_those_with_such_tests():
    listing = next(
        line for line in (TESTS.parent / "scripts" / "test").read_text().split("printf '%s\\n' ")[1:]
    ).split("|")[0]
    expanded = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {listing}"], capture_output=True, text=True, check=True
    )
    marked = {
        path.parent.relative_to(TESTS.parent).as_posix()
        for path in TESTS.rglob("*.py")
        if path.name.startswith(("test_", "conftest")) and MARKED.search(path.read_text(encoding="utf-8"))
    }

    assert set(expanded.stdout.split()) == marked - {"tests/architecture"}
