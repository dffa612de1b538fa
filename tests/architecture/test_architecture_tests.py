"""Every folder with tests that need servers or minutes is one that scripts/test runs."""

import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).parents[1]
SCRIPT = (TESTS.parent / "scripts" / "test").read_text(encoding="utf-8")


def told(*names: str) -> set[str]:
    """The folders in these lists of scripts/test."""
    lists = SCRIPT[SCRIPT.index("SYSTEM=(") : SCRIPT.index("one_by_one()")]
    asked = " ".join(f'"${{{name}[@]}}"' for name in names)
    said = subprocess.run(
        ["bash", "-c", f"{lists}\nprintf '%s\\n' {asked}"], capture_output=True, text=True, check=True
    )
    return set(said.stdout.split())


def marked(*marks: str) -> set[str]:
    """The folders in which some file has one of these marks."""
    mark = re.compile(rf"pytest\.mark\.({'|'.join(marks)})\b")
    return {
        path.parent.relative_to(TESTS.parent).as_posix()
        for path in TESTS.rglob("*.py")
        if path.name.startswith(("test_", "conftest")) and mark.search(path.read_text(encoding="utf-8"))
    }


def test_the_infrastructure_folders_that_scripts_test_runs_are_those_with_such_tests():
    assert told("INFRA") == marked("infra", "deep") - {"tests/architecture"}


def test_the_folders_of_the_whole_system_that_scripts_test_runs_are_those_with_such_tests():
    assert told("ALONE", "SYSTEM") == marked("stack") - {"tests/architecture"}
