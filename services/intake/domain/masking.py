"""Masking (脱敏): a telephone number that somebody wrote into free words goes no further in full."""

import re

_TELEPHONE = re.compile(r"(?<![0-9])(1[0-9]{2})[0-9]{4}([0-9]{4})(?![0-9])")


def masked(words: str) -> str:
    """The words, with the middle of every mobile number in them hidden: 138****1234."""
    return _TELEPHONE.sub(r"\1****\2", words)
