"""The examples of the CommonMark specification and of GitHub's dialect that concern messages.

`tests/vectors/commonmark.json` has those of CommonMark 0.31.2 (John MacFarlane, CC BY-SA 4.0): number, text, HTML.
Their links are made absolute, because messages have no others. docs/markdown.md says why some are left out.
"""

import json
import re
from pathlib import Path

import nh3

from chat.text import markdown

EXAMPLES = json.loads((Path(__file__).parent / "vectors" / "commonmark.json").read_text())
BLOCK = r"\s*(</?(?:p|ul|ol|li|blockquote|h[1-6]|pre|table|thead|tbody|tr|th|td|hr|input)\b[^>]*>)\s*"
TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "input"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}, "input": {"checked"}, "th": {"align"}, "td": {"align"}}
# Examples 198 to 205, 279, 280 and 491 to 493 of GitHub's specification.
GITHUB = [
    (
        "| foo | bar |\n| --- | --- |\n| baz | bim |",
        "<table><thead><tr><th>foo</th><th>bar</th></tr></thead><tbody><tr><td>baz</td><td>bim</td></tr></tbody></table>",
    ),
    (
        "| abc | defghi |\n:-: | -----------:\nbar | baz",
        '<table><thead><tr><th align="center">abc</th><th align="right">defghi</th></tr></thead><tbody><tr>'
        '<td align="center">bar</td><td align="right">baz</td></tr></tbody></table>',
    ),
    (
        "| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |",
        "<table><thead><tr><th>f|oo</th></tr></thead><tbody><tr><td>b <code>|</code> az</td></tr>"
        "<tr><td>b <strong>|</strong> im</td></tr></tbody></table>",
    ),
    (
        "| abc | def |\n| --- | --- |\n| bar | baz |\n> bar",
        "<table><thead><tr><th>abc</th><th>def</th></tr></thead><tbody><tr><td>bar</td><td>baz</td></tr></tbody></table>"
        "<blockquote><p>bar</p></blockquote>",
    ),
    ("| abc | def |\n| --- |\n| bar |", "<p>| abc | def |\n| --- |\n| bar |</p>"),
    (
        "| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |",
        "<table><thead><tr><th>abc</th><th>def</th></tr></thead><tbody><tr><td>bar</td><td></td></tr>"
        "<tr><td>bar</td><td>baz</td></tr></tbody></table>",
    ),
    ("| abc | def |\n| --- | --- |", "<table><thead><tr><th>abc</th><th>def</th></tr></thead></table>"),
    ("- [ ] foo\n- [x] bar", '<ul><li><input> foo</li><li><input checked=""> bar</li></ul>'),
    (
        "- [x] foo\n  - [ ] bar\n  - [x] baz\n- [ ] bim",
        '<ul><li><input checked=""> foo<ul><li><input> bar</li><li><input checked=""> baz</li></ul></li>'
        "<li><input> bim</li></ul>",
    ),
    ("~~Hi~~ Hello, world!", "<p><s>Hi</s> Hello, world!</p>"),
    ("This ~~has a\n\nnew paragraph~~.", "<p>This ~~has a</p><p>new paragraph~~.</p>"),
]


def canonical(html):
    """Return some HTML without what only this site adds, and without the white space that is not shown."""
    html = re.sub(r"<(/?)del>", r"<\1s>", html)
    cleaned = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)
    parts = re.split(r"(<code[ >].*?</code>)", re.sub(r"<br>\s*", "\n", cleaned), flags=re.DOTALL)
    return "".join(part if part.startswith("<code") else re.sub(BLOCK, r"\1", part) for part in parts).strip()


def with_lower_headings(html):
    return re.sub(r"(</?h)([1-6])>", lambda found: f"{found[1]}{min(int(found[2]) + 2, 6)}>", html)


def test_enough_of_the_specification_is_tried():
    assert len(EXAMPLES) > 350


def test_examples_of_commonmark():
    found = {number: canonical(markdown.render_markdown(body)) for number, body, _ in EXAMPLES}
    assert found == {number: canonical(with_lower_headings(html)) for number, _, html in EXAMPLES}


def test_examples_of_github():
    assert {body: canonical(markdown.render_markdown(body)) for body, _ in GITHUB} == {
        body: canonical(html) for body, html in GITHUB
    }
