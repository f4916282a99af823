"""Activity: what mentions a person or answers them, and saved messages. Both show only what the person may read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import activity, bookmarks, protocol
from chat.actions import retention
from chat.actions.account_deletion import delete_account
from chat.actions.activity import mark_read
from chat.actions.removal import ERASE, BulkRequest
from chat.actions.removal import execute as remove
from chat.actions.retention import ExpiredMessages
from chat.errors import ActionError
from chat.exports.personal_data import everything_about
from chat.models import Bookmark, Membership, Mention, Room
from chat.protocol import Code, Unread
from tests.cast import ask, say

NAME, ROOM, REPLY = Mention.Cause


def mention(person, message, kind=NAME):
    """Add the row that an action adds for such a message."""
    Mention.objects.get_or_create(person=person, room=message.room, seq=message.seq, defaults={"kind": kind})


def save(person, room, seq, note=None, *, on=True):
    ask(person, room, protocol.SetBookmark(seq=seq, on=on, note=note))


def listed(person, **options):
    return [
        (it.message.room.slug, it.message.seq, it.kind, it.is_unread) for it in activity.page(person, **options).entries
    ]


def saved(person):
    return [(it.bookmark.room.slug, it.bookmark.seq, it.message.is_deleted) for it in bookmarks.page(person).entries]


def test_activity_has_names_replies_and_everyone_newest_first(alice, bob, carol, hall, ops):
    mention(bob, say(alice, hall, "@bob"))
    mention(None, say(alice, ops, "everyone"), ROOM)
    mention(bob, say(alice, hall, "an answer"), REPLY)
    mention(None, own := say(bob, hall, "all of you"), ROOM)
    mention(alice, say(bob, hall, "@alice"))
    assert listed(bob) == [("hall", 2, REPLY, False), ("ops", 1, ROOM, True), ("hall", 1, NAME, False)]
    assert listed(alice) == [("hall", 4, NAME, True), (own.room.slug, own.seq, ROOM, True)]
    groups = activity.grouped(activity.page(bob).entries)
    assert [(it.room.slug, it.is_unread, len(it.entries)) for it in groups] == [("hall", False, 2), ("ops", True, 1)]


def test_pages_of_activity_go_on_where_the_last_one_ended_in_the_same_number_of_statements(alice, bob, hall, ops):
    for number in range(7):
        message = say(alice, hall if number % 2 else ops, f"message {number}")
        mention(bob if number % 3 else None, message, NAME if number % 3 else ROOM)
    whole = activity.page(bob).entries
    found, before, counts = [], None, []
    while True:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = activity.page(bob, before=before, limit=3)
        found, before = [*found, *page.entries], page.entries[-1].id
        counts.append(len(queries))
        if not page.more:
            break
    assert [it.id for it in found] == [it.id for it in whole] == sorted((it.id for it in whole), reverse=True)
    assert (len(whole), counts) == (7, [3, 3, 3])


def test_nobody_finds_a_message_that_they_may_not_read(alice, bob, hall):
    """Each state of a membership and a message. A bookmark of a deleted message stays, without its text."""
    mention(bob, message := say(alice, hall, "@bob"))
    mention(None, everyone := say(alice, hall, "everyone"), ROOM)
    for seq in (message.seq, everyone.seq):
        save(bob, hall, seq)
    now, member = timezone.now(), Membership.objects.filter(room=hall, person=bob)
    both, named = {message.seq, everyone.seq}, {message.seq}
    states = [
        ("member", {}, both, both),
        ("left", {"left_at": now}, named, both),
        ("banned", {"banned_at": now}, set(), set()),
        ("below the floor", {"floor_seq": message.seq}, {everyone.seq}, {everyone.seq}),
        ("all below the floor", {"floor_seq": everyone.seq}, set(), set()),
    ]
    nothing = {"left_at": None, "banned_at": None, "floor_seq": None}
    for visibility in (Room.Visibility.PUBLIC, Room.Visibility.PRIVATE):
        Room.objects.filter(pk=hall.pk).update(visibility=visibility)
        for name, fields, in_activity, in_saved in states:
            member.update(**{**nothing, **fields})
            is_closed = name == "left" and visibility == Room.Visibility.PRIVATE
            seen = ({seq for _, seq, _, _ in listed(bob)}, {seq for _, seq, _ in saved(bob)})
            assert seen == ((set(), set()) if is_closed else (in_activity, in_saved)), (visibility, name)
    member.update(**nothing)
    ask(alice, hall, protocol.Delete(seq=message.seq))
    mention(bob, message)  # a row that a worker of the previous release left
    assert [seq for _, seq, _, _ in listed(bob)] == [everyone.seq]
    assert saved(bob) == [("hall", everyone.seq, False), ("hall", message.seq, True)]
    member.delete()
    assert (listed(bob), len(saved(bob))) == ([], 0)


def test_a_mention_outside_of_ones_rooms_is_listed_and_never_unread(alice, carol, hall):
    mention(carol, say(alice, hall, "@carol"))
    assert listed(carol) == [("hall", 1, NAME, False)]
    assert (activity.unread_counts(carol), mark_read(carol)) == ({}, 0)


def test_marking_as_read_moves_only_rooms_with_unread_mentions_to_their_end(alice, bob, hall, ops, monkeypatch):
    lounge = Room.objects.get(slug="lobby")
    for room in (hall, ops, lounge):
        say(alice, room)
    mention(bob, say(alice, hall, "@bob"))
    mention(None, say(alice, ops), ROOM)
    say(alice, ops)
    assert activity.unread_counts(bob) == {"hall": Unread(2, 1), "ops": Unread(3, 1), "lobby": Unread(1, 0)}
    assert (mark_read(bob), mark_read(bob)) == (2, 0)
    assert activity.unread_counts(bob) == {"lobby": Unread(1, 0)}
    assert {it for *_, it in listed(bob)} == {False}


def test_marking_as_read_does_not_tell_of_mentions_below_the_floor(alice, bob, ops):
    mention(None, message := say(alice, ops, "everyone"), ROOM)
    Membership.objects.filter(room=ops, person=bob).update(floor_seq=message.seq)
    assert (listed(bob), mark_read(bob)) == ([], 0)
    mention(None, say(alice, ops, "everyone"), ROOM)
    assert mark_read(bob) == 1


def test_saving_is_idempotent_and_keeps_the_note_until_another_is_given(alice, bob, hall):
    seq = say(alice, hall).seq
    for note in (None, " to\nread ", None, "later"):
        save(bob, hall, seq, note)
    [row] = Bookmark.objects.filter(person=bob)
    assert (row.seq, row.note) == (seq, "later")
    save(bob, hall, seq, on=False)
    save(bob, hall, seq, on=False)
    assert not Bookmark.objects.filter(person=bob).exists()


def test_what_cannot_be_saved_is_refused(alice, bob, carol, hall, ops, monkeypatch):
    monkeypatch.setattr("chat.actions.bookmarks.MAX_PER_ROOM", 2)
    for _ in range(4):
        say(alice, hall)
    say(alice, ops)
    save(bob, hall, 1)
    ask(alice, hall, protocol.Delete(seq=1))
    ask(alice, hall, protocol.Delete(seq=2))
    Membership.objects.filter(person=bob, room=ops).update(floor_seq=1)
    refused = [
        (bob, hall, 2, Code.NOT_FOUND),  # deleted
        (bob, hall, 99, Code.NOT_FOUND),
        (bob, ops, 1, Code.NOT_FOUND),  # below the floor
        (carol, ops, 1, Code.NOT_FOUND),
    ]
    for person, room, seq, code in refused:
        with pytest.raises(ActionError) as refusal:
            save(person, room, seq)
        assert refusal.value.code is code, (person, room, seq)
    save(bob, hall, 1, "a saved message that was deleted keeps its note")
    save(bob, hall, 3)
    with pytest.raises(ActionError) as refusal:
        save(bob, hall, 4)
    assert refusal.value.code is Code.CONFLICT
    save(bob, hall, 1, on=False)
    save(bob, hall, 4)


def test_a_bookmark_survives_erasure_and_goes_with_the_message_and_with_the_account(alice, bob, hall):
    hall.refresh_from_db()
    for _ in range(2):
        save(bob, hall, say(alice, hall).seq, "mine")
    remove(ERASE, BulkRequest(None), hall.messages.filter(seq=1).values_list("pk", flat=True))
    assert saved(bob) == [("hall", 2, False), ("hall", 1, True)]
    document = b"".join(everything_about(bob)).decode()
    assert document.count('"note":"mine"') == 2
    old = hall.messages.filter(seq=1)
    old.update(created_at=timezone.now().replace(year=2001))
    retention.prune(ExpiredMessages(hall, timezone.now().replace(year=2002)))
    assert [it.seq for it in Bookmark.objects.all()] == [2]
    delete_account(bob)
    assert not Bookmark.objects.exists()


def test_the_page_of_a_room_knows_what_is_saved_there(signed_in, alice, bob, hall, ops):
    for room in (hall, ops):
        save(bob, room, say(alice, room).seq)
    save(bob, hall, say(alice, hall).seq)
    save(alice, hall, 1)
    browser = signed_in(bob)
    assert browser.get(hall.get_absolute_url()).context["page_data"]["saved"] == [1, 2]
    Membership.objects.filter(person=bob, room=hall).update(floor_seq=1)
    assert browser.get(hall.get_absolute_url()).context["page_data"]["saved"] == [2]


def test_the_pages_show_mark_as_read_and_remove(signed_in, alice, bob, hall, ops):
    browser = signed_in(bob)
    assert "Nothing yet" in browser.get("/activity/").text
    assert "Nothing saved" in browser.get("/saved/").text
    mention(bob, say(alice, hall, "<b>@bob</b> & co"))
    mention(bob, say(alice, ops, "an answer"), REPLY)
    for room in (hall, ops):
        save(bob, room, 1, "for <later>")
    ask(alice, ops, protocol.Delete(seq=1))
    shown = browser.get("/activity/").text
    assert "mentioned you" in shown
    assert "&lt;b&gt;@bob&lt;/b&gt; &amp; co" in shown
    assert "Mark these rooms as read" in shown
    assert "an answer" not in shown
    assert browser.post("/activity/")["Location"] == "/activity/"
    assert "Mark these rooms as read" not in browser.get("/activity/").text
    shown = browser.get("/saved/").text
    assert "This message was deleted." in shown
    assert "an answer" not in shown
    assert "for &lt;later&gt;" in shown
    assert browser.post("/saved/", {"room": "ops", "seq": "1"})["Location"] == "/saved/"
    assert saved(bob) == [("hall", 1, False)]
    for fields in ({}, {"room": "nowhere", "seq": "1"}, {"room": "hall", "seq": "x"}, {"room": "\0", "seq": "1"}):
        assert browser.post("/saved/", fields).status_code == 404


def test_changes_are_limited(signed_in, bob, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.001, 1
    browser = signed_in(bob)
    found = [browser.post("/activity/").status_code for _ in range(2)]
    assert (found, browser.post("/saved/", {"room": "hall", "seq": "1"}).status_code) == ([302, 429], 429)
