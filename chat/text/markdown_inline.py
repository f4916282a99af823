"""Inline Markdown where messages differ from CommonMark: backslashes, links, and emphasis in text without spaces."""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline, escape, link
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from chat.text.scripts import JOINED

_IS_JOINED = re.compile(f"[{JOINED}]")
# A link without a text cannot be seen, and one without an address leads to this page.
_NO_TEXT = re.compile(r"\[\s*\]\(")
_NO_ADDRESS = re.compile(r"\]\(\s*(?:<>\s*)?\)")
# A path of Windows from its first backslash: `C:\_data\x`, `\\server\share`.
_PATH = re.compile(r"(?:(?<=[A-Za-z]:)(?<![^\W_]..)\\|\\\\(?=[^\W_]))[^\s<>|*?\"`\[\]()]*")
# A backslash and a character that it keeps from being markup. The arm of `¯\_(ツ)_/¯` is none, but the usual way to
# write it for Markdown, with three backslashes, works too. The last line is for signs at the start of a line.
_ESCAPE = re.compile(
    r"""\\(?:[*~`@]
    |_(?![(/]) | (?<=[\w\\@]\\)_
    |\\(?=[*~`\\]|_(?![(/]))
    |:(?=//|[\w+-]+:)
    |<(?=[a-zA-Z]) | &(?=\#?\w+;)
    |(?<![^\n]\\)[>\#+-]
    )""",
    re.VERBOSE,
)
# Any other backslash, with the sign behind it, which is no markup either.
_LITERAL = re.compile(r"\\(?:\\*_(?=[(/])|[^\w\s])?")
_BRACKET = re.compile(r"\\[\[\]]")
# Faces and patterns whose signs are no emphasis: `^_^ hi ^_^`, `>_<`, `*_*`, `*.*`, and the arm in `¯\\_(ツ)_/¯`.
_FACE = re.compile(r"([\^;.\-='@$+~*>])_(?:\1|<)|(?<!\w)\*[_.-]\*(?!\w)|\)_/")
_NUMBER = re.compile(r"(?:\n|\A)[0-9]{1,9}\Z")
_NAME_CHARACTER = re.compile(r"\\[\[\]<>&]")
# Characters before the backslash within which a name may have begun.
_NAME_REACH = 80


class InlineParser(ParserInline):
    """The parser of a block's text, with emphasis next to characters that stand without spaces."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Return whether the markers at `start` can open and close emphasis.

        CommonMark takes `：` and `）` for punctuation after which a word begins only behind a space, so it leaves
        `**注意：**正文` as it is. Next to these scripts, `*` and `~` open before any text and close behind any.
        """
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        if scanned.length == 1 and self._is_in_face(start):
            return Scanned(False, False, 1)
        before, after = self.src[start - 1 : start] if start else "", self.src[end : end + 1]
        if canSplitWord and (_IS_JOINED.match(before) or _IS_JOINED.match(after)):
            return Scanned(bool(after.strip()), bool(before.strip()), scanned.length)
        return scanned

    def _is_in_face(self, at: int) -> bool:
        return any(face.start() <= at < face.end() for face in _FACE.finditer(self.src, max(at - 2, 0), at + 4))


def use_inline(markdown: MarkdownIt, disabled: Iterable[str]) -> None:
    """Replace the parser of text, and disable the named rules."""
    markdown.inline = InlineParser()
    markdown.inline.ruler.at("escape", _escape)
    markdown.inline.ruler.at("link", _link)
    markdown.inline.ruler.disable(disabled)


def _link(state: StateInline, silent: bool) -> bool:
    """A link has a text and an address."""
    start = state.pos
    if state.src[start] != "[" or _NO_TEXT.match(state.src, start):
        return False
    if _NO_ADDRESS.search(state.src, start):
        if not link(state, True):
            return False
        end, state.pos = state.pos, start
        if _NO_ADDRESS.match(state.src, state.src.rfind("](", start, end)):
            return False
    return link(state, silent)


def _escape(state: StateInline, silent: bool) -> bool:
    """A backslash keeps the next character from being markup. Elsewhere, as in paths and faces, it is shown."""
    if state.src[state.pos] != "\\":
        return False
    if state.src.startswith("\\@", state.pos):
        return _take_at_sign(state, silent)
    if path := _PATH.match(state.src, state.pos):
        return _take(state, path[0], silent)
    if _is_escape(state):
        return escape(state, silent)
    literal = _LITERAL.match(state.src, state.pos)
    return _take(state, literal[0] if literal else "\\", silent)


def _take(state: StateInline, text: str, silent: bool) -> bool:
    if not silent:
        token = state.push("text_special", "", 0)
        token.content = token.markup = text
        token.info = "escape"
    state.pos += len(text)
    return True


def _take_at_sign(state: StateInline, silent: bool) -> bool:
    """An escaped at sign is a token of its own, so no mention begins with it."""
    if not silent:
        state.push("at_sign", "", 0).content = "@"
    state.pos += 2
    return True


def _is_escape(state: StateInline) -> bool:
    source, at = state.src, state.pos
    if source.startswith("\\\n", at) or _ESCAPE.match(source, at):
        return True
    if _BRACKET.match(source, at) and "](" in source:
        return True
    if _NAME_CHARACTER.match(source, at) and "@" in source[max(0, at - _NAME_REACH) : at]:
        return True
    return source[at + 1 : at + 2] in (".", ")") and bool(_NUMBER.search(source[max(0, at - 10) : at]))
