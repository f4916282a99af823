"""The cleaning and comparison of typed text."""

import unicodedata

import emoji
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.text import cleaning
from tests.cases import each


@given(st.text())
@example("a\x00b\ud800\u202ec\r\nd\u2028e")
def test_cleaned_text_can_be_stored_shown_and_cleaned_again(value):
    cleaned = cleaning.clean_text(value)
    cleaned.encode()
    assert not any(character < " " and character not in "\n\t" for character in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x7f\x9b\r")
    assert cleaning.clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_line_ends_become_line_feeds_and_outer_blank_lines_go():
    assert cleaning.clean_text("\n\r\n one\r\ntwo\rthree\u2028four  \n\n") == " one\ntwo\nthree\nfour"


@each("name", ["ada", "Ada Lovelace", "Ωmega", "李雷", "Ольга", "ab", "x" * 40, "7"])
def test_ordinary_names_are_taken_as_they_are(name):
    assert cleaning.clean_name(name) == name


@each(
    "name",
    ["", "   ", "x" * 41, "a\u200bda", "a\u202eda", "a\x00da", "a\ud800da", "a\u00adda", "---", "\ue000x", "a\x1b[2J"],
)
def test_names_that_cannot_be_read_or_typed_are_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match=r"\.$"):
        cleaning.clean_name(name)


def test_names_are_equal_whatever_their_case_and_width():
    assert cleaning.fold("Straße") == cleaning.fold("STRASSE")
    assert cleaning.fold("ＡＤＡ") == cleaning.fold("ada")


@each(("real", "fake"), [("admin", "аdmin"), ("paypal", "раураl"), ("ada", "aԁa"), ("zero", "zerο")])
def test_names_that_look_alike_have_one_skeleton(real, fake):
    assert real != fake
    assert cleaning.skeleton(real) == cleaning.skeleton(fake)


@each(
    ("real", "fake"),
    [
        ("bob", "BОB"),
        ("BOB", "ВОВ"),
        ("bob", "ВОВ"),
        ("Ian", "lan"),
        ("hanna", "НАNNА"),
        ("Tom", "ТОМ"),
        ("max", "mах"),
    ],
)
def test_names_look_alike_in_whatever_case_they_are_written(real, fake):
    assert any(one == other for one, other in zip(cleaning.skeletons(real), cleaning.skeletons(fake), strict=True))


@each(("one", "other"), [("nan", "van"), ("ian", "lan"), ("ada", "bob"), ("uwe", "ywe")])
def test_names_alike_only_by_a_chain_of_case_changes_are_different(one, other):
    assert not any(a == b for a, b in zip(cleaning.skeletons(one), cleaning.skeletons(other), strict=True))


def test_marks_do_not_heap_up():
    assert cleaning.clean_text("Z" + "\u0337" * 500 + "algo") == "Z" + "\u0337" * cleaning.MARKS_IN_A_ROW + "algo"
    assert cleaning.clean_text("שָׁלוֹם và ปี่ हिन्दी é") == unicodedata.normalize("NFC", "שָׁלוֹם và ปี่ हिन्दी é")
    with pytest.raises(ValueError, match="so many accent marks"):
        cleaning.clean_name("Z" + "\u0337" * 20)


@each("mark", ["\u0337", "\u20dd", "\u302e", "\U0001d165"])
def test_marks_of_every_category_are_thinned(mark):
    most = "Z" + mark * cleaning.MARKS_IN_A_ROW
    assert cleaning.clean_text(most) == most
    assert cleaning.clean_text(most + mark * 400 + "x") == most + "x"


@each(("typed", "line"), [("a\nb  c", "a b c"), ("abcde fgh", "abcde"), ("abcdef", "abcdef"), ("", "")])
def test_cleaned_line_has_a_maximum_length(typed, line):
    assert cleaning.clean_line(typed, 6) == line


@each(("one", "other"), [("ada", "bob"), ("anna", "anne"), ("李雷", "韩梅")])
def test_names_that_look_different_have_different_skeletons(one, other):
    assert cleaning.skeleton(one) != cleaning.skeleton(other)


@each("value", ["👍", "❤️", "👩‍👩‍👧", "🇩🇪", "1️⃣", "❤", "❤\ufe0e", "👍\ufe0f", "1\u20e3"])
def test_emoji_are_recognised(value):
    assert cleaning.is_emoji(value)


@each("value", ["", "a", "👍👍", "👍 ", ":+1:", "<b>", "👍" * 40, "\u200d", "\ufe0f", "1\ufe0f"])
def test_other_text_is_not_an_emoji(value):
    assert not cleaning.is_emoji(value)


@each(
    ("value", "canonical"),
    [("❤", "❤️"), ("❤\ufe0e", "❤️"), ("👍\ufe0f", "👍"), ("🏳\u200d🌈", "🏳️\u200d🌈"), ("1\u20e3", "1️⃣"), ("a", "a")],
)
def test_forms_of_an_emoji_have_one_canonical_form(value, canonical):
    assert cleaning.canonical_emoji(value) == canonical


def test_every_known_emoji_has_a_canonical_form_that_can_be_stored():
    for value in emoji.EMOJI_DATA:
        canonical = cleaning.canonical_emoji(value)
        assert emoji.is_emoji(canonical)
        assert canonical.replace("\ufe0f", "") == value.replace("\ufe0f", "")
        assert len(canonical) <= cleaning.EMOJI_MAX_LENGTH
        assert cleaning.canonical_emoji(canonical) == canonical


@each("body", ["", " \n\t", "\u200b\u200d", "\u3164", "\u2800 ", "\u00ad\ufe0f"])
def test_invisible_text_is_blank(body):
    assert cleaning.is_blank(body)


@each("body", ["a", " . ", "👩\u200d👩", "\u200bx", "❤️"])
def test_visible_text_is_not_blank(body):
    assert not cleaning.is_blank(body)
