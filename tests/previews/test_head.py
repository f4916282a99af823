"""The title, description and picture of a page, in every form in which pages write them."""

import time

from hypothesis import given
from hypothesis import strategies as st

from chat.previews.fetching import MOST_BYTES
from chat.previews.head import PageHead, read_head
from tests.cases import each

URL = "https://www.example.org/places/map?x=1"


def head(text, content_type="text/html; charset=utf-8"):
    return read_head(text if isinstance(text, bytes) else text.encode(), content_type, URL)


def test_texts_and_picture_are_read():
    page = head(
        """<!doctype html><html><head><meta charset="utf-8"><title>Map &amp; more</title>
        <meta property="og:title" content="The map &gt; all"><meta content='Where "all" is' name=Description>
        <META property=og:site_name content=Example><meta property="og:image" content="/map.png?a=1&amp;b=2"></head>"""
    )
    picture = "https://www.example.org/map.png?a=1&b=2"
    assert page == PageHead("The map > all", 'Where "all" is', "Example", picture)


@each(
    ("text", "title"),
    [
        ("<title>Map</title>", "Map"),
        ("<TITLE lang=en>\n Map \n of all </TITLE>", "Map of all"),
        ("<meta name='twitter:title' content='Twitter'><title>Map</title>", "Twitter"),
        ("<title></title><meta property='og:title' content='  '>", ""),
        ("<!-- <title>No</title> --><title>Map</title>", "Map"),
        ("<script>'<title>No</title>'</script><title>Map</title>", "Map"),
        ("<style><title>No</title></style ><title>Map</title>", "Map"),
        ("<noscript><title>No</title></noscript><title>Map</title>", "Map"),
        ("</head><title>No</title>", ""),
        ("<body><title>No</title>", ""),
        ("<title>\u202e\x07Map\x00\u2066</title>", "Map"),
        ("<title>" + "word " * 100, ("word " * 24).strip()),
        ("<title>&#x3c;b&#62; &notanentity; &#99999999999;</title>", "<b> ¬anentity; \ufffd"),
        ("<meta property='og:title' content='a<b>c'>", "a<b>c"),
        ("<metadata property='og:title' content='No'>", ""),
    ],
)
def test_title_is_found(text, title):
    assert head(text).title == title


@each(
    ("body", "content_type", "title"),
    [
        ("Größe".encode("latin-1"), "text/html; charset=ISO-8859-1", "Größe"),
        ("港口".encode("gbk"), 'text/html; charset="gbk"', "港口"),
        ("港口".encode("shift_jis", "ignore"), "text/html; Charset=Shift_JIS; x", "港口"),
        ("港口".encode(), "text/html", "港口"),
        (b"Gr\xf6\xdfe", "text/html", "Gr\ufffd\ufffde"),
        (b"plain", "text/html; charset=zlib", "plain"),
        (b"plain", "text/html; charset=idna", "plain"),
        (b"plain", "text/html; charset=nonsense\x00", "plain"),
    ],
)
def test_character_sets_are_known_and_others_are_taken_for_utf_8(body, content_type, title):
    assert head(b"<title>" + body + b"</title>", content_type).title == title


def test_character_set_of_the_page_counts_if_the_answer_has_none():
    assert head(b"<meta charset=windows-1252><title>\x80 5</title>", "text/html").title == "€ 5"


@each("picture", ["javascript:alert(1)", "//[", "data:image/png;base64,AAAA", "http://127.0.0.1/x.png"])
def test_any_address_of_a_picture_is_left_to_the_guard(picture):
    assert isinstance(head(f"<title>x</title><meta property=og:image content='{picture}'>").picture, str)


SEEDS = [
    "<", "<!", "<!--", "<![", "</", "<a ", "<meta ", "<meta a", "<meta '", '<meta a="', "<meta a=", "<meta/", "<title",
    "<title>", "<title>&", "<script>", "<script></script>", "<style>", "<div>", "&", "&#",
    "<meta property=og:title content=x>", "<meta ==", "<meta" + " " * 3000, "<!---->",
    "<noscript></noscript>", "charset=", "<meta charset", "\u0301",
]  # fmt: skip


def test_a_hostile_page_takes_no_longer_than_another():
    """All of them together take 0.3 s. A parser of everything takes minutes for some of them."""
    pages = [(seed * MOST_BYTES)[:MOST_BYTES] for seed in SEEDS]
    began_at = time.process_time()
    for page in pages:
        head(page)
    assert time.process_time() - began_at < 20


@given(st.text(st.sampled_from("<>/!-= '\"abmetiln:&#;\n\u0301港"), max_size=80), st.binary(max_size=40))
def test_any_page_is_read(text, data):
    for body in (text.encode(), data, f"<meta property='og:title' content={text}".encode()):
        page = head(body)
        assert len(page.title) <= 120
        assert len(page.description) <= 300
        assert "\n" not in page.title
