"""Colours of code blocks, as classes of spans. Pygments is imported when the first block names a language."""

import functools
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

# Limits on the work for one block. Some of Pygments' patterns take time in the square of a line, a gap, or a run of
# words without other signs: four thousand blank lines of Java take a second.
MAX_CODE_CHARACTERS = 4_000
MAX_CODE_LINES = 200
_UNUSUAL = re.compile(r"^[^\n]{201}|(?:\n[^\S\n]*){6}|(?<![\w$.\[\]<>?])(?:[\w$.\[\]<>?]+\s+){100}", re.MULTILINE)
# Languages by Pygments' names. Each is a module that stays in memory, so these are not all that Pygments has.
LANGUAGES = frozenset({
    "Bash", "Bash Session", "Batchfile", "C", "C#", "C++", "CMake", "CSS", "Clojure", "Dart", "Diff", "Docker",
    "Elixir", "Elm", "Erlang", "F#", "Fortran", "GDScript", "Go", "GraphQL", "Groovy", "HTML", "Haskell", "INI",
    "JSON", "Java", "JavaScript", "Julia", "Kotlin", "Lua", "Makefile", "Nginx configuration file", "Nix", "OCaml",
    "Objective-C", "PHP", "Perl", "PowerShell", "Properties", "Protocol Buffer", "Python", "Python console session",
    "Ruby", "Rust", "S", "SCSS", "SQL", "Scala", "Scheme", "Swift", "TOML", "Terraform", "TypeScript", "XML", "YAML",
    "Zig",
})  # fmt: skip
# The class of each kind of token. A kind within another has its class unless it has its own.
_CLASSES = {
    "Token": "",
    "Token.Comment": "c",
    "Token.Comment.Preproc": "k",
    "Token.Keyword": "k",
    "Token.Keyword.Constant": "m",
    "Token.Literal.Number": "m",
    "Token.Literal.String": "s",
    "Token.Name.Attribute": "n",
    "Token.Name.Builtin": "n",
    "Token.Name.Class": "f",
    "Token.Name.Decorator": "n",
    "Token.Name.Exception": "f",
    "Token.Name.Function": "f",
    "Token.Name.Tag": "k",
    "Token.Name.Variable": "n",
    "Token.Operator.Word": "k",
    "Token.Generic.Deleted": "gd",
    "Token.Generic.Heading": "f",
    "Token.Generic.Inserted": "gi",
    "Token.Generic.Output": "c",
    "Token.Generic.Prompt": "c",
    "Token.Generic.Subheading": "f",
}
CLASSES = frozenset(_CLASSES.values()) - {""}


def highlighted(code: str, language: str, attributes: str = "") -> str:
    """Return `code` as HTML with a span around each part that has a colour.

    Return an empty string if the language is not known, or the code is long or has long lines or wide gaps.
    `attributes` is the rest of the line that names the language, and is not used.
    """
    if not language or len(code) > MAX_CODE_CHARACTERS or code.count("\n") > MAX_CODE_LINES or _UNUSUAL.search(code):
        return ""
    if (lexer := _lexer(language.lower())) is None:
        return ""
    parts = [(text, _class_of(str(kind))) for kind, text in lexer.get_tokens(code)]
    if "".join(text for text, _ in parts) != code:
        return ""
    return "".join(_span(text, name) for text, name in _joined(parts))


def _joined(parts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the parts with neighbours of the same class joined."""
    texts: list[str] = []
    current = ""
    for text, name in parts:
        if name != current:
            yield "".join(texts), current
            texts, current = [], name
        texts.append(text)
    yield "".join(texts), current


def _span(text: str, name: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


@functools.lru_cache(maxsize=512)
def _class_of(kind: str) -> str:
    name = _CLASSES.get(kind)
    return _class_of(kind.rpartition(".")[0]) if name is None else name


def _lexer(language: str) -> Any:
    """Return a lexer, or None for a language that is not in `LANGUAGES`. Lexers keep a state, so it is a new one."""
    if language not in _aliases():
        return None
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


@functools.cache
def _aliases() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    return frozenset(
        alias for name, aliases, *_ in get_all_lexers(plugins=False) if name in LANGUAGES for alias in aliases
    )
