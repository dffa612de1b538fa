"""A replay's made-up times and a normal run's real ones never share a state folder."""

from pathlib import Path

import pytest

from cli import main
from cli.state import Kind, State
from tests.stack import Stack


@pytest.mark.parametrize("kind", Kind)
def test_a_folder_stays_what_its_first_start_made_it(kind: Kind, tmp_path: Path) -> None:
    state = State(tmp_path)

    assert state.kind(at_first=kind) is kind
    assert {state.kind(at_first=other) for other in Kind} == {kind}


@pytest.mark.parametrize(
    ("held", "options", "words"),
    [
        (Kind.NORMAL, ["--replay"], ("存有正常运行的数据", "holds the data of a normal run")),
        (Kind.REPLAY, [], ("存有重放（--replay）的数据", "holds the data of a replay")),
    ],
)
def test_a_start_of_the_other_kind_is_refused_in_both_languages_before_anything_is_started(
    held: Kind,
    options: list[str],
    words: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    State(tmp_path).kind(at_first=held)

    code = main.main(["run", "--state", str(tmp_path), "--port", str(Stack(tmp_path).port), *options])

    assert code == 1
    told = capsys.readouterr().err
    assert all(word in told for word in words)
    assert not (tmp_path / "postgres").exists()
