"""The meaning of a typed search query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.index import Lookup, _fts_match, _ts_phrase
from chat.search.query import Query, Term, fold, words_of


def words(*values):
    return Term(values)


def beginning(*values):
    return Term(values, is_beginning=True)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", ()),
        ("  \t ", ()),
        ("!?… 🎉 --", ()),
        ("map", (beginning("map"),)),
        ("treasure map", (words("treasure"), beginning("map"))),
        ("map treasure map", (words("map"), words("treasure"), beginning("map"))),
        ("to", (words("to"),)),
        ("Ò", (words("Ò"),)),
        ("猫", (beginning("猫"),)),
        ('"treasure map"', (words("treasure", "map"),)),
        ('"treasure map" now', (words("treasure", "map"), beginning("now"))),
        ("“treasure map”", (words("treasure", "map"),)),
        ('lost "treasure map', (words("lost"), words("treasure", "map"))),
        ('map"island"', (words("map"), words("island"))),
        ('""', ()),
        ("docs.example.org/map", (beginning("docs", "example", "org", "map"),)),
        ("don't", (words("don", "t"),)),
        ("naïve Straße", (words("naïve"), beginning("Straße"))),
        ("हिन्दी", (beginning("हिन्दी"),)),
        ("AND OR NOT NEAR", (words("AND"), words("OR"), words("NOT"), beginning("NEAR"))),
        ("body:map", (beginning("body", "map"),)),
    ],
)
def test_words_and_phrases(typed, terms):
    assert Query.parse(typed) == Query(terms)


@pytest.mark.parametrize(
    ("typed", "author", "room"),
    [
        ("from:ada map", "ada", ""),
        ("from:@ada map", "ada", ""),
        ('from:"Ada Lovelace" map', "Ada Lovelace", ""),
        ("FROM:“Ada Lovelace” map", "Ada Lovelace", ""),
        ("map in:lobby", "", "lobby"),
        ('in:"Book club" map from:ada', "ada", "Book club"),
        ("from:ada from:bob map", "bob", ""),
    ],
)
def test_people_and_rooms(typed, author, room):
    query = Query.parse(typed)
    assert (query.author, query.room) == (author, room)
    assert [term.words for term in query.terms] == [("map",)]


@pytest.mark.parametrize("typed", ["from: ada", "from:", "infrom:ada", '"from:ada"'])
def test_text_that_resembles_a_from_filter_is_searched_as_words(typed):
    assert Query.parse(typed).author == ""


@given(st.text())
def test_every_text_is_a_query_of_words_that_no_index_could_misread(typed):
    for term in Query.parse(typed).terms:
        assert term.words
        for word in term.words:
            assert words_of(word) == (word,)
            assert not set(word) & set("\"'()&|!<>:*\\ \0")


@given(st.text(min_size=1))
def test_folding_twice_is_folding_once(word):
    assert fold(fold(word)) == fold(fold(fold(word)))


@pytest.mark.parametrize(("word", "folded"), [("Café", "cafe"), ("ÅNGSTRÖM", "angstrom"), ("Straße", "strasse")])
def test_case_and_accents_do_not_count(word, folded):
    assert fold(word) == folded


def test_index_of_sqlite_is_asked_for_words_and_places():
    lookup = Lookup([words("treasure", "map"), beginning("isl")], [3, 4], author_id=7)
    assert _fts_match(lookup) == ('body : ("treasure map" AND "isl" *) AND place : by7 AND place : (room3 OR room4)')


def test_index_of_postgresql_is_asked_for_words_without_accents():
    assert _ts_phrase(beginning("café", "bar")) == "'cafe' <-> 'bar':*"
