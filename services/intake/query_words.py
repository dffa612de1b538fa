"""Query words (查询码): made by chance, told once, known afterwards by their keyed mark only.

The one answer that told a word is kept for repeats of the same request for 30 days, sealed.
"""

import hmac
import secrets
from hashlib import sha256

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing that a person could take for something else."""

_LENGTH = 10


def new_word() -> str:
    """A new word such as ``K7QF2-M9XRD``: ten characters, some 49 bits."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def mark(key: str, word: str) -> str:
    """By what the word is known; however it is typed."""
    plain = "".join(letter for letter in word.upper() if letter.isalnum())
    return hmac.new(key.encode(), f"query-word/{plain}".encode(), sha256).hexdigest()


def address_mark(key: str, address: str) -> str:
    """By what a network address is counted: nobody reads it back without the key."""
    return hmac.new(key.encode(), f"address/{address}".encode(), sha256).hexdigest()[:32]
