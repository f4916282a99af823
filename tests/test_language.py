"""The words that the code, the templates and the documents do not use, and how docstrings begin."""

import ast
import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("chat", "chatsite", "templates", "docs", "deploy", "benchmarks", "tests")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
SUFFIXES = (".py", ".js", ".mjs", ".css", ".html", ".md")
# This list itself, generated figures, and migrations, which keep the labels of their time.
LEFT_OUT = ("tests/test_language.py", "docs/results/", "chat/migrations/")

# Metaphors and riddles. The field has a term for each: access check, rate limit, drain, membership, operation ...
WORDS = re.compile(
    r"\b(?:door(?:s|man|way)?|turnstile|farewell|whoever|whomever|seats?|deeds?|crowds?|house|pulse|shown? out"
    r"|c[ao]mes? in|coming in|came in|lets? in|letting in|for good|of which|keep(?:s|ing)? order|it is written down)\b",
    re.IGNORECASE,
)
# A docstring begins with a verb in the imperative or a noun phrase.
CLAUSE = re.compile(
    r"(?:Who|Whom|Whose|Whoever|What|Whatever|Which|Where|When|How|Why|Whether|That|If|Those who"
    r"|Nobody|Everybody|Somebody|Anybody)\b"
)
# Fixed outside: the types of events between workers of two releases.
FIXED = ('"worker.crowd"',)


def files():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix in SUFFIXES and not name.startswith(LEFT_OUT):
                yield name, path.read_text()
    for name in PAGES:
        yield name, (ROOT / name).read_text()


def words_of(name, text):
    """Yield the line numbers and texts to be looked at: of Python the names, strings and comments."""
    if not name.endswith(".py"):
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string.replace("_", " ")
        elif token.type in (tokenize.COMMENT, tokenize.STRING) and token.string not in FIXED:
            yield from enumerate(token.string.splitlines(), token.start[0])


def docstrings_of(tree):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [found for node in ast.walk(tree) if isinstance(node, kinds) and (found := ast.get_docstring(node))]


def test_no_forbidden_word_is_used():
    found = [
        f"{name}:{line}: {text.strip()[:90]}"
        for name, whole in files()
        for line, text in words_of(name, whole)
        if WORDS.search(text)
    ]
    assert found == []


def test_docstrings_do_not_begin_with_a_clause():
    found = [
        f"{name}: {docstring[:90]}"
        for name, whole in files()
        if name.endswith(".py")
        for docstring in docstrings_of(ast.parse(whole))
        if CLAUSE.match(docstring)
    ]
    assert found == []


def test_a_forbidden_word_is_found_in_names_strings_and_comments():
    text = 'let_in = "shown out"  # Whoever\n'
    assert [line for line, words in words_of("x.py", text) if WORDS.search(words)] == [1, 1, 1]
