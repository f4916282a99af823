"""Markdown as safe HTML, and its mentions."""

import re
import sys
from functools import partial
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.actions.rendered_body import render_body
from chat.text import cleaning, markdown
from tests.cases import each


def paragraph(html):
    return f'<p dir="auto">{html}</p>'


def anchor(address, text=None):
    return f'<a href="{address}" dir="ltr" target="_blank" rel="noopener noreferrer nofollow ugc">{text or address}</a>'


@each(
    ("body", "html"),
    [
        ("hello, world!", paragraph("hello, world!")),
        ("one\ntwo", paragraph("one<br>\ntwo")),
        ("**bold** and _soft_", paragraph("<strong>bold</strong> and <em>soft</em>")),
        ("`a < b`", paragraph('<code dir="ltr">a &lt; b</code>')),
        ("> said", '<blockquote dir="auto">\n<p>said</p>\n</blockquote>'),
        ("- a\n- b", '<ul dir="auto">\n<li>a</li>\n<li>b</li>\n</ul>'),
        ("```none\nx = 1\n```", '<pre><code dir="ltr" class="language-none">x = 1\n</code></pre>'),
        ("# a heading", '<h3 dir="auto">a heading</h3>'),
        ("###### small", '<h6 dir="auto">small</h6>'),
        ("#channel", paragraph("#channel")),
        ("a heading\n===", paragraph("a heading<br>\n===")),
        ("see https://example.org/a?b=1", paragraph("see " + anchor("https://example.org/a?b=1"))),
    ],
)
def test_markdown_is_rendered(body, html):
    assert markdown.render(body) == html


@each(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:a)",
        "![x](https://example.org/spy.png)",
        '[x](https://a.example "onmouseover=alert(1)")',
        '<https://a.example/"onclick=alert(1)>',
    ],
)
def test_rendered_html_contains_no_scripts_or_remote_resources(body):
    html = markdown.render(body)
    assert markdown._CLEANER.clean(html) == html
    for danger in (
        "<script",
        "<img",
        'href="javascript',
        'href="data',
        'href="vbscript',
        " onclick",
        " onerror=alert(1)>",
    ):
        assert danger not in html


LIKELY = st.lists(
    st.sampled_from([*"ab \n*_`-+=1.9)>!?,;'\"@＠&<é日\u3000:#|", "www.a.b", "a@b.cd", ":fire:"]), max_size=30
).map("".join)


@given(st.one_of(LIKELY, st.text(max_size=60)).map(cleaning.clean_text).filter(str.strip))
def test_the_fast_path_renders_what_markdown_would(body):
    rendered = markdown.render_markdown(body)
    assert markdown.render(body) in (rendered, paragraph(escape(body, quote=False).replace("\n", "<br>\n")))
    if markdown._PLAIN.match(body):
        assert markdown.render(body) == rendered


def test_plain_text_takes_the_fast_path():
    assert markdown._PLAIN.match("Well, that is it: see you".replace(":", ",") + " tomorrow at noon!\nBye.")


def test_markup_that_grows_beyond_a_frame_is_shown_as_plain_text():
    body = "*a*\n" * 8000 + "*a*"
    assert len(markdown.render_markdown(body)) > markdown.HTML_MAX_LENGTH
    assert markdown.render(body) == paragraph(body.replace("\n", "<br>\n"))


COSTLY = {
    "brackets": "[" * 8000,
    "images": "![" * 4000,
    "links that never end": "[http://" * 1000,
    "slashes": "://" * 2666,
    "brackets and stars": "[*" * 300 + "*" * 7000,
    "brackets and emphasis": "[" * 299 + "*a_" * 2560,
    "brackets and less-than": "[" * 300 + "<" * 7600,
    "brackets that only look fenced": "~~~\n```\n~~~\n" + "[" * 7900 + "\n```",
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY.keys())
def test_links_are_not_looked_for_where_that_would_take_long(body, monkeypatch):
    looked = []
    parser = markdown._markdown(links=True, colors=True)
    monkeypatch.setattr(parser, "render", lambda *given: looked.append(given))
    markdown.render(body)
    assert not looked


def test_a_body_without_links_is_rendered_otherwise_as_ever():
    body = "[a](http://a.example) **b**\n```\n" + "x[1]\n" * 500 + "```"
    html = markdown.render(body)
    assert "<strong>b</strong>" in html
    assert "<pre><code" in html
    assert "<a" not in html


@each("address", ["", "<>", "/accounts/logout/", "//evil.example", "?x", "evil", "\\\\evil"])
def test_link_with_an_unusable_address_stays_text(address):
    assert markdown.render(f"[x]({address})") == paragraph(escape(f"[x]({address})", quote=False))


def test_mention_candidates_are_ordered_longest_first():
    assert markdown.mention_candidates("Thanks, @Ada Lovelace!") == [("ada lovelace!", "ada lovelace", "ada")]


@each(
    "body",
    ["mail@ada.example", "@ada-marie", "@ada.example", "@adam", "@ ada", "`@ada`", "```\n@ada\n```", "a@ada", "é＠ada"],
)
def test_text_that_only_looks_like_a_name_mentions_no_one(body):
    assert "ada" not in {name for names in markdown.mention_candidates(body) for name in names}
    assert "mention" not in markdown.render(body, {"ada": 7})


@each(
    "body",
    [
        "@ada",
        "(@Ada)",
        "**@ADA**",
        "@ada's",
        "@ada, hi",
        "> @ada.",
        "- @ada",
        "@ada and so on",
        "你好@Ada",
        "＠ada",
        "@Adaさん",
    ],
)
def test_mention_is_found_anywhere_in_a_text(body):
    assert "ada" in {name for names in markdown.mention_candidates(body) for name in names}
    assert markdown.render(body, {"ada": 7}).count('data-mention="7"') == 1


def test_the_longest_existing_name_is_mentioned():
    html = markdown.render("@Ada Lovelace and @Ada", {"ada": 1, "ada lovelace": 2, "ada lovelace and": 3})
    assert html == (
        '<p dir="auto"><span class="mention" data-mention="3" dir="auto">@Ada Lovelace and</span> '
        '<span class="mention" data-mention="1" dir="auto">@Ada</span></p>'
    )


def test_names_in_a_link_mention_no_one():
    body = "[@ada](https://a.example) https://a.example/@ada"
    assert markdown.mention_candidates(body) == []
    assert "mention" not in markdown.render(body, {"ada": 7})


def test_a_name_that_is_markup_can_be_written_by_escaping_it():
    assert '<span class="mention" data-mention="7" dir="auto">@_a*b_</span>' in markdown.render(
        r"@\_a\*b\_ hi", {"_a*b_": 7}
    )
    assert markdown.mention_candidates(r"@\_a\*b\_ hi")[0][:2] == ("_a*b_ hi", "_a*b_")


@each(
    ("name", "escaped"),
    [
        ("[bot] x", r"\[bot\] x"),
        ("<x>", r"\<x\>"),
        ("_(y)", r"\_(y)"),
        ("x_", r"x\_"),
        ("a&amp;", r"a\&amp;"),
        (r"a\b", r"a\b"),
        (r"\o/", r"\o/"),
        ("~x~", r"\~x\~"),
        ("`q`", r"\`q\`"),
    ],
)
def test_a_name_that_the_page_escapes_is_mentioned(name, escaped):
    html = markdown.render(f"hi @{escaped} and bye", {cleaning.fold(name): 7})
    assert f'dir="auto">@{escape(name)}</span> and bye' in html


@given(st.text(st.sampled_from("@＠ab \n*_`[](){}.-'<&😀éさ"), max_size=60).map(cleaning.clean_text))
def test_marking_mentions_changes_nothing_else(body):
    marked = markdown.render_markdown(body, {"a": 1, "a b": 2, "b": 3})
    assert re.sub(
        r'<span class="mention" data-mention="[123]" dir="auto">([@＠][^<]+)</span>', r"\1", marked
    ) == markdown.render_markdown(body)


PIECES = [
    "**a",
    "*a_",
    "`a``b```",
    "[",
    "[a](b ",
    "](",
    "<a",
    "&",
    "&#1;",
    "> ",
    "- a\n  ",
    "~~a",
    "//",
    "\\",
    "1. a\n",
]
PIECES += [
    "```\n",
    "a|b\n",
    "a@b.c ",
    "@a ",
    "@é b ",
    "<http://a",
    "***a***b*",
    "a \n",
    "é*",
    "&amp;",
    '"',
    "http://a ",
    "- [ ] a\n",
    "# a\n",
    "a|b\n-|-\n",
    "|",
    "|-",
    "2. a\n",
    "www.a.b ",
    "\\[a](b)",
    "\\\\",
    "1\\. ",
    "[]()",
    "http://a.b。",
    "**あ",
    ":fire:",
    "`:fire:``",
    "```py\nx = 1\n```\n",
    "x=",
]


def calls_of(act):
    """Count the calls of Python and C functions. The count is the same each time, unlike seconds."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


@each("piece", PIECES)
def test_the_cost_of_a_body_grows_linearly(piece):
    render_body("once **for** what is made once", 100)
    head = "```py\n" if piece == "x=" else ""
    once, more = (calls_of(partial(render_body, head + piece * count, 100_000)) for count in (100, 800))
    assert more <= 8 * once + 500
