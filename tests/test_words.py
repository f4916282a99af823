"""The words of a text in the form of the search index."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chat.search.query import Query
from chat.text import cleaning
from chat.text import words as words_module
from chat.text.folding import unaccented
from chat.text.words import MAX_WORD_CHARACTERS, WordKind, index_text, words
from tests.cases import each

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# Not only Latin letters, which most random texts of all characters have none of.
WRITTEN = st.text("abC 1+#ßéё港口ｶﾞをทำ안ကै🥕👍🏽❤️\u200d\u0301-_™", max_size=20)


def texts(value):
    return [word.text for word in words(value)]


@each(
    ("one", "other"),
    [
        ("Zoë", "zoe"),
        ("JOSÉ", "jose\u0301"),
        ("Ёлка", "елка"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"),
        ("ᾳ", "α"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("أحمد", "احمد"),
        ("سلـــام", "سلام"),
        ("کتاب‌ی", "كتابي"),
        ("Straße", "STRASSE"),
        ("İstanbul", "ISTANBUL"),
        ("Tromsø", "tromso"),
        ("Łódź", "lodz"),
        ("Đặng", "dang"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ２", "full width2"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("ﬁle x²", "file x2"),
        ("co\u00adope\u200brate", "cooperate"),
        ("１٣", "13"),
    ],
)
def test_words_that_differ_in_case_accents_width_and_form_are_the_same(one, other):
    assert texts(one) == texts(other) != []


@each(
    ("one", "other"),
    [("C++", "C"), ("C#", "C"), ("C++", "C#"), ("が", "か"), ("ที", "ที่"), ("की", "का"), ("🥕", "🥦"), ("+1 🎉", "1")],
)
def test_other_words_stay_different(one, other):
    assert texts(one) != texts(other)


@each(
    ("text", "expected"),
    [
        ("don't snake_case", ["don", "t", "snake", "case"]),
        ("港口的", ["港口", "口的", "的"]),
        ("Python入門", ["python", "入門", "門"]),
        ("C#入門", [texts("C#")[0], "入門", "門"]),
        ("a+b room#5 ## 1+1", ["a", "b", "room", "5", "1", "1"]),
        ("Foo™ 5㎏", ["foo", "tm", "5", "kg"]),
        ("...", []),
    ],
)
def test_text_is_split_into_words(text, expected):
    assert texts(text) == expected


@each(
    ("text", "parts"),
    [
        ("C++17 and c++", ["C++", "17", "and", "c++"]),
        ("notepad++", ["notepad", "++"]),
        ("👍🏽👨‍👩‍👧❤️→€5", ["👍🏽", "👨\u200d", "👩\u200d", "👧", "❤️", "→", "€", "5"]),
        ("e\u0301te", ["e\u0301te"]),
    ],
)
def test_each_word_has_its_range(text, parts):
    assert [text[word.start : word.end] for word in words(text)] == parts


@given(TEXT | WRITTEN)
def test_databases_find_nothing_to_split_or_to_change(text):
    """Letters of Unicode 3.2 and digits are all that the form of the index has."""
    for word in texts(text):
        assert len(word) <= MAX_WORD_CHARACTERS
        for character in word:
            assert character in "0123456789" or unicodedata.ucd_3_2_0.category(character)[0] == "L"


@each(
    ("letters", "kind"),
    [(words_module._SPACED_LETTERS, WordKind.SPACED), (words_module._DENSE_LETTERS, WordKind.DENSE)],
)
def test_letters_that_are_taken_a_run_at_a_time_need_no_encoding(letters, kind):
    for character in re.findall(f"(?![\0-\x7f])[{letters}]", "".join(map(chr, range(0x10000)))):
        parts = words_module._parts(character)
        assert ("".join(text for _, text in parts), {it for it, _ in parts}) == (unaccented(character), {kind})
        assert kind is WordKind.SPACED or unaccented(character) == character


@given(TEXT | WRITTEN)
def test_ranges_of_words_are_in_order(text):
    found = list(words(text))
    assert all(word.start < word.first_end <= word.end <= len(text) for word in found)
    assert [word.start for word in found] == sorted(word.start for word in found)


@given(st.text("abcXYZ019_-+# .\n", max_size=30))
def test_ascii_text_without_words_of_its_own_is_split_as_the_databases_do(text):
    if index_text(text) is None:
        assert texts(text) == "".join(it if it.isalnum() else " " for it in text.lower()).split()
    else:
        assert "+" in text or "#" in text


@each("text", ["plain text", "don't", "a+b", "#general", ">quote<"])
def test_nothing_is_stored_for_most_ascii_text(text):
    assert index_text(text) is None


@each("text", ["C++", "c#", "x" * 300, "naïve", "…"])
def test_words_are_stored_if_the_databases_would_find_others(text):
    assert index_text(text) == " ".join(texts(text))


@each(
    ("others", "expected"),
    [
        (["quarterly-report_v2.pdf", ""], "text quarterly report v2 pdf"),
        (["地图.png", "The map"], "text 地图 图 png the map"),
        (["", ""], None),
        (["..."], "text"),
    ],
)
def test_words_of_files_and_previews_are_stored_after_those_of_the_text(others, expected):
    assert index_text("text", *others) == expected


@given(st.text("我们的港口がカ한국ไที่ກမြန်ខ្មែរ", min_size=1, max_size=12), st.data())
def test_any_part_of_a_text_without_spaces_is_found(text, data):
    text = cleaning.clean_text(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if unicodedata.combining(text[start]) or not (query := Query.parse(text[start:end])).terms:
        return
    [term] = query.terms
    index = texts(text)
    assert any(term.matches(index[at : at + len(term.words)]) for at in range(len(index) - len(term.words) + 1))


@given(TEXT | WRITTEN)
def test_folding_twice_is_folding_once(text):
    once = unaccented(unaccented(text))
    assert unaccented(once) == once


def test_long_word_is_cut_in_texts_and_in_queries():
    assert texts("é" * 5000) == ["e" * MAX_WORD_CHARACTERS]
