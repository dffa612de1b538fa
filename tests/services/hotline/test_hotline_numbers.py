"""Callers' numbers: one form however they are typed, never shown whole in a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.hotline.numbers import NotANumber, as_dialled, masked, normalised, without_number


@pytest.mark.parametrize(
    ("typed", "kept", "dialled", "shown"),
    [
        ("13800138000", "+8613800138000", "13800138000", "138****8000"),
        ("138-0013 8000", "+8613800138000", "13800138000", "138****8000"),
        ("+86 138 0013 8000", "+8613800138000", "13800138000", "138****8000"),
        ("008613800138000", "+8613800138000", "13800138000", "138****8000"),
        ("１３８００１３８０００", "+8613800138000", "13800138000", "138****8000"),
        ("0372-6212319", "+863726212319", "0372-6212319", "0372-***2319"),
        ("03726212319", "+863726212319", "0372-6212319", "0372-***2319"),
        ("010 62345678", "+861062345678", "010-62345678", "010-****5678"),
        ("6212319", "6212319", "6212319", "***2319"),
        ("12345", "12345", "12345", "***45"),
        ("110", "110", "110", "*10"),
        ("+852 2345 6789", "+85223456789", "+852 2345 6789", "+852 ******89"),
        ("", "", "", "未显示号码"),
        ("   ", "", "", "未显示号码"),
    ],
)
def test_a_number_is_kept_in_one_form_dialled_in_another_and_listed_masked(typed, kept, dialled, shown):
    assert normalised(typed) == kept
    assert as_dialled(kept) == dialled
    assert masked(kept) == shown


@pytest.mark.parametrize(
    "typed", ["不知道", "1", "12", "138001380001", "123456789012345", "+8612345", "01234"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(NotANumber):
        normalised(typed)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_number_or_refused(typed):
    try:
        kept = normalised(typed)
    except NotANumber:
        return
    assert normalised(as_dialled(kept)) == kept
    assert kept == "" or kept not in masked(kept)


def test_the_callers_own_number_does_not_travel_in_the_description():
    told = "请回电 138 0013 8000 或 13800138000；物业电话0372-6212319"

    assert without_number(told, "+8613800138000") == "请回电 138****8000 或 138****8000；物业电话0372-6212319"
    assert without_number(told, "") == told
