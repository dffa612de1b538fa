"""The pages of words keep up with the code: cited sections exist, terms and figures stand there."""

import re
from pathlib import Path

from case_contracts.facts import FACTS
from case_contracts.readers import READERS
from case_contracts.roles import Role

ROOT = Path(__file__).parents[2]
DOMAIN = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
FLOORS = ("case_contracts", "chassis", "handbook", "services", "console", "cli", "unit_sdk", "examples")
CITED = re.compile(r'docs/domain\.md,?\s+"([^"]+)"')


def sources() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8") for floor in FLOORS for path in (ROOT / floor).rglob("*.py")
    }


def test_every_section_that_a_docstring_cites_exists():
    sections = set(re.findall(r"^## (.+)$", DOMAIN, re.MULTILINE))

    for path, text in sources().items():
        for cited in CITED.findall(text):
            assert cited in sections, path


def test_the_contents_lead_to_every_section():
    sections = re.findall(r"^## (.+)$", DOMAIN, re.MULTILINE)

    linked = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", DOMAIN.split("## ")[0])
    assert [title for title, _ in linked] == sections
    assert all(anchor == title.lower().replace(" ", "-") for title, anchor in linked)


def test_every_figure_of_the_assessment_is_defined_in_words():
    indicators = (ROOT / "services" / "assessment" / "indicators.py").read_text(encoding="utf-8")
    names = re.findall(r'(?:Count|Rate)\(\s*"(\w+)",\s*"([^"]+)"', indicators)

    assert len(names) > 40
    for name, chinese in names:
        assert f"`{name}`" in DOMAIN, name
        assert chinese in DOMAIN, chinese


def test_every_fact_and_role_stands_in_the_glossary():
    assert READERS
    assert [name for _, name in FACTS if f"`{name}`" not in GLOSSARY] == []
    assert [role for role in Role if f"`{role.value}`" not in GLOSSARY] == []


def test_no_page_claims_to_conform_to_a_standard():
    for page in (DOMAIN, GLOSSARY):
        assert re.search(r"GB/T|CJJ/T|符合.{0,8}标准", page) is None
