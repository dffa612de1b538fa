"""Every folder with tests that need servers, minutes or a quiet machine is one that scripts/test runs."""

import ast
import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).parents[1]
SCRIPT = (TESTS.parent / "scripts" / "test").read_text(encoding="utf-8")
FILES = [path for path in TESTS.rglob("test_*.py") if path.parent.name != "architecture"]
CLOCKS = {"monotonic", "perf_counter", "process_time"}


def told(name: str) -> set[str]:
    """The folders in this list of scripts/test."""
    lists = SCRIPT[SCRIPT.index("TIMED=(") : SCRIPT.index("one_by_one()")]
    said = subprocess.run(
        ["bash", "-c", f"{lists}\nprintf '%s\\n' \"${{{name}[@]}}\""],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


def marked(*marks: str) -> set[str]:
    """The folders in which some file has one of these marks."""
    mark = re.compile(rf"pytest\.mark\.({'|'.join(marks)})\b")
    return {
        path.parent.relative_to(TESTS.parent).as_posix()
        for path in TESTS.rglob("*.py")
        if path.name.startswith(("test_", "conftest")) and mark.search(path.read_text(encoding="utf-8"))
    } - {"tests/architecture"}


def test_the_infrastructure_folders_that_scripts_test_runs_are_those_with_such_tests():
    assert told("UNITS") | told("SERVERS") == marked("infra", "deep")
    assert not told("UNITS") & told("SERVERS")


def test_only_folders_that_touch_no_units_accounts_run_beside_another():
    touched = {
        folder
        for folder in told("SERVERS")
        for path in (TESTS.parent / folder).glob("*.py")
        if re.search(r"\b(city_vhost|topology|unit_account)\b", path.read_text(encoding="utf-8"))
    }
    assert touched == set()


def test_the_folders_of_the_whole_system_that_scripts_test_runs_are_those_with_such_tests():
    all_timed = {"tests/starting"}
    assert told("SYSTEM") | all_timed == marked("stack")


def test_the_folders_that_scripts_test_runs_alone_are_those_that_say_how_quickly_something_is_done():
    assert told("TIMED") == marked("timed")


def hurried(tree: ast.Module) -> set[str]:
    """Tests that take the time of something and are not marked for being run alone."""
    found = set()
    for test in ast.walk(tree):
        if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
            continue
        timed = any(re.search(r"\bmark\.(timed|long)\b", ast.unparse(mark)) for mark in test.decorator_list)
        takes_time = any(
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Sub)
            and isinstance(node.left, ast.Call)
            and ast.unparse(node.left.func).rpartition(".")[2] in CLOCKS
            for node in ast.walk(test)
        )
        if takes_time and not timed:
            found.add(test.name)
    return found


def test_who_takes_the_time_of_something_runs_alone():
    found = {}
    for path in FILES:
        words = path.read_text(encoding="utf-8")
        if not re.search(r"^pytestmark.*mark\.(timed|long)\b", words, re.MULTILINE):
            found[path.name] = hurried(ast.parse(words))
    assert {name: tests for name, tests in found.items() if tests} == {}


def test_a_hurried_test_is_found():
    tests = """
def test_one():
    began = time.monotonic()
    assert time.monotonic() - began < 1

@pytest.mark.timed
def test_two():
    assert time.monotonic() - began < 1

def test_three():
    while time.monotonic() < deadline:
        pass
"""
    assert hurried(ast.parse(tests)) == {"test_one"}
