"""Each arrow of .importlinter can be broken: one wrong import in a copy of the tree, and it is named."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = configparser.ConfigParser()
RULES.read(ROOT / ".importlinter", encoding="utf-8")
CONTRACTS = [section.rsplit(":", 1)[1] for section in RULES.sections() if ":contract:" in section]

WRONG_IMPORTS = {
    "floors": ("chassis/app.py", "import handbook.calendar"),
    "chassis-knows-no-city": ("chassis/app.py", "import case_contracts.codes"),
    "service-rooms": (
        "services/dispatch/domain/assignment.py",
        "import services.dispatch.stages.dispatching",
    ),
    "independent-services": ("services/hotline/stages.py", "import services.assessment.indicators"),
    "domain-knows-no-framework": ("services/intake/stages/filing.py", "import kombu"),
    "store-knows-no-broker": ("services/assessment/store.py", "import pika"),
    "sdk-stands-alone": ("unit_sdk/client.py", "import case_contracts.codes"),
}

# The installed project leads to the tree itself, where `services`, a namespace, would be found a second time.
LINT_IMPORTS = """
import sys
tree = sys.argv.pop()
sys.path = [entry for entry in sys.path if entry != tree]
from importlinter.cli import lint_imports_command
lint_imports_command()
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree's Python and its rules, free to be spoilt."""
    folder = tmp_path_factory.mktemp("copy")
    for package in RULES["importlinter"]["root_packages"].split():
        for source in (ROOT / package).rglob("*.py"):
            target = folder / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(ROOT / ".importlinter", folder / ".importlinter")
    return folder


def test_every_contract_has_a_wrong_import_to_show_it() -> None:
    assert sorted(WRONG_IMPORTS) == sorted(CONTRACTS)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_wrong_import_breaks_its_contract_and_no_other(copy: Path, contract: str) -> None:
    name, wrong = WRONG_IMPORTS[contract]
    spoilt = copy / name
    sound = spoilt.read_text(encoding="utf-8")
    spoilt.write_text(f"{sound}\n{wrong}\n", encoding="utf-8")

    try:
        outcome = subprocess.run(
            [sys.executable, "-c", LINT_IMPORTS, str(ROOT)],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        spoilt.write_text(sound, encoding="utf-8")

    assert outcome.returncode == 1, outcome.stderr
    # Long names are wrapped.
    verdicts = re.sub(r"\s+", " ", outcome.stdout)
    broken = [
        one for one in CONTRACTS if f"{RULES[f'importlinter:contract:{one}']['name']} BROKEN" in verdicts
    ]
    assert broken == [contract]
