"""A room that is deleted while people are connected to it."""

import pytest
from asgiref.sync import sync_to_async

from chat.actions.room_deletion import delete_room
from chat.delivery import head_check

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def rare_head_checks(monkeypatch):
    """Make the head check rare, so that no test depends on it."""
    monkeypatch.setattr(head_check, "HEAD_CHECK_SECONDS", 3600)


@pytest.mark.parametrize("room", ["hall", "ops"])
async def test_deleting_a_room_disconnects_everyone_at_once(connect, alice, bob, hall, ops, room):
    place = {"hall": hall, "ops": ops}[room]
    sockets = [await connect(person, place) for person in (alice, bob)]
    await sync_to_async(delete_room)(alice, place)
    for socket in sockets:
        assert await socket.close_code() == 4404
        assert socket.frames[-1]["reason"] == "room_gone"


async def test_message_to_a_deleted_room_is_refused(connect, alice, bob, hall, monkeypatch):
    socket = await connect(bob, hall)
    monkeypatch.setattr("chat.broadcast._send", lambda event: None)
    await sync_to_async(delete_room)(alice, hall)
    assert (await socket.post("hello"))["code"] == "not_found"
