"""Masking: a mobile number in free words is hidden, however it is written, and other numbers are not."""

import pytest

from services.intake.domain.masking import masked


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("请回电 13812345678", "请回电 138****5678"),
        ("请回电 +8613812345678。", "请回电 +86138****5678。"),
        ("+86 138 1234 5678", "+86 138****5678"),
        ("008613812345678", "0086138****5678"),
        ("8613812345678", "86138****5678"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("+86-138-1234-5678", "+86-138****5678"),
        ("138－1234　5678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("＋８６１３８１２３４５６７８", "＋86138****5678"),
        ("13812345678，13987654321", "138****5678，139****4321"),
    ],
)
def test_a_mobile_number_is_hidden_however_it_is_written(words: str, shown: str) -> None:
    assert masked(words) == shown


@pytest.mark.parametrize(
    "words",
    [
        "上报号 R2020061500001",
        "案件号 4105232020061500001",
        "部件 4105230101000001",
        "文王路 138 号",
        "2020-06-15 12:00",
        "0372-6212319",
    ],
)
def test_other_numbers_stay(words: str) -> None:
    assert masked(words) == words
