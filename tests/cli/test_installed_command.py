"""The `qianliyan` program as `scripts/setup` installs it, called from anywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("qianliyan")


def test_the_installed_command_finds_the_whole_project_from_any_folder(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [PROGRAM, "broker", "definitions", "--without-accounts", "--state", tmp_path]

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    bindings = json.loads(done.stdout)["bindings"]
    assert {"case_filed"} <= {binding["routing_key"] for binding in bindings}
