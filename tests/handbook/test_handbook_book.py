"""The printed handbook: what stands in it, and that what is made up says so."""

from dataclasses import replace
from datetime import date

import pytest

import handbook
from cli import main
from handbook import book
from handbook.book import book_html, print_book

BOOK = handbook.load()
ONE = BOOK.subcategories["C0101"]
SMALL = replace(
    BOOK,
    subcategories={ONE.code: ONE},
    standards={one.id: one for one in BOOK.standards_of(ONE.code)},
)
ON = date(2020, 6, 15)


def test_every_condition_in_use_stands_in_the_book_with_its_limit_and_closing_condition():
    page = book_html(BOOK, on=ON)

    for standard in BOOK.standards.values():
        assert book.escape(standard.condition) in page
        assert book.escape(standard.closing_condition) in page
    assert page.count('<td class="limit">') == len(BOOK.standards)


def test_each_kind_names_who_must_act_and_each_unit_its_duties():
    page = book_html(BOOK, on=ON)

    assert all(unit.name in page for unit in BOOK.units.values())
    assert page.count("<b>主办</b>") >= len(BOOK.subcategories)
    assert "属地兜底" in page


def test_the_cover_names_county_version_and_day_and_says_that_the_data_are_examples():
    cover = book_html(BOOK, on=ON).split("目录")[0]

    assert all(
        word in cover for word in ("汤阴县", BOOK.version, "2020年6月15日", "84 类", "83 类", "452 条")
    )
    assert "示例（合成）数据" in cover


def test_a_countys_own_handbook_bears_no_such_notice():
    own = replace(
        SMALL,
        standards={key: replace(one, synthetic=False) for key, one in SMALL.standards.items()},
        units={key: replace(one, synthetic=False) for key, one in SMALL.units.items()},
        duties=replace(SMALL.duties, by_kind_and_area={}),
    )

    assert "示例" not in book_html(own, on=ON)


def test_texts_of_the_handbook_are_texts_and_no_markup():
    first = next(iter(SMALL.standards.values()))
    hostile = replace(first, closing_condition="<img src=file:///etc/passwd><script>")

    page = book_html(replace(SMALL, standards={**SMALL.standards, first.id: hostile}), on=ON)

    assert "<img" not in page
    assert "<script" not in page


@pytest.mark.deep
def test_the_book_is_printed_as_a_pdf():
    printed = print_book(SMALL, on=ON)

    assert printed.startswith(b"%PDF-")
    assert len(printed) > 10_000


def test_the_command_prints_the_book_of_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("cli.handbook_commands.print_book", lambda edition, *, on: edition.version.encode())

    assert main.main(["handbook", "pdf", str(tmp_path / "book.pdf")]) == 0
    assert (tmp_path / "book.pdf").read_bytes() == BOOK.version.encode()


@pytest.mark.parametrize("folder", ["nowhere"])
def test_a_folder_without_a_handbook_is_told_in_one_line(tmp_path, folder, capsys):
    assert main.main(["handbook", "pdf", str(tmp_path / "b.pdf"), "--from", str(tmp_path / folder)]) == 1
    assert "is missing" in capsys.readouterr().err
