"""Every folder with tests that need servers or minutes is one that scripts/test runs."""

import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).parents[1]
SCRIPT = (TESTS.parent / "scripts" / "test").read_text(encoding="utf-8")


def run_for(kind: str) -> set[str]:
    """The folders that scripts/test runs, of this kind."""
    listing = SCRIPT.split("ALONE=(")[1].split("\n)\n")[0]
    script = f'ALONE=({listing}\n)\nprintf \'%s\\n\' "${{ALONE[@]/#/system }}" "${{TOGETHER[@]}}"'
    told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    lines = (line.split() for line in told.stdout.splitlines())
    return {folder for kind_told, folder in lines if kind_told == kind}


def marked(*marks: str) -> set[str]:
    """The folders in which some file has one of these marks."""
    mark = re.compile(rf"pytest\.mark\.({'|'.join(marks)})\b")
    return {
        path.parent.relative_to(TESTS.parent).as_posix()
        for path in TESTS.rglob("*.py")
        if path.name.startswith(("test_", "conftest")) and mark.search(path.read_text(encoding="utf-8"))
    }


def test_the_infrastructure_folders_that_scripts_test_runs_are_those_with_such_tests():
    assert run_for("infra") == marked("infra", "deep") - {"tests/architecture"}


def test_the_folders_of_the_whole_system_that_scripts_test_runs_are_those_with_such_tests():
    assert run_for("system") == marked("stack") - {"tests/architecture"}
