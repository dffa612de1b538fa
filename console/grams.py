"""Grams (二元字): the characters and pairs of characters by which words are found in Chinese text.

Chinese words have two characters, too few for trigrams. Grams are kept as numbers (CRC-32), which are small
and quickly compared; that two grams share a number does not matter, since what is found is compared with the
words themselves.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

MOST_TERMS = 8
_SHORTEST_END, _LONGEST_END = 4, 8
_SHORTEST_BEGINNING = 9
_PIECES = re.compile(r"\w+")
_NUMBER = re.compile(r"[0-9a-z]*[0-9][0-9a-z]*")


def plain(text: str) -> str:
    """Text as it is compared: one width, no capitals, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def terms(words: str) -> list[str]:
    """The terms of a search, of which each must be there; the longest first."""
    return sorted(dict.fromkeys(plain(words).split()), key=len, reverse=True)[:MOST_TERMS]


def grams_of_text(text: str) -> set[int]:
    """Every character and every pair of neighbours of a plain text."""
    found: set[str] = set()
    for piece in _PIECES.findall(text):
        found.update(piece)
        found.update(_pairs(piece))
    return set(map(_known_number, found))


def grams_of_number(number: str) -> set[int]:
    """A number as people say it: whole, its last four to eight digits, or its beginning with the day."""
    said = {number}
    said.update(number[-length:] for length in range(_SHORTEST_END, _LONGEST_END + 1))
    said.update(number[:length] for length in range(_SHORTEST_BEGINNING, len(number)))
    return {_number(f"#{one}") for one in said}


def grams_of_term(term: str) -> list[int]:
    """What a text has that contains the term; nothing for a term of punctuation only."""
    found: set[str] = set()
    for piece in _PIECES.findall(term):
        found.update(_pairs(piece) if len(piece) > 1 else piece)
    return sorted(map(_number, found))


def gram_of_number(term: str) -> int | None:
    """What a number has that is called like this; None when the term is no number's."""
    return _number(f"#{term}") if len(term) >= _SHORTEST_END and _NUMBER.fullmatch(term) else None


def gram_of_unit(code: str) -> int:
    """What stands among the grams of whatever a responsible unit (责任单位) has; no text spells it."""
    return _number(f"@{code}")


def like(term: str) -> str:
    """The pattern of a text that contains the term."""
    return "%" + term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _pairs(piece: str) -> Iterable[str]:
    return (piece[place : place + 2] for place in range(len(piece) - 1))


def _number(gram: str) -> int:
    """A signed 32-bit number, as PostgreSQL's integers are."""
    number = crc32(gram.encode())
    return number - (1 << 32) if number >= 1 << 31 else number


_known_number = lru_cache(100_000)(_number)  # a city's texts are made of the same pairs again and again
