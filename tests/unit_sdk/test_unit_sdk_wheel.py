"""What the SDK's wheel carries: itself, the unit messages and the wire format, and nothing else of ours."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pika

SDK = Path(__file__).parents[2] / "unit_sdk"


def contents() -> dict[str, str]:
    """Where each file comes from, by its place in the wheel."""
    document = tomllib.loads((SDK / "pyproject.toml").read_text())
    listed = document["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return {place: source for source, place in listed.items()}


def test_the_wheel_carries_every_module_of_the_sdk_and_two_of_the_contracts():
    own = {f"unit_sdk/{path.name}" for path in [*SDK.glob("*.py"), SDK / "py.typed"]}

    assert set(contents()) == own | {
        "case_contracts/__init__.py",
        "case_contracts/units.py",
        "case_contracts/wire.py",
    }


def test_the_sdk_works_with_only_what_its_wheel_carries_and_pika(tmp_path: Path):
    for place, source in contents().items():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(SDK / source, tmp_path / place)
    shutil.copytree(Path(pika.__file__).parent, tmp_path / "pika")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import unit_sdk;"
        " client = unit_sdk.UnitClient('amqp://u07:x@127.0.0.1/city', 'u07'); print(client.code)"
    )

    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert ran.stdout == "u07\n", ran.stderr
