"""Mention rows: for whom they are, how they follow the text, and what they cost."""

import importlib
import itertools
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import broadcast
from chat.actions import joining, mention_rows, removal, sanctions
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.imports.messages import Entry, import_history
from chat.actions.messages import execute, execute_batch
from chat.actions.removal import BulkRequest
from chat.errors import ActionError
from chat.models import Membership, Mention, Person, Room, RoomHead
from chat.models.rooms import RoomAccess
from chat.protocol import Code, Delete, Edit, Post
from chat.text.mentions import Mentioned
from tests.cast import ask, say
from tests.test_access_rule import STATES, place

NAME, ROOM, REPLY = Mention.Cause.NAME, Mention.Cause.ROOM, Mention.Cause.REPLY


def rows(room, seq=None):
    """Return the name of the person, or None, and the kind of each row."""
    found = Mention.objects.filter(room=room, **({"seq": seq} if seq else {})).order_by("pk")
    return [(it.person.name if it.person else None, it.kind) for it in found.select_related("person")]


def edit(person, room, seq, body):
    return ask(person, room, Edit(seq=seq, body=body))


def age(message, **ago):
    type(message).objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(**ago))


def forget_room_mention(room):
    RoomHead.objects.filter(pk=room.pk).update(room_mention_at=None)


@pytest.fixture
def mona(hall):
    person = join_as_guest("mona")
    Membership.objects.create(person=person, room=hall, role=Membership.Role.MODERATOR)
    return person


# ---- Access


def test_only_people_who_may_read_the_room_get_rows(alice, bob, carol, hall, ops):
    result = ask(alice, ops, Post(client_id=uuid.uuid4(), body="@bob @carol @alice"))
    assert (rows(ops), result.outside) == ([("bob", NAME)], (carol.pk,))
    result = ask(alice, hall, Post(client_id=uuid.uuid4(), body="@bob @carol"))
    assert (rows(hall), result.outside) == ([("bob", NAME), ("carol", NAME)], ())


def test_banned_and_former_members_and_closed_accounts_get_no_rows(alice, bob, carol, hall, ops):
    sanctions.ban(alice, hall, bob, reason="")
    joining.leave(bob, ops)
    Person.objects.filter(pk=carol.pk).update(is_active=False)
    assert ask(alice, hall, Post(client_id=uuid.uuid4(), body="@bob @carol")).outside == (bob.pk,)
    assert ask(alice, ops, Post(client_id=uuid.uuid4(), body="@bob @carol")).outside == (bob.pk,)
    assert Mention.objects.count() == 0


def test_only_moderators_learn_of_a_ban_by_naming_someone(alice, bob, carol, hall):
    sanctions.ban(alice, hall, carol, reason="")
    told = [ask(person, hall, Post(client_id=uuid.uuid4(), body="@carol")).outside for person in (alice, bob)]
    assert told == [(carol.pk,), ()]


def test_for_every_membership_there_are_rows_if_and_only_if_there_is_access(alice, bob, hall):
    """By name, as a reply, after an edit, and after a restore."""
    say(bob, hall)
    named, plain = say(alice, hall, "@bob"), say(alice, hall)
    for visibility, state in itertools.product(Room.Visibility, STATES):
        Mention.objects.all().delete()
        removal.execute(removal.DELETE, BulkRequest(None), [named.pk])
        is_direct = visibility == Room.Visibility.DIRECT
        Room.objects.filter(pk=hall.pk).update(visibility=visibility, direct_key="1,2" if is_direct else None)
        hall.visibility = visibility
        access = RoomAccess.of(hall, place(bob, hall, state, "member", None))
        results = [ask(alice, hall, Post(client_id=uuid.uuid4(), body="@bob"))]
        reply = ask(alice, hall, Post(client_id=uuid.uuid4(), body="yes", reply_to=1))
        results += [edit(alice, hall, plain.seq, "@bob")]
        removal.execute(removal.RESTORE, BulkRequest(None), [named.pk])
        expected = {results[0].seq: NAME, reply.seq: REPLY, plain.seq: NAME, named.seq: NAME}
        expected = expected if access and not is_direct else {}  # where each message is for everyone
        assert dict(Mention.objects.values_list("seq", "kind")) == expected, (visibility, state)
        assert {result.outside for result in results} == {() if access else (bob.pk,)}, (visibility, state)
        edit(alice, hall, plain.seq, "hello")


def test_a_repeated_post_and_an_edit_say_who_is_outside_again(alice, carol, ops):
    post = Post(client_id=uuid.uuid4(), body="@carol")
    assert ask(alice, ops, post).outside == ask(alice, ops, post).outside == (carol.pk,)
    assert edit(alice, ops, 1, "@carol!").outside == (carol.pk,)
    assert Mention.objects.count() == 0


# ---- Following the text


def test_an_edit_adds_and_removes_rows_and_keeps_the_others(alice, bob, carol, hall):
    say(alice, hall, "@bob")
    before = Mention.objects.get().pk
    edit(alice, hall, 1, "@bob and @carol")
    assert rows(hall) == [("bob", NAME), ("carol", NAME)]
    assert Mention.objects.order_by("pk")[0].pk == before  # the newest first, in the activity, does not change
    edit(alice, hall, 1, "@carol")
    assert rows(hall) == [("carol", NAME)]
    edit(alice, hall, 1, "no one")
    assert rows(hall) == []


def test_deleting_removes_rows_and_restoring_adds_them_again(alice, bob, carol, hall, ops):
    say(bob, hall, "first")
    say(alice, hall, "@room @carol", reply_to=1)
    say(alice, hall, "@bob @carol")
    say(bob, ops, "original")
    say(alice, ops, "an answer", reply_to=1)
    before = rows(hall), rows(ops)
    assert before == ([("carol", NAME), (None, ROOM), ("bob", NAME), ("carol", NAME)], [("bob", REPLY)])
    ask(alice, hall, Delete(seq=3))
    assert rows(hall) == [("carol", NAME), (None, ROOM)]
    messages = [*hall.messages.values_list("pk", flat=True), *ops.messages.values_list("pk", flat=True)]
    removal.execute(removal.DELETE, BulkRequest(None), messages)
    assert rows(hall) == rows(ops) == []
    Person.objects.filter(pk=carol.pk).update(name="Caroline", handle="caroline")  # restored by id, not by name
    removal.execute(removal.RESTORE, BulkRequest(None), messages)
    again = [("Caroline", NAME), (None, ROOM), ("bob", NAME), ("Caroline", NAME)]
    assert (sorted(rows(hall), key=str), rows(ops)) == (sorted(again, key=str), before[1])
    removal.execute(removal.ERASE, BulkRequest(None), messages)
    assert Mention.objects.count() == 0


def test_restoring_adds_no_rows_for_people_who_have_lost_access(alice, bob, hall, ops):
    message = say(alice, ops, "@bob")
    ask(alice, ops, Delete(seq=1))
    joining.leave(bob, ops)
    removal.execute(removal.RESTORE, BulkRequest(None), [message.pk])
    assert rows(ops) == []


def test_rows_of_one_batch_are_those_of_the_commands_one_after_another(alice, bob, carol, hall):
    commands = [
        Post(client_id=uuid.uuid4(), body="@bob"),
        Edit(seq=1, body="@carol"),
        Post(client_id=uuid.uuid4(), body="@bob", reply_to=1),
        Delete(seq=2),
        Post(client_id=uuid.uuid4(), body="@bob"),
        Edit(seq=3, body="@bob @carol"),
    ]
    execute_batch([Request(alice.pk, hall.pk, command) for command in commands])
    assert (rows(hall, 1), rows(hall, 2), rows(hall, 3)) == (
        [("carol", NAME)],
        [],
        [("bob", NAME), ("carol", NAME)],
    )


def test_a_late_edit_adds_rows_and_alerts_no_one(alice, bob, carol, hall):
    one, two = say(alice, hall, "@bob"), say(alice, hall, "hello")
    age(one, minutes=14)
    age(two, minutes=16)

    def changes(seq):
        request = Request(alice.pk, hall.pk, Edit(seq=seq, body=f"@carol {seq}"))
        return saved(request)

    assert changes(one.seq).new == [(carol.pk, hall.pk, one.seq)]
    late = changes(two.seq)
    assert (late.new, late.counted) == ([], {(carol.pk, hall.pk)})
    assert rows(hall) == [("carol", NAME), ("carol", NAME)]


def saved(request):
    """Execute a request and return what it changed of the mentions."""
    found = []
    save = mention_rows.MentionRows.save
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mention_rows.MentionRows, "save", lambda self: found.append(save(self)) or found[-1])
        execute(request)
    return found[0]


# ---- Replies


def test_a_reply_is_for_the_author_of_the_original(alice, bob, carol, hall):
    say(bob, hall)
    say(alice, hall, "yes", reply_to=1)
    say(alice, hall, "@bob yes", reply_to=1)
    say(bob, hall, "to myself", reply_to=1)
    assert (rows(hall, 2), rows(hall, 3), rows(hall, 4)) == ([("bob", REPLY)], [("bob", NAME)], [])
    edit(alice, hall, 3, "yes")
    edit(alice, hall, 2, "@bob @carol")
    assert (rows(hall, 3), rows(hall, 2)) == ([("bob", REPLY)], [("bob", NAME), ("carol", NAME)])


def test_a_reply_is_not_for_someone_who_has_lost_access(alice, bob, ops):
    say(bob, ops)
    joining.leave(bob, ops)
    result = ask(alice, ops, Post(client_id=uuid.uuid4(), body="too late", reply_to=1))
    assert (rows(ops), result.outside) == ([], ())


# ---- @room


def test_room_mention_is_one_row_for_moderators_and_plain_text_for_others(alice, bob, mona, hall):
    assert 'data-mention="room"' in say(mona, hall, "@ROOM: lunch").html
    assert rows(hall) == [(None, ROOM)]
    assert "data-mention" not in say(bob, hall, "@room me too").html
    forget_room_mention(hall)
    Room.objects.filter(pk=hall.pk).update(room_mentions=Room.RoomMentions.EVERYONE)
    assert 'data-mention="room"' in say(bob, hall, "＠room").html
    assert rows(hall) == [(None, ROOM), (None, ROOM)]


def test_members_named_with_the_room_have_no_row_of_their_own(alice, bob, carol, hall):
    say(bob, hall)
    say(alice, hall, "@room @bob @carol", reply_to=1)
    assert rows(hall) == [("carol", NAME), (None, ROOM)]  # carol has not joined, so the room's row is not for her
    edit(alice, hall, 2, "@bob @carol")
    assert rows(hall) == [("carol", NAME), ("bob", NAME)]


def test_here_is_marked_and_writes_no_row(alice, bob, hall):
    assert 'data-mention="here"' in say(alice, hall, "@here look").html
    assert "data-mention" not in say(bob, hall, "@here look").html
    assert rows(hall) == []


def test_room_mention_in_code_quotes_links_and_longer_words_is_plain_text(alice, hall):
    bodies = [
        "`@room`",
        "> @room\n\nno",
        "- > @here @room",
        "[@room](https://a.example)",
        "@roommate @room-mate",
        "a@room",
    ]
    for body in bodies:
        assert "data-mention" not in say(alice, hall, body).html
    assert rows(hall) == []
    assert 'data-mention="room"' in say(alice, hall, "> a\n\n@room, yes").html


def test_a_quote_mentions_the_people_of_the_original(alice, bob, hall):
    say(alice, hall, "> @room @bob")
    assert rows(hall) == [("bob", NAME)]
    assert say(alice, hall, "> @room\n\n@room").html.count("data-mention") == 1


def test_a_room_is_mentioned_once_in_five_minutes(alice, mona, hall, ops):
    say(alice, hall, "@room")
    ask(alice, hall, Delete(seq=1))  # does not help
    say(mona, hall, "hello")
    for command in (Post(client_id=uuid.uuid4(), body="@room again"), Edit(seq=2, body="@room")):
        with pytest.raises(ActionError) as refused:
            execute(Request(mona.pk, hall.pk, command))
        assert refused.value.code is Code.RATE_LIMITED
        assert 299 < (refused.value.retry_after or 0) <= 300
        assert "in 5 minutes" in refused.value.detail
    say(alice, ops, "@room")  # another room
    RoomHead.objects.filter(pk=hall.pk).update(room_mention_at=timezone.now() - timedelta(minutes=5))
    edit(mona, hall, 2, "@room")
    edit(mona, hall, 2, "@room, please")  # no other mention
    assert rows(hall) == [(None, ROOM)]


def test_of_two_room_mentions_in_one_batch_one_is_accepted(alice, mona, hall):
    posts = [Request(it.pk, hall.pk, Post(client_id=uuid.uuid4(), body="@room")) for it in (alice, mona)]
    first, second = execute_batch(posts)
    assert first.created
    assert isinstance(second, ActionError)
    [again] = execute_batch(posts[:1])
    assert again.seq == first.seq  # a repeat is answered, not refused


def test_an_existing_person_keeps_the_name_and_is_mentioned_by_those_who_may_not_write_to_all(alice, bob, hall):
    person = join_as_guest("temporary")
    Person.objects.filter(pk=person.pk).update(name="Room", handle="room", search_name="room")
    say(bob, hall, "@room")
    say(alice, hall, "@room")
    assert rows(hall) == [("Room", NAME), (None, ROOM)]


@pytest.mark.django_db(transaction=True)
def test_events_count_again_whatever_changed(alice, bob, carol, hall, monkeypatch):
    events = []
    monkeypatch.setattr(broadcast, "_send", events.append)
    message = say(alice, hall, "@bob")
    events.clear()
    edit(alice, hall, message.seq, "@carol")
    ask(alice, hall, Delete(seq=message.seq))
    removal.execute(removal.RESTORE, BulkRequest(None), [message.pk])
    removal.execute(removal.ERASE, BulkRequest(None), [message.pk])
    counted = [event["mentioned"] for event in events if "mentioned" in event]
    bob_again, carol_again = [bob.pk, hall.pk, 0], [carol.pk, hall.pk, 0]
    assert counted == [[[carol.pk, hall.pk, message.seq], bob_again], [carol_again], [carol_again], [carol_again]]


# ---- Costs


def statements(requests):
    with CaptureQueriesContext(connection) as queries:
        outcomes = execute_batch(requests)
    assert not any(isinstance(outcome, ActionError) for outcome in outcomes)
    return [query["sql"].split(" ", 1)[0] for query in queries if "SAVEPOINT" not in query["sql"]]


def test_statements_of_a_post_do_not_grow_with_its_mentions_or_with_the_room(alice, bob, hall):
    def cost(body, **fields):
        forget_room_mention(hall)
        return len(statements([Request(alice.pk, hall.pk, Post(client_id=uuid.uuid4(), body=body, **fields))]))

    plain = cost("hello")
    assert cost("yes", reply_to=1) == plain + 1  # the author of the original, who is the author here
    named = cost("@bob")
    assert named == plain + 3  # the names, the blocks, and the row
    people = Person.objects.bulk_create([_member(number) for number in range(10_000)])
    assert cost(" ".join(f"@{person.name}" for person in people)[:7000]) <= named
    assert cost("@bob", reply_to=1) == named + 1
    assert cost("#hall") == plain + 1
    Membership.objects.bulk_create([Membership(person=person, room=hall) for person in people])
    before = Mention.objects.count()
    assert cost("@room") == named - 1  # no blocks
    assert Mention.objects.count() == before + 1
    assert cost("hello") == plain


def _member(number):
    name = f"member {number}"
    return Person(is_guest=True, name=name, handle=name, search_name=name)


def test_ten_thousand_names_are_looked_up_as_far_as_the_limit(alice, bob, hall):
    strangers = " ".join(f"@n{number}" for number in range(10_000))
    say(alice, hall, f"@bob {strangers}"[:7_999])
    assert rows(hall) == [("bob", NAME)]
    say(alice, hall, f"{strangers[:7_900]} @bob")
    assert rows(hall, 2) == []


# ---- Imports and links


def test_imported_messages_mention_only_people_who_may_read_them(alice, bob, carol, ops):
    now = timezone.now()
    entries = [
        Entry(alice, "@bob @carol @room", now),
        Entry(alice, "@bob", now, deleted_at=now),
    ]
    import_history(ops, entries)
    assert rows(ops) == [("bob", NAME)]


def test_only_public_rooms_are_linked(alice, bob, hall, ops):
    html = say(alice, hall, "see #hall, #ops, #nothing, `#hall` and a#hall").html
    assert html.count('<a class="room-link" href="/rooms/hall/"') == 1
    assert "/rooms/ops/" not in html
    assert "/rooms/ops/" not in say(alice, ops, "#ops").html  # the HTML is the same for everyone, for all time
    assert ">#Hall</a>" in say(alice, hall, "#Hall").html


def test_mentions_are_read_from_html():
    html = '<p><span class="mention" data-mention="7" dir="auto">@a</span> &lt;span data-mention="8"&gt; '
    assert Mentioned.in_html(html) == Mentioned(frozenset({7}))
    assert Mentioned.in_html('<span class="mention" data-mention="room">') == Mentioned(room=True)
    assert Mentioned.in_html('<span class="mention" data-mention="here">') == Mentioned()


def test_upgrade_deletes_mentions_of_deleted_messages_and_of_people_without_access(alice, bob, carol, hall, ops):
    kept, gone = say(alice, hall, "@room @carol"), say(alice, hall, "@bob")
    gone.deleted_at = timezone.now()  # as an earlier release deletes it
    gone.save(update_fields=["deleted_at"])
    say(alice, ops, "@bob")
    Mention.objects.create(person=carol, room=ops, seq=1)
    sanctions.ban(alice, hall, bob, reason="")
    migration = importlib.import_module("chat.migrations.0017_mentions")
    migration.remove_stale_mentions(apps, None)
    assert (rows(hall), rows(ops)) == ([("carol", NAME), (None, ROOM)], [("bob", NAME)])
    assert {it.seq for it in Mention.objects.filter(room=hall)} == {kept.seq}
