"""Names in the text of the prompt: where a mention begins, and which names it may mean."""

import re
import unicodedata

# The script of a letter is the first word of its Unicode name. These scripts have no spaces between words.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
_NAME_AT_END = re.compile(r"(.?)[@＠]([^\s@＠]*)\Z", re.DOTALL)


def name_at_end(text: str) -> str | None:
    """Return what follows the `@` of a mention at the end of `text`, or None."""
    found = _NAME_AT_END.search(text)
    return None if found is None or _continues_a_word(found[1]) else found[2]


def _continues_a_word(character: str) -> bool:
    is_spaced = character.isalnum() and not unicodedata.name(character, "").startswith(_UNSPACED)
    return character in ("_", ".", "/") or is_spaced


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
