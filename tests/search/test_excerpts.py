"""The excerpt of a found message."""

from hypothesis import given
from hypothesis import strategies as st

from chat.models import Message
from chat.search import excerpts
from chat.search.excerpts import EXCERPT_CHARACTERS, character_ranges, excerpt
from chat.search.query import Query
from chat.text import cleaning, markdown
from chat.text.words import words
from tests.cases import each


def shown(body, typed, others=()):
    """Return the excerpt, with the found words in brackets."""
    parts = excerpt(Message(body=body, html=markdown.render(body)), Query.parse(typed).terms, others)
    return "".join(f"[{part.text}]" if part.found else part.text for part in parts)


@each(
    ("body", "typed", "expected"),
    [
        ("Where is the map?", "map", "Where is the [map]?"),
        ("MAPS and mapping", "map", "[MAPS] and [mapping]"),
        ("a map, a Map", '"map"', "a [map], a [Map]"),
        ("a treasure map of the treasure", '"treasure map"', "a [treasure map] of the treasure"),
        ("a treasure map", "map treasure", "a [treasure] [map]"),
        ("Meet at the café", "cafe", "Meet at the [café]"),
        ("Meet at the cafe\u0301!", "café", "Meet at the [café]!"),
        ("**the** _map_ is `here`\n\n> there", "map here", "the [map] is [here] there"),
        ("[this](https://example.org/map)", "map", "[this](https://example.org/[map])"),
        ("1 < 2 & <b>map</b>", "map", "1 < 2 & <b>[map]</b>"),
        ("nothing of it", "", "nothing of it"),
        ("Über-Straße 5", "uber strasse", "[Über]-[Straße] 5"),
        ("Ёлка, ёлки", "елк", "[Ёлка], [ёлки]"),
        ("我们的港口在城市的东边", "港口", "我们的[港口]在城市的东边"),
        ("我们的港口在城市的东边", "的", "我们[的]港口在城市[的]东边"),
        ("人人人人", "人人", "[人人][人人]"),
        ("ｶﾞﾗｽのﾄﾞｱ", "ガラス", "[ｶﾞﾗｽ]のﾄﾞｱ"),
        ("ไปที่ท่าเรือกัน", "ท่าเรือ", "ไปที่[ท่าเรือ]กัน"),
        ("C++, C# and C", "c++", "[C++], C# and C"),
        ("use notepad++ please", "notepad++", "use [notepad++] please"),
        ("a 🥕 and ❤️!", "❤ 🥕", "a [🥕] and [❤️]!"),
        ("שָׁלוֹם לכם", "שלום", "[שָׁלוֹם] לכם"),
        ("map of treasure", "map -treasure", "[map] of treasure"),
    ],
)
def test_words_that_were_found_are_marked(body, typed, expected):
    assert shown(cleaning.clean_text(body), typed) == expected


@each(
    ("body", "typed", "expected"),
    [
        ("Look at this", "report", "quarterly-[report]_v2.pdf"),
        ("Look at the report", "report", "Look at the [report]"),
        ("Look at this", "pie", "A [pie] chart"),
        ("", "", "quarterly-report_v2.pdf"),
        ("Look", "compass", "Look"),
    ],
)
def test_excerpt_is_the_name_of_a_file_if_only_that_was_found(body, typed, expected):
    assert shown(body, typed, ["quarterly-report_v2.pdf", "A pie chart"]) == expected


def test_long_message_is_shown_around_the_first_word():
    body = "before " * 200 + "the map " + "after " * 200
    result = shown(body.strip(), "map")
    assert result.startswith("…before ")
    assert "the [map] after" in result
    assert result.endswith("after…")
    assert len(result) < EXCERPT_CHARACTERS + 10


def test_excerpt_of_a_message_that_starts_with_the_word_starts_there():
    assert shown("map " + "word " * 200, "map").startswith("[map] word")


def test_word_without_an_end_is_shown():
    assert shown("x" * 5000 + " map", "map").endswith("[map]")
    assert shown("x" * 5000, "map") == "x" * EXCERPT_CHARACTERS + "…"


@given(st.text(), st.text())
def test_excerpt_is_part_of_the_message(body, typed):
    body = cleaning.clean_text(body)
    parts = excerpt(Message(body=body, html=""), Query.parse(typed).terms)
    text = "".join(part.text for part in parts).strip("…")
    assert text in " ".join(body.split())


@given(st.text(), st.text())
def test_marked_words_are_in_order_and_do_not_overlap(reading, typed):
    found = character_ranges(reading, Query.parse(typed).terms)
    edges = [edge for span in found for edge in span]
    assert edges == sorted(edges)
    assert all(start < end for start, end in found)


def test_a_text_is_split_once_for_all_terms(monkeypatch):
    split = []
    monkeypatch.setattr(excerpts, "words", lambda text: split.append(text) or words(text))
    assert character_ranges("a " * 800, Query.parse('"' + "a " * 90 + 'b" c d').terms) == []
    assert len(split) == 1
