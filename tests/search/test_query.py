"""The meaning of a typed search query."""

from hypothesis import given
from hypothesis import strategies as st

from chat.search.index import Lookup, _fts_match, _ts_phrase, _tsqueries
from chat.search.query import Query, Term
from tests.cases import each


def words(*values):
    return Term(values)


def beginning(*values):
    return Term(values, is_beginning=True)


@each(
    ("typed", "terms"),
    [
        ("", ()),
        ("  \t ", ()),
        ("!?… --", ()),
        ("map", (beginning("map"),)),
        ("treasure map", (words("treasure"), beginning("map"))),
        ("map treasure map", (words("map"), words("treasure"), beginning("map"))),
        ("to", (words("to"),)),
        ("Ò", (words("o"),)),
        ("猫", (beginning("猫"),)),
        ('"treasure map"', (words("treasure", "map"),)),
        ('"treasure map" now', (words("treasure", "map"), beginning("now"))),
        ("“treasure map”", (words("treasure", "map"),)),
        ('lost "treasure map', (words("lost"), words("treasure", "map"))),
        ('map"island"', (words("map"), words("island"))),
        ('""', ()),
        ("docs.example.org/map", (beginning("docs", "example", "org", "map"),)),
        ("don't", (words("don", "t"),)),
        ("naïve Straße", (words("naive"), beginning("strasse"))),
        ("שלום", (beginning("שלום"),)),
        ("AND OR NOT NEAR", (words("and"), words("or"), words("not"), beginning("near"))),
        ("港口", (words("港口"),)),
        ("港口的", (words("港口", "口的"),)),
        ("猫 map", (beginning("猫"), beginning("map"))),
        ('"猫"', (beginning("猫"),)),
        ("Pythonの map", (beginning("python", "の"), beginning("map"))),
        ("body:map", (beginning("body", "map"),)),
    ],
)
def test_words_and_phrases(typed, terms):
    assert Query.parse(typed) == Query(terms)


@each(
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


@each("typed", ["from: ada", "from:", "infrom:ada", '"from:ada"'])
def test_text_that_resembles_a_from_filter_is_searched_as_words(typed):
    assert Query.parse(typed).author == ""


@each(
    ("typed", "terms", "excluded"),
    [
        ("map -treasure", [words("map")], [words("treasure")]),
        ("-treasure map", [beginning("map")], [words("treasure")]),
        ('map -"treasure map" -of', [words("map")], [words("treasure", "map"), words("of")]),
        ("map -猫", [words("map")], [beginning("猫")]),
        ("kebab-case - map", [words("kebab", "case"), beginning("map")], []),
        ("--flag", [beginning("flag")], []),
        ("map -", [beginning("map")], []),
    ],
)
def test_words_that_are_excluded(typed, terms, excluded):
    query = Query.parse(typed)
    assert (list(query.terms), list(query.excluded)) == (terms, excluded)


def test_people_and_rooms_that_are_excluded():
    query = Query.parse('map -from:@zoë -in:"Book club"')
    assert (query.excluded_author, query.excluded_room, query.author, query.room) == ("zoë", "Book club", "", "")


def test_files_and_dates():
    query = Query.parse("has:File -has:link during:2026-11 -after:2026-12-24 before:today on: has:")
    assert (query.has, query.excluded_has) == (("file",), ("link",))
    assert query.dates == (("on", "2026-11"), ("-after", "2026-12-24"), ("before", "today"))
    assert query.terms == (words("on"), beginning("has"))


@given(st.text())
def test_every_text_is_a_query_of_words_that_no_index_could_misread(typed):
    query = Query.parse(typed)
    for term in (*query.terms, *query.excluded):
        assert term.words
        assert all(word.isalnum() for word in term.words)


def test_index_of_sqlite_is_asked_for_words_and_places():
    lookup = Lookup([words("treasure", "map"), beginning("isl")], [3, 4], author_ids=[7])
    assert _fts_match(lookup) == ('body : ("treasure map" AND "isl" *) AND place : (by7) AND place : (room3 OR room4)')
    without = Lookup([words("map")], [3], excluded=[words("a", "b"), beginning("猫")], excluded_author_ids=[7, 8])
    assert _fts_match(without) == (
        '(body : ("map") AND place : (room3)) NOT body : ("a b" OR "猫" *) NOT place : (by7 OR by8)'
    )
    places = Lookup([], [3], has=[[2, 4], [1]], excluded_has=[8], months=["202611", "202612"])
    assert _fts_match(places) == (
        "(place : (has2 OR has4) AND place : (has1) AND place : (m202611 OR m202612) AND place : (room3))"
        " NOT place : (has8)"
    )
    assert _fts_match(Lookup([], range(60))).startswith("place : (room0 OR room1 OR")


def test_index_of_postgresql_is_asked_for_words():
    assert _ts_phrase(beginning("cafe", "bar")) == "'cafe' <-> 'bar':*"
    queries, values = _tsqueries(Lookup([words("map")], [3], excluded=[words("a", "b")], excluded_author_ids=[7]))
    assert queries == ["to_tsquery('simple', %s)", "%s::tsquery", "!!%s::tsquery"]
    assert values == ["'map' & !('a' <-> 'b')", "'room:3'", "'by:7'"]
    queries, values = _tsqueries(Lookup([], [3], has=[[2, 4]], months=["202611"]))
    assert values == ["'has:2' | 'has:4'", "'m:202611'", "'room:3'"]
