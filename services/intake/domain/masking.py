"""Masking (脱敏): a telephone number that somebody wrote into free words goes no further in full."""

import re

_PLAIN = {0xFF10 + digit: str(digit) for digit in range(10)}
"""Full-width digits, as Chinese keyboards write them, to plain ones."""

_BETWEEN = r"[\s\-\uFF0D]?"
_TELEPHONE = re.compile(
    rf"(?<![0-9])((?:(?:00)?86{_BETWEEN})?1[0-9]{{2}}){_BETWEEN}[0-9]{{4}}{_BETWEEN}([0-9]{{4}})(?![0-9])"
)


def masked(words: str) -> str:
    """The words, with the middle of every mobile number in them hidden: 138****1234."""
    return _TELEPHONE.sub(r"\1****\2", words.translate(_PLAIN))
