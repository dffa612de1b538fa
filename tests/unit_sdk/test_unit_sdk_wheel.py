"""What the SDK's wheel carries: itself, the unit messages and the wire format, and nothing else of ours."""

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pika
import pytest

from tests.contracts.contract_kit import SAMPLES
from tests.unit_sdk.sdk_kit import JPEG, Centre, PhotoDoor, a_task, unit_url

SDK = Path(__file__).parents[2] / "unit_sdk"


def interpreters() -> list[str]:
    """This Python, and every newer one that the machine happens to have; the SDK promises 3.11 and newer."""
    folders = [Path("/usr/bin"), Path("/usr/local/bin"), *Path.home().glob(".pyenv/versions/*/bin")]
    newer = {
        name: str(program)
        for name in ("python3.12", "python3.13", "python3.14")
        for folder in folders
        if os.access(program := folder / name, os.X_OK)
    }
    return [sys.executable, *newer.values()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as it is given to the units."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=SDK,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and pika, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", folder, wheel],
        check=True,
        capture_output=True,
    )
    shutil.copytree(Path(pika.__file__).parent, folder / "pika")
    return folder


def run(python: str, installed: Path, program: str) -> subprocess.CompletedProcess[str]:
    """A program that finds only what is installed."""
    code = f"import sys; sys.path.insert(0, {str(installed)!r})\n{program}"
    return subprocess.run(
        [python, "-I", "-S", "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_every_module_of_the_sdk_and_two_of_the_contracts(wheel: Path):
    own = {f"unit_sdk/{path.name}" for path in [*SDK.glob("*.py"), SDK / "py.typed"]}
    contracts = {f"case_contracts/{name}.py" for name in ("__init__", "units", "wire")}

    with zipfile.ZipFile(wheel) as opened:
        carried = {name for name in opened.namelist() if ".dist-info/" not in name}

    assert carried == own | contracts


def test_the_wheel_is_1_0_and_wants_pika_only(wheel: Path):
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith("METADATA")]
        told = Parser().parsestr(opened.read(name).decode())

    assert (told["Name"], told["Version"]) == ("qianliyan-unit-sdk", "1.0.0")
    assert told.get_all("Requires-Dist") == ["pika<2,>=1.3.2"]
    assert told["Requires-Python"] == ">=3.11"
    assert told.get_payload().startswith("# 千里眼责任单位接口：第一天")


@pytest.mark.parametrize("python", interpreters())
def test_the_sdk_works_with_only_what_its_wheel_carries_and_pika(installed: Path, python: str):
    samples = str(SAMPLES / "to_unit" / "task.json")
    program = f"""
import pathlib, datetime, unit_sdk, unit_sdk.command
from unit_sdk import words
from case_contracts import units, wire
client = unit_sdk.UnitClient('amqp://u07:x@127.0.0.1/city', 'u07', memory={str(installed / "memory")!r})
client._memory.finish('one')
envelope = wire.decode(pathlib.Path({samples!r}).read_bytes())
task = wire.unpack(units.Task, envelope.data)
print(client.code, client._memory.is_done('one'), task.case_number)
client._memory.close()
"""

    ran = run(python, installed, program)

    assert ran.stdout == "u07 True 4105232020061500001\n", ran.stderr


@pytest.mark.infra
@pytest.mark.parametrize("python", interpreters())
def test_with_only_its_wheel_a_task_is_taken_signed_and_fed_back_with_a_photo(
    installed: Path, python: str, centre: Centre, city_vhost: str, photo_door: tuple[str, type[PhotoDoor]]
):
    program = f"""
import threading, unit_sdk
done = threading.Event()
client = unit_sdk.UnitClient({unit_url(city_vhost)!r}, 'u01', base_url={photo_door[0]!r})
@client.on(unit_sdk.Task)
def handle(task):
    client.sign(task)
    client.feed_back(task, '已修复', [{JPEG!r}])
    done.set()
client.start()
assert done.wait(60)
client.stop()
"""
    centre.tell(a_task())

    ran = run(python, installed, program)

    assert ran.returncode == 0, ran.stderr
    assert [envelope.type for _, _, envelope in centre.heard(2)] == ["sign", "feedback"]
    assert centre.depth("unit.u01.tasks") == 0


def test_the_wheel_brings_the_command(installed: Path):
    ran = subprocess.run(
        [sys.executable, "-S", installed / "bin" / "qianliyan-unit", "--help"],
        env={"PYTHONPATH": str(installed), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "watch" in ran.stdout


@pytest.mark.deep
def test_a_units_own_program_is_checked_against_the_sdks_types(installed: Path, tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text(
        "from unit_sdk import Task, UnitClient\n"
        "client = UnitClient('amqp://u07:x@127.0.0.1/city', 'u07')\n"
        "@client.on(Task)\n"
        "def on_task(task: Task) -> None:\n"
        "    reveal_type(task.case_number)\n"
        "    client.ask_extension(task, reason=7)\n"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", program],
        env={"MYPYPATH": str(installed), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert 'Revealed type is "str"' in checked
    assert 'has incompatible type "int"' in checked
