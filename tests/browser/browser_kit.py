"""What the tests of the browser application share."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from examples.city.doors import Account
from tests.stack import ROOT

PATIENCE = 15_000
"""Milliseconds that a page may take on a busy machine."""
AXE = ROOT / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"

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
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:5]
    ]


def take_picture(page: Page, name: str) -> Path:
    """A picture of the page for docs/pictures; written when QIANLIYAN_PICTURES is set."""
    place = PICTURES / f"{name}.png"
    if os.environ.get("QIANLIYAN_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=place)
    return place
