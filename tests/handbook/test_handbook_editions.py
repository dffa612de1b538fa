"""Editions: which one is in force when, which one a case was filed under, and what is not believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import handbook
from handbook.editions import EditionMissing, Editions

BOOK = handbook.load()
NOON = datetime(2020, 6, 15, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def editions() -> Editions:
    """The bundled edition, another from noon on, and a third from one o'clock on."""
    editions = Editions(lambda: BOOK)
    editions.add(replace(BOOK, version="v-2"), NOON + HOUR)
    editions.add(replace(BOOK, version="v-1"), NOON)
    return editions


@pytest.mark.parametrize(
    ("at", "version"),
    [
        (NOON - timedelta(microseconds=1), BOOK.version),
        (NOON, "v-1"),
        (NOON + HOUR - timedelta(microseconds=1), "v-1"),
        (NOON + HOUR, "v-2"),
        (NOON + 1000 * HOUR, "v-2"),
    ],
)
def test_each_edition_is_in_force_from_its_moment_until_the_next_ones(editions, at, version):
    assert editions.in_force(at).version == version


def test_of_two_editions_for_one_moment_the_later_told_holds(editions):
    editions.add(replace(BOOK, version="v-3"), NOON)

    assert editions.in_force(NOON).version == "v-3"


def test_going_back_to_an_earlier_edition_is_publishing_it_again(editions):
    editions.add(editions.of("v-1"), NOON + 2 * HOUR)

    assert editions.in_force(NOON + 2 * HOUR).version == "v-1"
    assert len(editions) == 3


def test_a_case_finds_the_edition_that_it_was_filed_under_whatever_is_in_force(editions):
    later = editions.in_force(NOON + HOUR)

    assert later.as_of("v-1").version == "v-1"
    assert later.as_of(BOOK.version).version == BOOK.version
    assert later.as_of("v-unheard-of") is later
    assert editions.of(BOOK.version).as_of("v-2") is later


def test_an_edition_that_is_not_here_is_said_to_be_missing(editions):
    assert not editions.has("v-9")
    with pytest.raises(EditionMissing, match="v-9"):
        editions.of("v-9")


def test_an_archive_is_taken_under_its_own_version_only(editions):
    with pytest.raises(EditionMissing, match="v-9"):
        editions.take("v-9", NOON, BOOK.archive())
    assert editions.in_force(NOON).version == "v-1"


def test_an_archive_that_is_taken_is_in_force_from_its_moment():
    editions = Editions(lambda: replace(BOOK, version="v-0"))

    editions.take(BOOK.version, NOON, BOOK.archive())

    assert editions.in_force(NOON).version == BOOK.version
    assert [edition.version for edition in editions] == ["v-0", BOOK.version]
