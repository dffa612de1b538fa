"""The private PostgreSQL and RabbitMQ of the tests, kept while a command runs many pytest sessions.

``python -m tests.servers COMMAND…``: between one session and the next they would stop, and start again.
"""

import subprocess
import sys

from tests.infrastructure_fixtures import lent_broker, lent_postgres


def main(command: list[str]) -> int:
    """Run the command while the servers run; its exit code."""
    with lent_postgres(), lent_broker():
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
