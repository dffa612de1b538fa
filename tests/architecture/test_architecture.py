"""The house's rules that a machine can hold: the arrows, and the words that belong to one floor only."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CITY = re.compile(
    r"\b(case|report|dispatch|collector|hotline|responsible_unit|grid|intake|assessment)(_|s\b|\b)"
)


def test_every_arrow_points_downwards() -> None:
    outcome = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0, outcome.stdout


def test_the_chassis_knows_no_word_of_the_city() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "chassis").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CITY.search(line) and "case of" not in line
    ]

    assert found == []


@pytest.mark.parametrize("room", ["domain", "stages"])
@pytest.mark.parametrize("service", ["intake", "dispatch"])
def test_below_the_doors_time_identity_and_chance_are_arguments(service: str, room: str) -> None:
    asked = re.compile(r"datetime\.(now|utcnow)\(|uuid[147]\(|\brandom\.|time\.time\(")
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted((ROOT / "services" / service / room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if asked.search(line)
    ]

    assert found == []


def test_the_stages_tell_the_journey() -> None:
    stages = {
        path.stem
        for service in ("intake", "dispatch")
        for path in (ROOT / "services" / service / "stages").glob("*.py")
    }

    assert {"reporting", "confirmation", "filing", "verification", "closing", "answering"} <= stages
    assert {"dispatching", "handling", "feedback", "rework"} <= stages


@pytest.mark.parametrize("service", ["console", "intake", "dispatch", "hotline", "assessment"])
def test_the_migrations_of_a_service_lie_beside_it_where_the_migrating_process_looks(service: str) -> None:
    module = "console.service" if service == "console" else f"services.{service}.service"
    app = import_module(module).app

    assert app.migrations_folder() == ROOT / module.replace(".", "/").removesuffix("/service") / "migrations"
    assert any((app.migrations_folder() / "versions").glob("*.py"))


def test_nobody_publishes_past_the_outbox() -> None:
    found = [
        str(path.relative_to(ROOT))
        for floor in ("services", "console")
        for path in (ROOT / floor).rglob("*.py")
        if re.search(r"EventDispatcher|basic_publish|kombu|nameko\.events", path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_no_file_names_this_machine_or_a_registry() -> None:
    forbidden = re.compile(r"/work/(main|shared|plan)|/root/|/opt/(pypi|wheels)|files\.pythonhosted")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        readable = name and path.is_file() and path != Path(__file__) and path.stat().st_size < 2_000_000
        if readable and forbidden.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)

    assert found == []
