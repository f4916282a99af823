"""Reactions: forms of one emoji that differ only in variation selectors are one reaction."""

from chat import history, serializers
from chat.models import Message, Reaction
from chat.protocol import React
from tests.cast import ask, say


def counted(room, seq=1):
    """Return the reactions as every reader of them gets them: in pages, in changes and by name."""
    [message] = history.page(room).messages
    in_pages = {it.emoji: it.people for it in message.reactions}
    rows = Reaction.objects.on([message.id])
    in_changes = {it.emoji: it.people for it in serializers.message(Message.objects.get(pk=message.id), rows).reactions}
    by_name = {it.emoji: [person.id for person in it.people] for it in history.reactions(room, seq)}
    assert in_pages == in_changes == by_name
    assert all(it.count == len(by_name[it.emoji]) for it in history.reactions(room, seq))
    return in_pages


def test_same_emoji_in_two_forms_is_one_reaction_of_two_people(alice, bob, hall):
    say(alice, hall)
    ask(alice, hall, React(seq=1, emoji="❤", on=True))
    ask(bob, hall, React(seq=1, emoji="❤️", on=True))
    ask(bob, hall, React(seq=1, emoji="👍\ufe0f", on=True))
    assert counted(hall) == {"❤️": [alice.pk, bob.pk], "👍": [bob.pk]}
    ask(alice, hall, React(seq=1, emoji="❤\ufe0e", on=False))
    assert counted(hall) == {"❤️": [bob.pk], "👍": [bob.pk]}


def test_reactions_that_an_earlier_release_stored_apart_are_counted_together_and_removed_together(alice, bob, hall):
    message = say(alice, hall)
    for person, emoji in [(alice, "❤"), (bob, "❤️"), (alice, "❤️")]:
        Reaction.objects.create(message=message, person=person, emoji=emoji)
    assert counted(hall) == {"❤️": [alice.pk, bob.pk]}
    ask(alice, hall, React(seq=1, emoji="❤️", on=True))
    assert Reaction.objects.count() == 3
    ask(alice, hall, React(seq=1, emoji="❤️", on=False))
    assert counted(hall) == {"❤️": [bob.pk]}
