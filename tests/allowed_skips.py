"""A skipped test is a failed run unless tests/allowed_skips.txt names it with a reason.

Each line: the test's node id (or a prefix that ends in `*`), two blanks or more, `#` and the reason.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("allowed_skips.txt")


def allowed_patterns(text: str) -> list[str]:
    """The node ids of a list; a line without a reason is refused."""
    patterns = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("#"):
            continue
        pattern, mark, reason = line.partition("#")
        if not mark or not reason.strip():
            raise ValueError(f"allowed_skips.txt: no reason given: {line}")
        patterns.append(pattern.strip())
    return patterns


class AllowedSkips:
    """Collects skips while the tests run and fails the session for those that nobody allowed."""

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = patterns
        self.unexpected: dict[str, str] = {}

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        if not any(
            report.nodeid == pattern or fnmatchcase(report.nodeid, pattern) for pattern in self.patterns
        ):
            self.unexpected[report.nodeid] = str(report.longrepr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at each phase of each test."""
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole module can be skipped while it is collected."""
        self._note(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green run with unknown skips red."""
        if self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which."""
        for nodeid, reason in self.unexpected.items():
            terminalreporter.write_line(f"SKIP NOT ALLOWED {nodeid}: {reason}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Watch every run that really runs tests; with xdist the controlling process does."""
    if not hasattr(config, "workerinput"):
        text = LIST.read_text(encoding="utf-8") if LIST.exists() else ""
        config.pluginmanager.register(AllowedSkips(allowed_patterns(text)), "allowed-skips")
