"""What people type: cleaned, compared, rendered."""

import unicodedata

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat import text


@given(st.text())
@example("a\x00b\ud800\u202ec\r\nd\u2028e")
def test_cleaned_text_can_be_stored_shown_and_cleaned_again(value):
    cleaned = text.clean_text(value)
    cleaned.encode()
    assert not any(character < " " and character not in "\n\t" for character in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x7f\x9b\r")
    assert text.clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_line_ends_become_line_feeds_and_outer_blank_lines_go():
    assert text.clean_text("\n\r\n one\r\ntwo\rthree\u2028four  \n\n") == " one\ntwo\nthree\nfour"


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "Ωmega", "李雷", "Ольга", "ab", "x" * 40, "7"])
def test_ordinary_names_are_taken_as_they_are(name):
    assert text.clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 41, "a\u200bda", "a\u202eda", "a\x00da", "a\ud800da", "a\u00adda", "---", "\ue000x", "a\x1b[2J"],
)
def test_names_that_cannot_be_read_or_typed_are_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match=r"\.$"):
        text.clean_name(name)


def test_names_are_equal_whatever_their_case_and_width():
    assert text.fold("Straße") == text.fold("STRASSE")
    assert text.fold("ＡＤＡ") == text.fold("ada")


@pytest.mark.parametrize(("real", "fake"), [("admin", "аdmin"), ("paypal", "раураl"), ("ada", "aԁa"), ("zero", "zerο")])
def test_names_that_look_alike_have_one_skeleton(real, fake):
    assert real != fake
    assert text.skeleton(real) == text.skeleton(fake)


@pytest.mark.parametrize(("one", "other"), [("ada", "bob"), ("anna", "anne"), ("李雷", "韩梅")])
def test_names_that_look_different_have_different_skeletons(one, other):
    assert text.skeleton(one) != text.skeleton(other)


@pytest.mark.parametrize("value", ["👍", "❤️", "👩‍👩‍👧", "🇩🇪", "1️⃣"])
def test_an_emoji_is_one(value):
    assert text.is_emoji(value)


@pytest.mark.parametrize("value", ["", "a", "👍👍", "👍 ", ":+1:", "<b>", "👍" * 40, "\u200d"])
def test_anything_else_is_no_emoji(value):
    assert not text.is_emoji(value)


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
    assert text.render(body) == html


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
def test_nothing_that_runs_or_loads_survives_rendering(body):
    html = text.render(body)
    assert nh3.clean(html, tags=text._TAGS, attributes={"code": {"class"}, "ol": {"start"}, "a": {"href"}}).count(
        "<"
    ) == (html.count("<"))
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


@given(st.one_of(LIKELY, st.text(max_size=60)).map(text.clean_text).filter(str.strip))
def test_the_fast_path_renders_what_markdown_would(body):
    assert text.render(body) == text.render_markdown(body)


def test_plain_talk_takes_the_fast_path():
    assert text._PLAIN.match("Well, that is it: see you".replace(":", ",") + " tomorrow at noon!\nBye.")


def test_markup_that_grows_beyond_a_frame_is_shown_as_plain_text():
    body = "*a*\n" * 8000 + "*a*"
    assert len(text.render_markdown(body)) > text.HTML_MAX_LENGTH
    assert text.render(body) == "<p>" + body.replace("\n", "<br>\n") + "</p>"


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
    parse = text._markdown(links=True).render
    monkeypatch.setattr(text._markdown(links=True), "render", lambda body: looked.append(body) or parse(body))
    text.render(body)
    assert not looked


def test_a_body_without_links_is_rendered_otherwise_as_ever():
    body = "[a](http://a.example) **b**\n```\n" + "x[1]\n" * 500 + "```"
    html = text.render(body)
    assert "<strong>b</strong>" in html
    assert "<pre><code>" in html
    assert "<a" not in html


@pytest.mark.parametrize("body", ["", " \n\t", "\u200b\u200d", "\u3164", "\u2800 ", "\u00ad\ufe0f"])
def test_what_shows_nothing_is_blank(body):
    assert text.is_blank(body)


@pytest.mark.parametrize("body", ["a", " . ", "👩\u200d👩", "\u200bx", "❤️"])
def test_what_shows_something_is_not(body):
    assert not text.is_blank(body)


@pytest.mark.parametrize("address", ["/accounts/logout/", "//evil.example", "?x", "evil", "\\\\evil"])
def test_a_link_says_where_it_leads(address):
    assert "<a" not in text.render(f"[x]({address})")


def test_mentions_are_names_after_an_at_sign():
    assert text.mentioned_names("@Ada and (@bob.) but not mail@carol or @@dave") == {"ada", "bob"}
