"""The conditions and the range of a request for a file (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class BytePart(NamedTuple):
    """The bytes of a file to send: `length` of them from `start`. `status` is 200, 206 or 416."""

    status: int
    start: int = 0
    length: int = 0


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Return whether the client has this version already. `headers` have names in lower case."""
    condition = headers.get("if-none-match", "")
    return condition.strip() == "*" or etag in _TAG.findall(condition)


def part_of(headers: Mapping[str, str], etag: str, size: int) -> BytePart:
    """Return the part of a file that a request asks for.

    Several ranges, and forms that are not valid, get the whole file, as the standard allows.
    """
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", etag) != etag:
        return BytePart(200, 0, size)
    first, last = found.groups()
    if not (first or last) or (first and last and int(first) > int(last)):
        return BytePart(200, 0, size)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    return BytePart(206, start, end - start + 1) if start <= end else BytePart(416)
