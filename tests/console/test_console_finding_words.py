"""Whatever the handbook's check finds is said in Chinese too."""

import re
from pathlib import Path

import pytest

from console.finding_words import in_chinese

HANDBOOK = Path(__file__).parents[2] / "handbook"
CHINESE = re.compile(r"[\u4e00-\u9fff]")

SAYS = re.compile(r'(?:finding|Finding|CellWrong|SettingWrong)\(\s*(?:[\w.]+,\s*[\w.]+,\s*)?f?"([^"]+)"')


def said() -> list[str]:
    """Every message in the sources of the check, with something in the place of what is filled in."""
    files = ("reading", "tables", "terrain", "review", "ground", "files")
    texts = [text for name in files for text in SAYS.findall((HANDBOOK / f"{name}.py").read_text())]
    return sorted({re.sub(r"\{[^}]*\}", "7", text) for text in texts if " " in text})


def test_the_check_says_many_things():
    assert len(said()) > 45


@pytest.mark.parametrize("message", said())
def test_every_message_of_the_check_has_chinese_words(message):
    assert CHINESE.search(in_chinese(message)), message


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("limit '0' is not a whole number", "limit 应为整数，现为 '0'"),
        ("code '1' is not 15 digits", "code 应为 15 位数字，现为 '1'"),
        ("unit u99 is not in units.csv", "单位 u99 不在 units.csv 中"),
        ("I0203 None occurs twice", "I0203 None 重复"),
        ("2027 lacks 春节", "2027 年缺少春节"),
    ],
)
def test_what_is_wrong_is_named_in_the_countys_words(message, chinese):
    assert in_chinese(message) == chinese


def test_what_is_none_of_the_checks_messages_stays_as_it_is():
    assert in_chinese("something else") == "something else"
