"""Chromium against a whole running system: nothing between them is imitated.

``QIANLIYAN_AT`` (an address) and ``QIANLIYAN_LOGINS`` (its example-logins.csv) let these tests visit a system
that runs already, or the development server in front of it, in place of one that they start.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from examples.city.doors import House
from examples.city.reporters import People
from tests.browser.browser_kit import PATIENCE, Visit, desks
from tests.stack import Stack

CHROMIUM = "/usr/bin/chromium"
HEADLESS = "/usr/bin/chromium-headless-shell"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system behind the pages, for what no page can do."""
    if "QIANLIYAN_AT" in os.environ:
        folder = Path(os.environ["QIANLIYAN_LOGINS"]).parent
        yield Stack(folder, port=json.loads((folder / "running.json").read_text())["port"])
        return
    with Stack(tmp_path_factory.mktemp("browser") / "state") as started:
        yield started


@pytest.fixture(scope="session")
def visit(stack: Stack) -> Visit:
    """The system's address and its example logins."""
    return Visit(os.environ.get("QIANLIYAN_AT", stack.address), stack.accounts())


@pytest.fixture(scope="session")
def people(visit: Visit) -> People:
    """The people of the example city, who do over HTTP what a test does not do in the browser."""
    return People(House(visit.address), visit.accounts)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as driver:
        yield driver


@contextmanager
def _launched(playwright: Playwright, program: str) -> Iterator[Browser]:
    # As root, as in CI, Chromium has no sandbox; it visits our own pages only.
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests; each has contexts of its own. Only Chromium's own windows are not in it."""
    with _launched(playwright, HEADLESS) as browser:
        yield browser


@pytest.fixture
def whole_chromium(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as its users have it, for what its own windows know: all else is quicker without them."""
    with _launched(playwright, CHROMIUM) as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser, visit: Visit) -> Iterator[BrowserContext]:
    """A browser window of one person."""
    opened = chromium.new_context(
        base_url=visit.address, viewport={"width": 1366, "height": 768}, locale="zh-CN"
    )
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def desk(chromium: Browser, visit: Visit) -> Iterator[Callable[..., Page]]:
    """Opens a desk as a person: see ``browser_kit.desks``."""
    with desks(chromium, visit) as open_desk:
        yield open_desk


@pytest.fixture
def citizen(chromium: Browser, visit: Visit) -> Iterator[Page]:
    """A phone whose owner has no account; an error on the page fails the test."""
    context = chromium.new_context(
        base_url=visit.address,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        geolocation={"latitude": 35.9203, "longitude": 114.3581, "accuracy": 25},
        permissions=["geolocation", "clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []
