"""Likeness (相似程度) of what two people write of a problem: how many pairs of characters they share."""

from itertools import pairwise


def likeness(words: str, other: str) -> float:
    """The share of the words' pairs of characters that the other text has too; 0 when there are no words.

    Chinese words mostly have two characters; blanks and punctuation count for nothing.
    """
    pairs = _pairs(words)
    if not pairs:
        return 0.0
    return round(len(pairs & _pairs(other)) / len(pairs), 2)


def _pairs(text: str) -> set[str]:
    letters = [letter.lower() for letter in text if letter.isalnum()]
    return {"".join(pair) for pair in pairwise(letters)} or set(letters)
