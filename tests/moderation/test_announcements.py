"""Rooms in which only owners and moderators post. Everyone else reads and reacts."""

import uuid

import pytest

from chat import protocol
from chat.actions.room_settings import change_room
from chat.errors import ActionError
from chat.models import Message, Room, Worker
from chat.protocol import Code
from tests.cases import each
from tests.cast import ask, say


@pytest.fixture
def news(alice, bob, hall):
    """The public hall as such a room, in which bob wrote before."""
    say(bob, hall)
    Room.objects.filter(pk=hall.pk).update(posting="moderators")
    return hall


def refusal_of(person, room, command):
    with pytest.raises(ActionError) as refusal:
        ask(person, room, command)
    return refusal.value.code


def test_members_neither_post_nor_edit(bob, carol, news):
    for person in (bob, carol):
        assert refusal_of(person, news, protocol.Post(client_id=uuid.uuid4(), body="hello")) is Code.FORBIDDEN
    assert refusal_of(bob, news, protocol.Edit(seq=1, body="an advertisement")) is Code.FORBIDDEN
    assert Message.objects.get(room=news).body == "hello"


def test_members_react_read_and_delete_their_own(bob, news):
    for command in (
        protocol.React(seq=1, emoji="👍", on=True),
        protocol.Read(seq=1),
        protocol.SetBookmark(seq=1, on=True),
        protocol.Delete(seq=1),
    ):
        ask(bob, news, command)
    assert Message.objects.get(room=news).is_deleted


def test_moderators_owners_and_staff_post(mona, alice, chief, news):
    for person in (mona, alice, chief):
        message = say(person, news)
        ask(person, news, protocol.Edit(seq=message.seq, body="changed"))


def test_a_post_that_was_stored_before_is_answered_again(bob, hall):
    command = protocol.Post(client_id=uuid.uuid4(), body="hello")
    first = ask(bob, hall, command)
    Room.objects.filter(pk=hall.pk).update(posting="moderators")
    assert ask(bob, hall, command).seq == first.seq


def test_clients_and_the_page_say_who_may_post(signed_in, program, alice, bob, carol, news):
    answer = program(bob).post(
        "/api/rooms/hall/messages/", {"client_id": str(uuid.uuid4()), "body": "x"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    pages = {person.name: signed_in(person).get("/rooms/hall/") for person in (alice, bob, carol)}
    found = {name: page.context["page_data"]["standing"]["posting"] for name, page in pages.items()}
    assert found == {"alice": True, "bob": False, "carol": False}
    closed = {name: bool(page.context["closed"]) for name, page in pages.items()}
    assert closed == {"alice": False, "bob": True, "carol": False}
    assert "<span data-join-writes hidden> to write</span>" in pages["carol"].text


@each(("changes", "generation"), [({"posting": "moderators"}, 2), ({"history": "joined"}, 1)])
def test_what_earlier_workers_do_not_know_waits_until_they_are_gone(alice, ops, changes, generation):
    worker = Worker.objects.create(version=1, code=generation - 1)
    with pytest.raises(ActionError) as refusal:
        change_room(ops, changes, by=alice)
    assert refusal.value.code is Code.UNAVAILABLE
    Worker.objects.filter(pk=worker.pk).update(code=generation)
    change_room(ops, changes, by=alice)
    change_room(ops, {"topic": "New"}, by=alice)
