"""Grams: what a text has is found by any part of it."""

from hypothesis import given
from hypothesis import strategies as st

from console.grams import (
    gram_of_number,
    gram_of_unit,
    grams_of_number,
    grams_of_term,
    grams_of_text,
    like,
    plain,
    terms,
)

SIGNS = st.text("文王路与志得街交叉口向西180米Ａab，。 -_%（）", min_size=1, max_size=30)


@given(SIGNS, st.data())
def test_every_part_of_a_text_has_only_grams_of_the_text(text, data):
    text = plain(text)
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))

    for term in terms(text[begin:end]):
        assert set(grams_of_term(term)) <= grams_of_text(text)


def test_a_text_has_not_what_its_neighbours_do_not_spell():
    assert not set(grams_of_term("王与")) <= grams_of_text("文王路与志得街")


@given(SIGNS)
def test_no_text_and_no_number_spells_a_unit(text):
    assert gram_of_unit("u03") not in grams_of_text(plain(f"u03@u03 {text}")) | grams_of_number("@u03")


def test_one_character_is_a_gram():
    assert set(grams_of_term("蛇")) <= grams_of_text("路边有蛇")


def test_grams_are_numbers_that_postgresql_can_hold():
    assert all(-(2**31) <= gram < 2**31 for gram in grams_of_text("井盖缺失abc123"))


def test_a_number_is_called_whole_by_its_end_or_by_its_day():
    called = grams_of_number("h2020061500017")

    for said in ("h2020061500017", "00017", "0017", "h20200615"):
        assert gram_of_number(said) in called
    assert gram_of_number("2020") not in called
    assert gram_of_number("017") is None
    assert gram_of_number("文王路1234") is None


def test_width_and_capitals_do_not_matter():
    assert plain("  ＡＢＣ１２３　路 ") == "abc123 路"


def test_a_search_has_eight_terms_at_most_and_none_twice():
    assert terms("路 文王路 路") == ["文王路", "路"]
    assert len(terms("一 二 三 四 五 六 七 八 九 十")) == 8


def test_signs_of_patterns_stand_for_themselves():
    assert like("100%_\\") == r"%100\%\_\\%"
