"""The excerpt of a found message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.models import Message
from chat.search import query
from chat.search.excerpts import EXCERPT_CHARACTERS, character_ranges, excerpt
from chat.search.query import Query
from chat.text import cleaning, markdown


def shown(body, typed):
    """Return the excerpt, with the found words in brackets."""
    parts = excerpt(Message(body=body, html=markdown.render(body)), Query.parse(typed).terms)
    return "".join(f"[{part.text}]" if part.found else part.text for part in parts)


@pytest.mark.parametrize(
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
    ],
)
def test_words_that_were_found_are_marked(body, typed, expected):
    assert shown(cleaning.clean_text(body), typed) == expected


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


def test_the_words_of_a_phrase_are_folded_once_whatever_the_text(monkeypatch):
    folded = []
    monkeypatch.setattr(query, "fold", lambda word: folded.append(word) or word)
    phrase = Query.parse('"' + "a " * 90 + 'b"')
    for words in (100, 800):
        assert character_ranges("a " * words, phrase.terms) == []
    assert len(folded) <= 91
