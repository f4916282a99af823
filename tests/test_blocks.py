"""Blocks: no one writes to the other in a conversation of two, and a blocked person notifies no one."""

import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import broadcast, history
from chat.actions import blocks, removal
from chat.actions.batch import Request
from chat.actions.messages import execute, execute_batch
from chat.actions.removal import BulkRequest
from chat.auth.authentication import Credential
from chat.delivery.admission import access
from chat.delivery.segment import LogSegment
from chat.errors import ActionError
from chat.models import Block, Membership, Mention, Message, Person, Room, Worker
from chat.protocol import Code, Delete, Edit, Post, React
from tests.cases import each
from tests.cast import PASSWORD, ask, say
from tests.test_alerts import alerts_for
from tests.test_direct import open_with, refusal

pytestmark = pytest.mark.django_db
OWN_BLOCK = "You blocked bob. Unblock them to write here."


@pytest.fixture
def talk(alice, bob):
    """The conversation of alice and bob, in which bob has written."""
    room = open_with(alice, bob)
    say(bob, room)
    return room


def refused(act, *arguments):
    """Return the code and the sentence of a refusal."""
    with pytest.raises(ActionError) as error:
        act(*arguments)
    return error.value.code, error.value.detail


def test_a_person_blocks_and_unblocks(program, signed_in, alice, bob, hall):
    client = program(alice)

    def listed():
        return [it["name"] for it in client.get("/api/blocks/").json()["people"]]

    for _ in range(2):
        assert client.put(f"/api/blocks/{bob.pk}/").status_code == 204
        assert listed() == ["bob"]
    assert signed_in(alice).get("/rooms/hall/").context["page_data"]["blocked"] == [bob.pk]
    assert signed_in(bob).get("/rooms/hall/").context["page_data"]["blocked"] == []
    assert program(bob).get("/api/blocks/").json() == {"people": []}
    for _ in range(2):
        assert client.delete(f"/api/blocks/{bob.pk}/").status_code == 204
    assert listed() == []


def test_blocks_that_are_refused(alice, bob, gil, carol, hall, monkeypatch):
    assert refused(blocks.block, alice, alice.pk)[0] == Code.CONFLICT
    assert refused(blocks.block, alice, 10**9)[0] == Code.NOT_FOUND
    gil.memberships.all().delete()
    assert refused(blocks.block, gil, bob.pk)[0] == Code.NOT_FOUND
    monkeypatch.setattr(blocks, "MAX_BLOCKS", 1)
    blocks.block(alice, bob.pk)
    assert refused(blocks.block, alice, carol.pk)[0] == Code.CONFLICT
    Worker.objects.create(code=1)
    assert refused(blocks.block, bob, alice.pk)[0] == Code.UNAVAILABLE


# ---- Direct conversations


def test_neither_side_opens_or_writes_and_the_sentence_does_not_say_who_blocked(alice, bob, talk):
    own = {bob: Message.objects.get(room=talk).seq, alice: say(alice, talk).seq}
    blocks.block(alice, bob.pk)
    found = set()
    for person, seq in own.items():
        found.add(refused(open_with, person, alice if person == bob else bob))
        for command in (
            Post(client_id=uuid.uuid4(), body="hi"),
            Edit(seq=seq, body="changed"),
            React(seq=seq, emoji="👍", on=True),
        ):
            found.add(refused(ask, person, talk, command))
    assert {code for code, _ in found} == {Code.FORBIDDEN}
    assert len(found) == 2  # one sentence to open, one to write
    ask(bob, talk, Delete(seq=own[bob]))
    blocks.unblock(alice, bob.pk)
    assert say(bob, talk)


def test_a_block_by_someone_whom_a_guest_cannot_find_is_not_told(alice, bob, gil, settings):
    Block.objects.bulk_create([Block(person=alice, blocked=gil), Block(person=alice, blocked=bob)])
    Membership.objects.filter(person=gil).delete()
    for other in (alice, Person(pk=10**6)):
        assert refused(open_with, gil, other)[0] is Code.NOT_FOUND
    settings.CHAT_DIRECT = "off"
    assert refused(open_with, bob, alice)[1] == "You can’t start direct conversations on this site."


def test_a_thousand_attempts_leave_no_row_and_no_frame(alice, bob, talk, hall, monkeypatch):
    events = []
    blocks.block(alice, bob.pk)
    monkeypatch.setattr(broadcast, "publish", events.append)
    before = Message.objects.count()
    posts = [Request(bob.pk, talk.pk, Post(client_id=uuid.uuid4(), body=f"@alice {n}")) for n in range(1000)]
    assert {it.code for it in execute_batch(posts)} == {Code.FORBIDDEN}
    assert (Message.objects.count(), Mention.objects.count(), events) == (before, 0, [])


def test_a_group_goes_on_and_a_new_one_is_refused(alice, bob, carol):
    group = open_with(alice, bob, carol)
    blocks.block(alice, bob.pk)
    assert say(bob, group)
    dora = Person.objects.create_user("dora", PASSWORD)
    assert refusal(bob, alice, dora) == refusal(alice, bob, dora) == Code.FORBIDDEN
    assert refusal(carol, alice, bob, dora) is None
    assert open_with(bob, alice, carol) == group


# ---- Rooms


def test_a_blocked_person_notifies_no_one_but_the_room(alice, bob, carol, hall):
    message = say(alice, hall)
    blocks.block(alice, bob.pk)
    rows = Mention.objects.filter(person=alice)
    posted = [say(bob, hall, "@alice"), say(bob, hall, "hi", reply_to=message.seq), say(bob, hall, "hello")]
    ask(bob, hall, Edit(seq=posted[-1].seq, body="hello @alice"))
    assert not rows.exists()
    assert [people for _, people in alerts_for(posted[0], alice, carol)] == [[carol.pk]]
    removal.execute(removal.DELETE, BulkRequest(None), [posted[0].pk])
    removal.execute(removal.RESTORE, BulkRequest(None), [posted[0].pk])
    assert not rows.exists()
    say(carol, hall, "@alice")
    say(alice, hall, "@bob")  # who has not blocked her
    assert (rows.count(), Mention.objects.filter(person=bob).count()) == (1, 1)
    Room.objects.filter(pk=hall.pk).update(room_mentions="everyone")
    say(bob, hall, "@room")
    assert Mention.objects.filter(person=None).count() == 1


def test_alerts_of_messages_in_memory_follow_blocks_too(alice, bob, carol, hall):
    message = say(bob, hall)
    blocks.block(alice, bob.pk)
    feeds = {hall.pk: SimpleNamespace(ring=LogSegment.of(history.changes_after(hall.pk, 0, 10)))}
    assert [people for _, people in alerts_for(message, alice, carol, feeds=feeds)] == [[carol.pk]]


@each("body, more", [("hello", 0), ("@carol hello", 1)])
def test_only_a_message_that_concerns_someone_reads_blocks(alice, carol, hall, body, more):
    say(alice, hall, body)
    with CaptureQueriesContext(connection) as queries:
        execute(Request(alice.pk, hall.pk, Post(client_id=uuid.uuid4(), body=body)))
    assert len([it for it in queries if Block._meta.db_table in it["sql"]]) == more


def test_the_page_and_open_sockets_of_both_say_that_no_one_can_post(signed_in, alice, bob, talk):
    pairs, people = {(talk.pk, alice.pk), (talk.pk, bob.pk)}, {alice.pk: alice, bob.pk: bob}
    for is_blocked in (True, False):
        (blocks.block if is_blocked else blocks.unblock)(alice, bob.pk)
        _, statuses = access.room_statuses(pairs, people)
        admissions = access.authorize([(person, Credential(person.pk, ""), talk.slug) for person in people.values()])
        assert {it.posting for it in (*statuses.values(), *(it.standing for it in admissions))} == {not is_blocked}
        for person in people.values():
            page = signed_in(person).get(f"/rooms/{talk.slug}/")
            # Only the one who blocked is told why.
            reason = page.context["closed"].replace(OWN_BLOCK, blocks.BLOCKED if person == alice else "wrong")
            assert reason == (blocks.BLOCKED if is_blocked else "")
