"""The text of the prompt: commands, names and widths."""

import json
import re
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import TransformationInput

from chat.terminal import commands, names
from chat.terminal.command_table import Mistake
from chat.terminal.completion import PromptCompleter
from chat.terminal.names import name_at_end
from chat.terminal.style import fragments
from chat.terminal.widths import SteadyWidths, length_of_first, length_of_last, steady
from chat.text import scripts
from chat.transcript.transcript import Posted
from tests.cases import each
from tests.terminal.frames import message_data

ROOT = Path(__file__).parent.parent.parent
COMMANDS = json.loads((ROOT / "tests/slash_commands.json").read_text())


class Posts:
    """A conversation that only takes posts."""

    def __init__(self):
        self.posted = None

    def post(self, text, reply_to=None):
        self.posted = text

    def ask(self, command, otherwise, restore=""):
        """Take the call of a bot's command, which posts nothing."""


@each(("typed", "body"), COMMANDS)
async def test_typed_text_becomes_the_same_message_as_on_the_page(typed, body):
    message = commands.message_in(typed)
    if message is None:
        posts = Posts()
        with suppress(Mistake):
            await commands.execute(posts, typed)
        message = posts.posted
    assert message == body


# ---- Names


def highlighted(body, html, me="ada"):
    message = message_data(1, body=body, html=html)
    return [text for style, text, *_ in fragments(Posted(message, None), me) if style == "class:mention"]


def test_mentions_of_the_user_and_those_that_the_site_marks_are_highlighted():
    everyone = '<span class="mention" data-mention="room" dir="auto">@room</span>'
    assert highlighted("@Ada and @ada, @adam", "") == ["@Ada", "@ada"]
    assert highlighted("@room ＠ROOM @roommate @here", everyone) == ["@room", "＠ROOM"]
    assert highlighted("@room", "@room") == []  # plain text for someone who may not write it
    assert highlighted("@room", everyone, me="") == ["@room"]


def completed(text, *people):
    completer = PromptCompleter(lambda: people, lambda: (), lambda mine: ())
    return [it.text for it in completer.get_completions(Document(text), CompleteEvent(text_inserted=True))]


@each("text", ["@ad", "hi @ad", "(@ad", "你好@ad", "さくら@ad", "สวัสดี@ad", "안녕＠ad", "//x @ad"])
def test_mention_begins_after_a_space_a_sign_or_a_letter_of_a_script_without_spaces(text):
    assert name_at_end(text) == "ad"


@each("text", ["a@b", "é@b", "1@b", "https://a.example/@b", "@@ b", "hello"])
def test_at_sign_within_a_word_or_an_address_begins_nothing(text):
    assert name_at_end(text) is None


def test_page_and_client_know_the_scripts_of_the_server():
    page = (ROOT / "chat/static/chat/js/helpers/completion.js").read_text()
    [source] = re.findall(r"SPACELESS =\s+(.*?);", page, re.DOTALL)
    escapes = re.findall(r"\\u\{?([0-9a-f]+)\}?", source)
    assert names.SPACELESS == scripts.SPACELESS
    assert [chr(int(code, 16)) for code in escapes] == list(scripts.SPACELESS.replace("-", ""))


def test_name_that_was_typed_whole_comes_first_and_accents_do_not_count():
    assert completed("thanks @zee", "Zeeland", "Zee") == ["Zee", "Zeeland"]
    assert completed("@jose", "Josephine", "José", "Ada") == ["José", "Josephine"]
    assert completed("@strasse", "Straße") == ["Straße"]


# ---- Widths


def drawn(text):
    """Return what is drawn for a text, and the functions that map positions."""
    control = BufferControl(Buffer())
    given_text = TransformationInput(control, Document(text), 0, lambda position: position, [("", text)], 80, 1)
    found = SteadyWidths().apply_transformation(given_text)
    return "".join(it[1] for it in found.fragments), found.source_to_display, found.display_to_source


@each(
    ("text", "shown"),
    [
        ("👨\u200d👩\u200d👧 x", "👨👩👧 x"),
        ("❤\ufe0f", "❤"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("👍🏽", "👍"),
        ("🇩🇪", "DE"),
        ("שלום\u202e\u200f", "שלום"),
        ("e\u0301 ü 港口", "e\u0301 ü 港口"),
    ],
)
def test_characters_that_terminals_join_are_drawn_apart(text, shown):
    assert steady(text) == shown
    assert drawn(text)[0] == shown


@given(st.text(st.sampled_from("a👨👩\u200d\ufe0f🏽🇩e\u0301港 ")))
def test_every_position_of_the_text_is_drawn_once_and_in_order(text):
    shown, to_display, to_source = drawn(text)
    places = [to_display(position) for position in range(len(text) + 1)]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(shown)
    assert [to_display(to_source(place)) for place in range(len(shown) + 1)] == list(range(len(shown) + 1))


@each(
    ("text", "last", "first"),
    [("", 0, 0), ("ab", 1, 1), ("👨\u200d👩", 1, 2), ("❤\ufe0f", 2, 2), ("a👍🏽", 2, 1), ("\u200b", 1, 1)],
)
def test_one_key_passes_what_is_drawn_as_one_character(text, last, first):
    assert (length_of_last(text), length_of_first(text)) == (last, first)
