"""Where the servers of tests keep what is thrown away with the tests.

Memory, where ``QIANLIYAN_TEST_ROOMS`` names a folder of it (scripts/test looks for one), has no waits for a
disk; benchmarks and a plain pytest stay on the disk.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = os.environ.get("QIANLIYAN_TEST_ROOMS", "")


def in_memory(room: Path) -> None:
    """Put a server's room, which is not there yet, into memory."""
    if MEMORY:
        room.parent.mkdir(parents=True, exist_ok=True)
        room.symlink_to(tempfile.mkdtemp(prefix="qianliyan-", dir=MEMORY))


def throw_away(room: Path) -> None:
    """Delete a server's room, also where it is only a link to it."""
    shutil.rmtree(room.resolve(), ignore_errors=True)
    if room.is_symlink():
        room.unlink()
