"""Unicode normal forms: the cost is linear, and only texts that no language has are changed."""

import re
import sys
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from chat.text import normal_forms
from chat.text.normal_forms import MAX_NON_STARTERS, fold, normalized, stream_safe
from tests.cases import each

MARKS = "\u0315\u0300\u0344\u0f73\u302e\U0001d165\uff9e\u05c1\u034f\u20dd"
TEXTS = st.text(st.one_of(st.sampled_from(MARKS + "aé\u1f82\uac00 "), st.characters()), max_size=200)


def every_character():
    return [chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number < 0xE000]


def longest_run(value):
    """Return the longest run of non-starters in the decomposition of `value`."""
    longest = row = 0
    for character in value:
        for part in unicodedata.normalize("NFKD", character):
            row = row + 1 if unicodedata.combining(part) else 0
            longest = max(longest, row)
    return longest


@given(TEXTS)
@example("a" + "\u0344" * 15 + "\u0300")
@example("\u1f82" + "\u0300" * 28)
@example("\u0300" * 31)
def test_no_run_of_marks_is_longer_than_the_limit(value):
    safe = stream_safe(value)
    assert longest_run(safe) <= MAX_NON_STARTERS
    assert stream_safe(safe) == safe
    if longest_run(value) <= MAX_NON_STARTERS:
        assert safe == value


@each("letter", ["", "a", "\u1f82"])
@each("mark", ["\u0300", "\u0344", "\u0f73", "\u302e", "\U0001d165", "\uff9e"])
def test_all_marks_up_to_the_limit_stay(letter, mark):
    room = MAX_NON_STARTERS - longest_run(letter)
    most = letter + mark * (room // longest_run(mark))
    assert stream_safe(most) == most
    assert stream_safe(most + mark) == most


def test_normal_form_of_long_runs_is_bounded():
    once, more = (normalized("NFKC", "a" + "\u0315\u0300" * count) for count in (1_000, 8_000))
    assert once == more
    assert len(more) <= 1 + MAX_NON_STARTERS


def test_pattern_of_marks_matches_every_mark_of_unicode():
    likely = re.compile(normal_forms.LIKELY_MARKS)
    marks = {it for it in every_character() if all(map(unicodedata.combining, unicodedata.normalize("NFKD", it)))}
    marks |= {it for it in every_character() if unicodedata.category(it) in ("Mn", "Me")}
    assert {it for it in marks if not likely.match(it)} == set()


def test_assumptions_about_runs_of_marks_hold_for_all_of_unicode():
    """At most two non-starters of one mark, three at the end of a letter, and none before a letter."""
    for character in every_character():
        classes = [unicodedata.combining(part) > 0 for part in unicodedata.normalize("NFKD", character)]
        trailing = len(classes) - max((place + 1 for place, it in enumerate(classes) if not it), default=0)
        assert trailing <= (2 if all(classes) else 3)
        assert all(classes) or not classes[0]


def test_an_overlong_name_is_not_folded():
    assert fold("Ａ" * 160) == "a" * 160
    assert fold("Ａ" * 161) == fold("Ａ" * 5_000) == "Ａ" * 161
