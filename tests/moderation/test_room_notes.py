"""Notes of the site in the log of a room, about changes of its settings."""

import pytest

from chat import protocol
from chat.actions import retention, rooms
from chat.actions.room_settings import ROOM_FIELDS, change_room, change_settings
from chat.errors import ActionError
from chat.models import Mention, Message, Room, RoomHead
from chat.protocol import Code
from tests.cases import each
from tests.cast import ask, say

# What is changed, and the note.
NOTES = [
    ({"name": "Great *hall*"}, "renamed this room to “Great *hall*”."),
    ({"topic": "For @bob"}, "changed the topic."),
    ({"topic": ""}, "removed the topic."),
    ({"visibility": "private"}, "made this room private."),
    ({"posting": "moderators"}, "limited posting to owners and moderators."),
    ({"history": "joined"}, "limited new members to messages since they joined."),
    ({"members_invite": True}, "let members invite people."),
    ({"room_mentions": "everyone"}, "let everyone notify the whole room."),
    ({"is_default": True}, "made this a room that new accounts join."),
    ({"keep_days": 1}, "limited how long messages are kept to 1 day."),
    ({"keep_days": 0}, "set messages to be kept forever."),
    ({"archived": True}, "archived this room."),
]


def bodies(room):
    return list(Message.objects.filter(room=room, author=None).order_by("seq").values_list("body", flat=True))


@each(("changes", "note"), NOTES)
def test_each_change_adds_a_note(alice, hall, changes, note):
    alice.is_staff = alice.is_superuser = True
    say(alice, hall)
    change_settings(alice, hall, changes)
    assert bodies(hall) == [f"alice {note}"]
    head = RoomHead.objects.get(pk=hall.pk)
    assert (head.seq, head.rev) == (2, 2)


def test_what_stays_the_same_adds_none(alice, hall):
    same = {name: getattr(hall, name) for name in ROOM_FIELDS if name != "is_default"}
    change_settings(alice, hall, {**same, "keep_days": None})
    assert bodies(hall) == []


def test_a_note_is_plain_text_and_mentions_no_one(alice, bob, hall):
    change_room(hall, {"name": "<b>@bob *x*</b>"}, by=alice)
    note = Message.objects.get(room=hall)
    assert note.html == '<p dir="auto"><bdi>alice</bdi> renamed this room to “&lt;b&gt;@bob *x*&lt;/b&gt;”.</p>'
    assert not Mention.objects.exists()


def test_a_note_counts_as_unread_and_is_found(alice, bob, hall, signed_in):
    change_room(hall, {"topic": "New"}, by=alice)
    browser = signed_in(bob)
    assert browser.get("/api/unread/").json() == {"unread": {"hall": {"unread": 1, "mentions": 0}}}
    assert browser.get("/api/rooms/hall/messages/").json()["messages"][0]["author"] is None
    assert "alice</bdi> changed the topic." in browser.get("/rooms/hall/").text


def test_no_one_edits_a_note_and_moderators_delete_it(alice, bob, mona, hall):
    change_room(hall, {"topic": "New"}, by=alice)
    for person, command in (
        (alice, protocol.Edit(seq=1, body="forged")),
        (mona, protocol.Edit(seq=1, body="forged")),
        (bob, protocol.Delete(seq=1)),
    ):
        with pytest.raises(ActionError) as refusal:
            ask(person, hall, command)
        assert refusal.value.code is Code.FORBIDDEN
    ask(bob, hall, protocol.React(seq=1, emoji="👍", on=True))
    ask(mona, hall, protocol.Delete(seq=1))
    assert Message.objects.get(room=hall).is_deleted


def test_a_refused_change_leaves_no_note(alice, hall, monkeypatch):
    monkeypatch.setattr("chat.actions.room_settings.rooms.archive", lambda *given, **more: rooms.unarchive(*given))
    with pytest.raises(ActionError):
        change_settings(alice, hall, {"topic": "New", "keep_days": 3, "archived": True})
    assert (bodies(hall), RoomHead.objects.get(pk=hall.pk).rev) == ([], 0)


def test_a_change_by_the_site_names_no_one(hall):
    change_room(hall, {"topic": "New"})
    assert bodies(hall) == ["Someone changed the topic."]


def test_a_room_that_was_deleted_meanwhile_is_not_changed(chief, hall):
    Room.objects.filter(pk=hall.pk).delete()
    for change in (lambda: change_room(hall, {"topic": "New"}), lambda: retention.set_keep_days(chief, hall, 3)):
        with pytest.raises(Room.DoesNotExist):
            change()
