"""Message identifiers (消息编号): UUID version 7, ordered by time (RFC 9562)."""

import secrets
import time
import uuid


def new_id() -> str:
    """An identifier that no other message has."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
