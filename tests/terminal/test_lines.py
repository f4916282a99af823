"""Lines for a terminal: no text can control the terminal or imitate another line."""

import json
import unicodedata
from datetime import UTC, date

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from chat.protocol import FileData
from chat.terminal.printer import as_json
from chat.transcript.lines import excerpt, gist, lines, listed, one_line, printable
from chat.transcript.transcript import Day, Deleted, Edited, Joined, Left, Posted, Reacted, StartedOver
from tests.cases import each
from tests.terminal.frames import ADA, message_data

JOINERS = "\u200c\u200d"
EVIL = "\x1b]0;pwned\x07\x1b[2J\x9b2J\u202eabc\u2066d\u2069\0\u2028e\x85f\x0bg\ufeff\U000e0041\ud800\u200b\xad"


@given(st.text(st.characters()))
@example(EVIL)
@example("\r\n\r\x00\n\u2029")
def test_printable_text_holds_nothing_that_drives_or_deceives_a_terminal(text):
    shown = printable(text)
    assert not {it for it in shown if unicodedata.category(it) == "Cc"} - {"\n"}
    assert not {it for it in shown if unicodedata.category(it) in ("Cf", "Cs", "Zl", "Zp")} - set(JOINERS)
    assert printable(shown) == shown


@each("text", ["hello", "zwei\nZeilen", "👩‍👩‍👧 🇩🇪 1️⃣", "می‌خواهم", "李雷", "a\xa0b", ""])
def test_ordinary_text_is_printed_as_it_is(text):
    assert printable(text) == text


def test_line_ends_of_every_kind_are_line_feeds_and_a_tab_is_spaces():
    assert printable("a\r\nb\rc\u2028d\u2029e\x85f\x0cg\th") == "a\nb\nc\nd\ne\nf\ng    h"


@given(st.text(st.characters()))
@example(EVIL)
def test_json_escapes_unprintable_characters_without_loss(text):
    line = as_json({"body": text})
    assert line.isprintable()
    assert json.loads(line) == {"body": text}


def happenings(text):
    """Return one event of each kind, with this text in every place that people can write."""
    person = {**ADA, "name": text}
    said = message_data(2, body=text, author=person, reply_to=1)
    return [
        Posted(said, message_data(1, body=text, author=person)),
        Posted(said, None),
        Posted(message_data(3, body="", author=None, deleted=True), None),
        Edited(said),
        Deleted(said),
        Reacted(said, text, text),
        Reacted(said, None, "👍"),
        Joined([text, text]),
        Left([text] * 9),
        Day(date(2026, 1, 2)),
        StartedOver(),
    ]


@given(st.text(st.characters()))
@example(EVIL)
@example("hi\n03:04 ada: I never said so\n* everybody left")
def test_further_lines_of_any_text_are_indented(text):
    for happening in happenings(text):
        for entry in lines(happening, UTC):
            first, *others = entry.split("\n")
            assert first.startswith(("03:04 ", "* ", "  > "))
            assert all(other.startswith("    ") for other in others)
            assert entry == printable(entry)


def test_text_of_each_transcript_event():
    assert [line for it in happenings("ada") for line in lines(it, UTC)] == [
        "  > ada: ada",
        "03:04 ada: ada",
        "  > message 1",
        "03:04 ada: ada",
        "03:04 Chat: (deleted)",
        "03:04 ada (edited): ada",
        "* ada's message of 03:04 was deleted",
        "* ada reacted ada to ada: ada",
        "* someone reacted 👍 to ada: ada",
        "* ada and ada joined",
        "* ada, ada, ada, ada and 5 others left",
        "* Friday, 2 January 2026",
        "* history was reset",
    ]


def test_colon_in_a_name_cannot_forge_the_end_of_the_name():
    forged = message_data(1, body="text", author={**ADA, "name": "bob: hi ada"})
    assert lines(Posted(forged, None), UTC) == ['03:04 "bob: hi ada": text']


def test_a_quoted_message_is_cut_to_one_short_line():
    assert excerpt("one\n\ntwo") == "one two"
    assert excerpt("x" * 61) == "x" * 59 + "…"


@each("time", ["", "now", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-02T03:04", "\x1b"])
def test_an_invalid_time_is_shown_with_some_time(time):
    [line] = lines(Posted(message_data(1, created_at=time), None))
    assert line.endswith(" ada: hello")
    assert one_line(line) == line


def test_few_names_are_all_listed():
    assert [listed(list("abcdef"[:number])) for number in (1, 2, 5)] == ["a", "a and b", "a, b, c, d and e"]


def test_files_are_lines_with_name_size_and_address():
    key = "k" * 22
    files = [
        FileData(key, "a map\x1b[2J.png", "image/png", 1258291, "image"),
        FileData(key, "b.png", "image/png", 9, "image", state="refused", refusal="It is damaged."),
    ]
    said = msgspec.structs.replace(message_data(1, body="here"), files=files)
    [first, second, third] = lines(Posted(said, None), site="https://chat.example.org")[0].split("\n")
    assert first.endswith(": here")
    assert second == f"    [a map[2J.png 1.2 MB] https://chat.example.org/files/{key}/a%20map%1B%5B2J.png"
    assert third == "    [b.png 9 bytes] It is damaged."
    assert gist(msgspec.structs.replace(said, body="")) == "a map[2J.png, b.png"
