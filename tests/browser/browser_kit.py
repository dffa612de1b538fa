"""What the tests of the browser application share."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from examples.city.doors import Account
from tests.stack import ROOT

PATIENCE = 30_000
"""Milliseconds that a page may take on a busy machine."""
AXE = ROOT / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 200_000
"""Bytes that a picture in docs may have; one with many photos keeps 256 colours."""

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Visit:
    """A running system as its visitors know it."""

    address: str
    accounts: list[Account]

    def account(self, login: str) -> Account:
        """The example login of that name."""
        return next(account for account in self.accounts if account.login == login)


def enter(page: Page, account: Account, path: str = "") -> None:
    """Log in at the desks' front page and arrive at a desk."""
    page.goto(f"/desk/{path}")
    page.get_by_label("登录名").fill(account.login)
    page.get_by_label("密码", exact=True).fill(account.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login" not in url)


def _no_headers() -> Mapping[str, str]:
    return {}


@contextmanager
def desks(
    chromium: Browser, visit: Visit, headers: Callable[[], Mapping[str, str]] = _no_headers
) -> Iterator[Callable[..., Page]]:
    """Opens a desk as a person: ``desk("intake1", "intake")``; each call is a window of its own.

    A page that reports an error on its console, or asks for anything of another origin, fails the test.
    ``headers``: what each request of a window that is opened now says besides.
    """
    windows: list[BrowserContext] = []
    faults: list[str] = []

    def open_desk(login: str, path: str = "", *, width: int = 1366, height: int = 768) -> Page:
        window = chromium.new_context(
            base_url=visit.address,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            extra_http_headers=dict(headers()),
        )
        window.set_default_timeout(PATIENCE)
        windows.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((visit.address, "blob:", "data:"))
                else faults.append(f"{page.url} asks for {asked.url}")
            ),
        )
        enter(page, visit.account(login), path)
        return page

    yield open_desk
    for window in windows:
        window.close()
    assert not faults, "\n".join(faults)


def answer(page: Page, button: str, **fields: str) -> Locator:
    """Fill what the open dialog asks for, and do it; the dialog."""
    dialog = page.get_by_role("dialog").filter(has=page.get_by_role("button", name=button, exact=True))
    for label, typed in fields.items():
        dialog.get_by_label(label, exact=True).fill(typed)
    assert serious_findings(page) == []
    dialog.get_by_role("button", name=button, exact=True).click()
    return dialog


def say(page: Page, words: str) -> None:
    """Answer the box that asks for a reason."""
    box = page.locator(".el-message-box")
    box.locator("textarea").fill(words)
    box.get_by_role("button", name="确定").click()


_AT_REST = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const ends = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
  for (let calm = 0; calm < 3; ) {
    await frame();
    const moves = document.querySelector("[class*='-enter-active'],[class*='-leave-active']");
    calm = moves || document.getAnimations().some(ends) ? 0 : calm + 1;
  }
}"""
"""Ends when nothing on the page opens, closes or fades any more: a busy machine takes a second for it."""


def serious_findings(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps people from using it (WCAG 2.1 A and AA)."""
    page.evaluate(_AT_REST)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'],"
        " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:5]
    ] + cut_texts(page)


_CUT = """() => {
  const cut = (box) => {
    const style = getComputedStyle(box);
    const lines = style.webkitLineClamp;
    return ["hidden", "clip"].includes(style.overflowY) && (!lines || lines === "none")
      && box.clientHeight > 1 && box.scrollHeight > box.clientHeight + 3;
  };
  return [...document.querySelectorAll("body *")]
    .filter((box) => !box.closest(".leaflet-container") && cut(box))
    .filter((box) => box.checkVisibility() && box.innerText?.trim())
    .map((box) => `${box.outerHTML.slice(0, 120)} shows ${box.clientHeight} of ${box.scrollHeight}`);
}"""


def cut_texts(page: Page) -> list[str]:
    """Boxes of which a part of the height cannot be seen or scrolled to; a map is meant to be such a one."""
    found: list[str] = page.evaluate(_CUT)
    return found


def take_picture(page: Page, name: str) -> Path:
    """A picture of the page for docs/pictures; written when QIANLIYAN_PICTURES is set."""
    place = PICTURES / f"{name}.png"
    if os.environ.get("QIANLIYAN_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.evaluate(_AT_REST)
        page.screenshot(path=place)
        if place.stat().st_size > LARGEST:
            with Image.open(place) as taken:
                taken.convert("RGB").quantize(256).save(place, optimize=True)
    return place
