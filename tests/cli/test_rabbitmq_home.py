"""The broker's home: the plugins that we use and what they need, from an installation as it is laid out."""

from pathlib import Path

import pytest

from cli.infrastructure.rabbitmq_home import make_home, unused_plugins

NEEDS = {
    "rabbit-3.10.8": "kernel,stdlib,ra,rabbit_common",
    "ra-2.2.0": "kernel",
    "rabbit_common-3.10.8": "kernel",
    "cowboy-2.8.0": "kernel, cowlib",
    "cowlib-2.9.1": "kernel",
    "gun-1.3.3": "kernel",
    "rabbitmq_web-3.10.8": "kernel,rabbit,cowboy",
    "rabbitmq_management-3.10.8": "kernel,\n    rabbitmq_web",
    "rabbitmq_shovel-3.10.8": "rabbit",
    "rabbitmq_shovel_management-3.10.8": "rabbitmq_management,rabbitmq_shovel",
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An installation of RabbitMQ with one plugin that we use; its `rabbitmq-server`."""
    root = tmp_path / "installed"
    for folder in ("sbin", "escript", "plugins"):
        (root / folder).mkdir(parents=True)
    for library, needs in NEEDS.items():
        name = library.rpartition("-")[0]
        (root / "plugins" / library / "ebin").mkdir(parents=True)
        about = f"{{application, '{name}', [\n\t{{applications, [{needs}]}},\n\t{{env, [{{a, []}}]}}\n]}}."
        (root / "plugins" / library / "ebin" / f"{name}.app").write_text(about)
    (root / "plugins" / "old_form-1.0.ez").write_bytes(b"PK")
    for other in ("README", "LICENSE"):
        (root / "plugins" / other).touch()
    (root / "sbin" / "rabbitmq-server").touch()
    return root / "sbin" / "rabbitmq-server"


def test_of_the_plugins_those_that_are_named_and_what_they_need_are_there(
    installed: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"

    environment = make_home(installed, ["rabbitmq_management"], home)

    left_out = {"rabbitmq_shovel-3.10.8", "rabbitmq_shovel_management-3.10.8"}
    assert {path.name for path in (home / "plugins").iterdir()} == (
        {*NEEDS, "old_form-1.0.ez", "README", "LICENSE"} - left_out
    )
    assert all(path.exists() for path in (home / "plugins").iterdir())
    assert (home / "sbin" / "rabbitmq-server").exists()
    assert environment == {
        "RABBITMQ_SCRIPTS_DIR": str(home / "sbin"),
        "RABBITMQ_PLUGINS_DIR": str(home / "plugins"),
    }


def test_it_is_made_anew_for_other_plugins(installed: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_home(installed, ["rabbitmq_management"], home)

    make_home(installed, ["rabbitmq_shovel"], home)

    plugins = {path.name for path in (home / "plugins").glob("rabbitmq_*")}
    assert plugins == {"rabbitmq_shovel-3.10.8"}


def test_a_program_that_is_laid_out_in_another_way_keeps_its_own_home(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "rabbitmq-server"
    program.parent.mkdir()
    program.touch()

    assert make_home(program, ["rabbitmq_management"], tmp_path / "home") == {}
    assert not (tmp_path / "home").exists()


def test_a_library_that_is_no_plugin_stays_even_if_nobody_says_that_they_need_it(installed: Path) -> None:
    libraries = {name.rpartition("-")[0]: installed.parents[1] / "plugins" / name for name in NEEDS}

    assert unused_plugins(libraries, []) == {
        "rabbitmq_web",
        "rabbitmq_management",
        "rabbitmq_shovel",
        "rabbitmq_shovel_management",
    }
