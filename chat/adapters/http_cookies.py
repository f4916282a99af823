"""A replacement for the unquoting function of Python's `http.cookies`.

Python 3.11.9, 3.12.5 and earlier search the rest of the value again for each backslash (CVE-2024-7592). A cookie of 16
KB took four seconds. Django parses all cookies with it, even those of a request that is refused.
"""

import re
from http import cookies

_ESCAPE = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))", re.DOTALL)


def replace_unquoting() -> None:
    """Replace the function, once per process. Django looks it up by its name in the module."""
    setattr(cookies, "_unquote", unquoted)  # noqa: B010 - mypy does not know the name


def unquoted(value: str | None) -> str | None:
    """Return the value of a cookie without quotes and escapes (RFC 2109), in one pass. Other values stay unchanged."""
    if value is None or len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPE.sub(_escaped, value[1:-1])


def _escaped(found: re.Match[str]) -> str:
    octal, character = found.groups()
    return chr(int(octal, 8)) if octal else character
