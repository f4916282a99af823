"""Names in the text of the prompt: where a mention begins, and which names it may mean."""

import re
import unicodedata

# Scripts without spaces between words, as in chat/text/scripts.py.
SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\ua4cf\ua960-\ua97f"
    "\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\uff61-\uffdc\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
# An at sign that is not within a word or an address, and what follows it at the end.
_NAME_AT_END = re.compile(rf"(?<![^\W{SPACELESS}])(?<![@＠./])[@＠]([^\s@＠]*)\Z")


def name_at_end(text: str) -> str | None:
    """Return what follows the `@` of a mention at the end of `text`, or None."""
    found = _NAME_AT_END.search(text)
    return found[1] if found else None


def folded(name: str) -> str:
    """Return a name without case, width and accents."""
    letters = "".join(map(_decomposed, name))
    return "".join(it for it in letters if not unicodedata.category(it).startswith("M")).casefold()


def _decomposed(character: str) -> str:
    """Return a letter and its marks as characters of their own.

    Python's normalising would sort the marks, which takes too long where a site sends very many of them.
    """
    parts = [it for it in unicodedata.decomposition(character).split() if not it.startswith("<")]
    return "".join(_decomposed(chr(int(part, 16))) for part in parts) or character
