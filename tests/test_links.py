"""Addresses in messages: where a link begins and ends, what it says, and where it leads."""

import re

from chat.text import markdown
from tests.cases import each


def links(body):
    """Return the address and the text of each link."""
    html = markdown.render(body)
    return re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', html.replace("&amp;", "&"))


@each(
    "mark",
    [*"。」）！…—’،؟।，、』】》？：；”»＞～\u200b\u200f", "。。", "…！", ".", ",", "!", "?", ":", ";", "'", '"', ")"],
)
def test_link_ends_before_punctuation(mark):
    for address in ("https://example.com/guide", "http://example.com", "https://example.com/a?b=1#c"):
        for rest in ("", "详见", " then"):
            if mark.isascii() and rest == "详见":
                continue
            assert links(f"{address}{mark}{rest}") == [(address, address)]


@each(
    "address",
    [
        "https://en.wikipedia.org/wiki/Rust_(programming_language)",
        "https://ca.wikipedia.org/wiki/Col·lecció",
        "https://en.wikipedia.org/wiki/Cauchy–Schwarz_inequality",
        "https://ja.wikipedia.org/wiki/ジョン・レノン",
        "https://fa.wikipedia.org/wiki/می\u200cخواهم",
        "https://example.com/👩\u200d💻",
        "https://example.com/it's?a=b,c;d",
        "https://example.com/~ada/",
        "http://[::1]/x",
        "http://[2001:db8::7]:8000",
        "https://[::ffff:192.0.2.1]/a?b",
        "http://localhost:8000/a",
    ],
)
def test_whole_address_is_the_link(address):
    assert [text for _, text in links(f"see {address} now")] == [address]
    assert [text for _, text in links(f"({address})")] == [address]


@each("address", ["http://[::1", "http://[::g]/x", "http://[1:2]/", "http://[]/"])
def test_address_that_is_not_one_stays_text(address):
    assert links(address) == []


@each("marker", ["*", "**", "***", "_", "__", "~~", "**_", "~~*"])
def test_markers_around_a_link_are_not_part_of_it(marker):
    for address in ("http://example.com/a", "http://example.com", "www.example.com", "ada@example.com"):
        for before in ("", "see "):
            body = f"{marker}{before}{address}{marker[::-1]}"
            assert [text for _, text in links(body)] == [address], body
            assert re.search(r"<(em|strong|s)>", markdown.render(body)), body


@each("text", ["http://example.com/a%20b", "http://example.com/%C3%A9", "http://xn--bcher-kva.example/é"])
def test_text_of_a_link_is_what_was_written(text):
    assert links(text)[0][1] == text
    assert links(f"<{text}>")[0][1] == text


@each(
    ("body", "address"),
    [
        ("www.example.com", "http://www.example.com"),
        ("(www.example.com/a?b)", "http://www.example.com/a?b"),
        ("WWW.example.com.", "http://WWW.example.com"),
        ("见www.example.com。", "http://www.example.com"),
        ("ada@example.com", "mailto:ada@example.com"),
        ("<ada@example.com>", "mailto:ada@example.com"),
        ("mailto:ada.b+c@mail.example.museum,", "mailto:ada.b+c@mail.example.museum"),
        ("写信给ada@example.com。", "mailto:ada@example.com"),
        ("Email:ada@example.com", "mailto:ada@example.com"),
    ],
)
def test_names_of_sites_and_email_addresses_are_links(body, address):
    assert [found for found, _ in links(body)] == [address]


@each(
    "body",
    [
        "a@b", "ada@example", "éa@example.com", "git@example.com:a/b", "postgres://u:p@example.com/db", "@ada.example",
        "ada@@example.com", "www.", "www.example", "awww.example.com", "readme.md", "example.com", "`www.example.com`",
        "`ada@example.com`", r"http\://example.com", "//example.com",
    ],
)  # fmt: skip
def test_other_signs_are_no_links(body):
    assert links(body) == []


def test_link_has_no_title():
    assert "title" not in markdown.render('[a](http://a.example "http://b.example")')


def test_links_open_in_a_new_tab_and_email_addresses_do_not():
    html = markdown.render("[a](http://a.example) http://b.example www.c.example <http://d.example>")
    assert html.count("<a ") == html.count('target="_blank"') == html.count('rel="noopener noreferrer') == 4
    assert "target" not in markdown.render("ada@example.com [b](mailto:b@example.com)")


@each("body", ["[](http://example.com)", "[ ](http://example.com)"])
def test_link_without_a_text_shows_its_address(body):
    assert [text for _, text in links(body)] == ["http://example.com"]
