"""Markdown as safe HTML, and its mentions."""

import re
import sys
from functools import partial

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.actions.rendered_body import render_body
from chat.text import cleaning, markdown


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("hello, world!", "<p>hello, world!</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("**bold** and _soft_", "<p><strong>bold</strong> and <em>soft</em></p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("```py\nx = 1\n```", '<pre><code class="language-py">x = 1\n</code></pre>'),
        ("# not a heading", "<p># not a heading</p>"),
        (
            "see https://example.org/a?b=1",
            '<p>see <a href="https://example.org/a?b=1" rel="noopener noreferrer nofollow ugc">'
            "https://example.org/a?b=1</a></p>",
        ),
    ],
)
def test_markdown_is_rendered(body, html):
    assert markdown.render(body) == html


@pytest.mark.parametrize(
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
    assert nh3.clean(html, tags=markdown._TAGS, attributes=markdown._ATTRIBUTES).count("<") == (html.count("<"))
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


LIKELY = st.text(st.sampled_from("ab \n*_`-+=1.9)>!?,;'\"@&<é日"), max_size=30)


@given(st.one_of(LIKELY, st.text(max_size=60)).map(cleaning.clean_text).filter(str.strip))
def test_the_fast_path_renders_what_markdown_would(body):
    assert markdown.render(body) == markdown.render_markdown(body)


def test_plain_text_takes_the_fast_path():
    assert markdown._PLAIN.match("Well, that is it: see you".replace(":", ",") + " tomorrow at noon!\nBye.")


def test_markup_that_grows_beyond_a_frame_is_shown_as_plain_text():
    body = "*a*\n" * 8000 + "*a*"
    assert len(markdown.render_markdown(body)) > markdown.HTML_MAX_LENGTH
    assert markdown.render(body) == "<p>" + body.replace("\n", "<br>\n") + "</p>"


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
    parse = markdown._markdown(links=True).render
    monkeypatch.setattr(markdown._markdown(links=True), "render", lambda body: looked.append(body) or parse(body))
    markdown.render(body)
    assert not looked


def test_a_body_without_links_is_rendered_otherwise_as_ever():
    body = "[a](http://a.example) **b**\n```\n" + "x[1]\n" * 500 + "```"
    html = markdown.render(body)
    assert "<strong>b</strong>" in html
    assert "<pre><code>" in html
    assert "<a" not in html


@pytest.mark.parametrize("address", ["/accounts/logout/", "//evil.example", "?x", "evil", "\\\\evil"])
def test_link_with_an_unusable_address_stays_text(address):
    assert "<a" not in markdown.render(f"[x]({address})")


def test_mention_candidates_are_ordered_longest_first():
    assert markdown.mention_candidates("Thanks, @Ada Lovelace!") == [("ada lovelace!", "ada lovelace", "ada")]


@pytest.mark.parametrize(
    "body", ["mail@ada.example", "@ada-marie", "@ada.example", "@adam", "@ ada", "`@ada`", "```\n@ada\n```"]
)
def test_text_that_only_looks_like_a_name_mentions_no_one(body):
    assert "ada" not in {name for names in markdown.mention_candidates(body) for name in names}
    assert "mention" not in markdown.render(body, {"ada": 7})


@pytest.mark.parametrize(
    "body", ["@ada", "(@Ada)", "**@ADA**", "@ada's", "@ada, hi", "> @ada.", "- @ada", "@ada and so on"]
)
def test_mention_is_found_anywhere_in_a_text(body):
    assert "ada" in {name for names in markdown.mention_candidates(body) for name in names}
    assert markdown.render(body, {"ada": 7}).count('data-mention="7"') == 1


def test_the_longest_existing_name_is_mentioned():
    html = markdown.render("@Ada Lovelace and @Ada", {"ada": 1, "ada lovelace": 2, "ada lovelace and": 3})
    assert html == (
        '<p><span class="mention" data-mention="3">@Ada Lovelace and</span> '
        '<span class="mention" data-mention="1">@Ada</span></p>'
    )


def test_names_in_a_link_mention_no_one():
    body = "[@ada](https://a.example) https://a.example/@ada"
    assert markdown.mention_candidates(body) == []
    assert "mention" not in markdown.render(body, {"ada": 7})


def test_a_name_that_is_markup_can_be_written_by_escaping_it():
    assert '<span class="mention" data-mention="7">@_a*b_</span>' in markdown.render(r"@\_a\*b\_ hi", {"_a*b_": 7})
    assert markdown.mention_candidates(r"@\_a\*b\_ hi")[0][:2] == ("_a*b_ hi", "_a*b_")


@given(st.text(st.sampled_from("@ab \n*_`[](){}.-'<&😀é"), max_size=60).map(cleaning.clean_text))
def test_marking_mentions_changes_nothing_else(body):
    marked = markdown.render_markdown(body, {"a": 1, "a b": 2, "b": 3})
    assert re.sub(
        r'<span class="mention" data-mention="[123]">(@[^<]+)</span>', r"\1", marked
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


@pytest.mark.parametrize("piece", PIECES)
def test_the_cost_of_a_body_grows_linearly(piece):
    render_body("once **for** what is made once", 100)
    once, more = (calls_of(partial(render_body, piece * count, 100_000)) for count in (100, 800))
    assert more <= 8 * once + 500
