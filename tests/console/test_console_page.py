"""The live page is sent with strict rules, knows no other host, and is not sent twice."""

import re

import pytest

from console.page import FOLDER

pytestmark = pytest.mark.infra


def test_the_page_and_everything_it_names_is_there(desk):
    home = desk.get("/")
    assert home.status == 200
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', home.body.decode())

    assert len(named) >= 4
    for path in named:
        answer = desk.get(path)
        assert answer.status == 200
        assert "javascript" in answer.headers["Content-Type"] or not path.endswith(".js")


def test_the_browser_may_run_and_load_nothing_but_our_files(desk):
    policy = desk.get("/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_the_page_has_no_inline_script_or_style_and_names_no_other_host():
    for path in FOLDER.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "innerHTML" not in text
    home = (FOLDER / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", home)


def test_a_page_that_has_not_changed_is_not_sent_again(desk):
    first = desk.get("/static/live.js")

    again = desk.get("/static/live.js", **{"If-None-Match": first.headers["ETag"]})

    assert first.status == 200
    assert again.status == 304


@pytest.mark.parametrize("name", ["..%2fpage.py", "nothing.js", ".."])
def test_only_the_files_of_the_page_are_sent(desk, name):
    assert desk.get(f"/static/{name}").status == 404
