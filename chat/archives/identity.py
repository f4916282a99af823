"""Ids that follow from what something is called in its archive, so that another run of an import finds it again."""

import hashlib
import uuid
from datetime import datetime

NAMESPACE = uuid.UUID("6f1c2b1e-8a53-4a3e-9a0b-3f0f5f0e2c11")


def id_of(*parts: str) -> uuid.UUID:
    """Return the id of a person or a room of an archive."""
    return uuid.uuid5(NAMESPACE, "\n".join(parts))


def message_id(created_at: datetime, *parts: str) -> uuid.UUID:
    """Return the id of a message of an archive."""
    digest = hashlib.sha256("\n".join(parts).encode(errors="replace")).digest()
    return timed_id(created_at, int.from_bytes(digest[:10]))


def timed_id(created_at: datetime, bits: int) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, section 5.7) with the last 74 of `bits`.

    The id begins with the time, so the index entries of an author are close together.
    """
    milliseconds = max(0, int(created_at.timestamp() * 1000))
    high, low = bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 0b0111 << 76 | high << 64 | 0b10 << 62 | low)
