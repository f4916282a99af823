"""Saving messages over the socket."""

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from tests.cast import say

pytestmark = pytest.mark.django_db(transaction=True)


async def test_only_the_connections_of_the_person_learn_what_they_save(connect, alice, bob, hall):
    seq = (await sync_to_async(say)(alice, hall)).seq
    here, elsewhere, other = await connect(bob, hall), await connect(bob, hall), await connect(alice, hall)
    assert (await here.ask("bookmark", seq=seq, on=True))["seq"] == seq
    saved = {"type": "saved", "room": "hall", "seq": seq, "on": True}
    assert [await it.next("saved") for it in (here, elsewhere)] == [saved, saved]
    await sync_to_async(execute)(Request(bob.pk, hall.pk, protocol.SetBookmark(seq=seq, on=False)))
    assert (await elsewhere.next("saved"))["on"] is False
    await other.send({"type": "ping"})
    await other.next("pong")
    assert "saved" not in [frame["type"] for frame in other.frames]
