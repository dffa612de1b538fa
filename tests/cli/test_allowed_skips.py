"""A skip that nobody allowed turns a green run red."""

import pytest

from tests import allowed_skips

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

pytestmark = pytest.mark.infra

def test_that_runs():
    pass

@pytest.mark.skip(reason="not today")
def test_that_does_not():
    pass
"""


@pytest.fixture
def a_run(pytester):
    """A small pytest run with the plugin and a list of allowed skips."""

    def run(allowed, *options):
        plugin = allowed_skips.AllowedSkips(allowed_skips.allowed_patterns(allowed))
        pytester.makepyfile(test_it=SKIPPING)
        return pytester.inline_run("-p", "no:cacheprovider", *options, plugins=[plugin])

    return run


def test_an_unknown_skip_fails_the_run(a_run):
    assert a_run("").ret == pytest.ExitCode.TESTS_FAILED


def test_a_listed_skip_is_fine(a_run):
    assert a_run("test_it.py::test_that_does_not  # there is no need for it today").ret == pytest.ExitCode.OK


def test_a_pattern_covers_a_whole_file(a_run):
    assert a_run("test_it.py::*  # the whole file is for another machine").ret == pytest.ExitCode.OK


def test_a_line_without_reason_is_refused():
    with pytest.raises(ValueError, match="no reason"):
        allowed_skips.allowed_patterns("test_it.py::test_that_does_not")
