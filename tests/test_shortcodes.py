"""Emoji that are written by name."""

from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.text import emoji
from chat.text.shortcodes import with_emoji
from tests.cases import each
from tests.cast import say


@each(
    ("typed", "stored"),
    [
        (":tada:", "🎉"),
        ("well :TADA: done", "well 🎉 done"),
        (":tada::fire:", "🎉🔥"),
        (":tada::unknown_name:", "🎉:unknown_name:"),
        (":+1:!", "👍!"),
        ("(:tada:)", "(🎉)"),
        ("你好:tada:", "你好🎉"),
        (":tada:です", "🎉です"),
        ("> :tada:\n- :tada:", "> 🎉\n- 🎉"),
        ("`:tada:` :tada: ``a ` :tada:``", "`:tada:` 🎉 ``a ` :tada:``"),
        ("```\n:tada:\n```\n:tada:", "```\n:tada:\n```\n🎉"),
        ("- a\n  ```\n  :tada:\n  ```\n- :tada:", "- a\n  ```\n  :tada:\n  ```\n- 🎉"),
        ("    :tada:\n\n:tada:", "    :tada:\n\n🎉"),
        ("`a\n\n:tada:\n\nb`", "`a\n\n🎉\n\nb`"),
        ("|:tada:|b|\n|-|-|\n|`:tada:`|:tada:|", "|🎉|b|\n|-|-|\n|`:tada:`|🎉|"),
        ("http://a.example/:tada:/ :tada:", "http://a.example/:tada:/ 🎉"),
        ("www.a.example/:tada:/ :tada:", "www.a.example/:tada:/ 🎉"),
    ],
)
def test_name_of_an_emoji_becomes_the_emoji(typed, stored):
    assert with_emoji(typed) == stored


@each(
    "typed",
    [
        "12:30:45", "C:foo:", "C:fire:", "std::fire::x", r"\:tada:", ":nosuchthing:", ":tada", "tada:",
        ": tada :", "::tada::", "a:100:b",
    ],
)  # fmt: skip
def test_other_colons_stay(typed):
    assert with_emoji(typed) == typed


def test_no_emoji_is_longer_than_its_names():
    assert [name for name, one in emoji.by_name().items() if len(one) > len(name) + 2] == []


def test_the_names_are_those_that_the_page_knows():
    listed = [entry for group in emoji.groups() for entry in group.emoji]
    for name, one in emoji.by_name().items():
        assert one == next(entry[0] for entry in listed if name in entry[1:])


def test_a_post_and_an_edit_are_stored_with_emoji(alice, hall):
    message = say(alice, hall, "done :tada:")
    assert (message.body, message.html) == ("done 🎉", '<p dir="auto">done 🎉</p>')
    edited = execute(Request(alice.pk, hall.pk, protocol.Edit(seq=message.seq, body="hot :fire: `:fire:`"))).message
    assert edited.body == "hot 🔥 `:fire:`"
