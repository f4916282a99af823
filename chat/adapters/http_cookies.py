"""What the site replaces of Python's `http.cookies`: reading a quoted value.

Python 3.11.9, 3.12.5 and earlier search the rest of the value again for each backslash (CVE-2024-7592): a cookie of
16 KB took four seconds. Django reads all cookies by it, also those of a request that is refused.
"""

import re
from http import cookies

_ESCAPE = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))", re.DOTALL)


def replace_unquoting() -> None:
    """Once in a process. Django calls the function by its name in the module."""
    setattr(cookies, "_unquote", unquoted)  # noqa: B010 - mypy does not know the name


def unquoted(value: str | None) -> str | None:
    """Return a cookie's value without its quotes and escapes (RFC 2109), in one pass. Other values stay as they are."""
    if value is None or len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPE.sub(_escaped, value[1:-1])


def _escaped(found: re.Match[str]) -> str:
    octal, character = found.groups()
    return chr(int(octal, 8)) if octal else character
