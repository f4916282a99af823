"""Marking a message, and all after it, as unread."""

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.actions import joining, sanctions
from chat.actions.batch import Request
from chat.actions.messages import execute, execute_batch
from chat.actions.room_settings import change_room
from chat.actions.rooms import create_room
from chat.models import Membership
from tests.cast import say

pytestmark = pytest.mark.django_db(transaction=True)


def position(person, room):
    return Membership.objects.get(person=person, room=room).read_seq


async def test_mark_unread_moves_the_read_position_back_and_updates_other_sockets(connect, alice, bob, hall, ops):
    for _ in range(4):
        await sync_to_async(say)(bob, ops)
    here, elsewhere = await connect(bob, ops), await connect(bob, hall)
    assert (await here.ask("unread", seq=3))["seq"] == 2
    counts: dict[str, object] = {}
    while not counts:  # the first frame may say that nothing is unread
        counts = (await elsewhere.next("rooms"))["unread"]
    assert counts == {"ops": {"unread": 2, "mentions": 0}}
    assert (await connect(bob, ops)).hello  # after a reconnect as well
    assert await sync_to_async(position)(bob, ops) == 2


async def test_mark_unread_never_moves_the_read_position_forward(connect, alice, bob, hall):
    for _ in range(4):
        await sync_to_async(say)(alice, hall)
    socket = await connect(bob, hall)
    await socket.ask("read", seq=1)
    assert (await socket.ask("unread", seq=4))["seq"] == 1
    assert (await socket.ask("unread", seq=2**53))["seq"] == 1


async def test_mark_unread_without_a_membership_gives_position_zero(connect, alice, carol, hall):
    await sync_to_async(say)(alice, hall)
    socket = await connect(carol, hall)
    assert (await socket.ask("unread", seq=1))["seq"] == 0


async def test_outsider_cannot_ask(alice, carol, ops):
    [refusal] = await sync_to_async(execute_batch)([Request(carol.pk, ops.pk, protocol.MarkUnread(seq=1))])
    assert refusal.code == "not_found"


@pytest.mark.parametrize(
    ("commands", "end"),
    [
        ([protocol.Read(seq=8), protocol.MarkUnread(seq=5)], 4),
        ([protocol.MarkUnread(seq=3), protocol.Read(seq=8)], 8),
        ([protocol.MarkUnread(seq=3), protocol.Read(seq=5)], 5),
        ([protocol.MarkUnread(seq=3), protocol.MarkUnread(seq=5)], 2),
    ],
    ids=str,
)
def test_last_of_several_read_commands_in_a_batch_wins(alice, bob, hall, commands, end):
    for _ in range(9):
        say(alice, hall)
    execute(Request(bob.pk, hall.pk, protocol.Read(seq=6)))
    outcomes = execute_batch([Request(bob.pk, hall.pk, command) for command in commands])
    assert outcomes[-1].seq == end
    assert position(bob, hall) == end


# ---- Several connections of a person to one room


def is_position(frame):
    return frame["type"] == "rooms" and not frame.keys().isdisjoint({"read", "unread_from"})


async def test_read_position_reaches_the_other_connections_to_the_room_once(connect, alice, bob, hall, ops):
    for _ in range(3):
        await sync_to_async(say)(alice, hall)
    here, there, elsewhere = [await connect(bob, room) for room in (hall, hall, ops)]
    others = await connect(alice, hall)
    await here.ask("read", seq=3)
    assert await there.until(is_position) == {"type": "rooms", "unread": {}, "read": 3}
    for socket in (here, there, elsewhere, others):
        await socket.ask("read", seq=0)  # the position of none moves
    assert [len(list(filter(is_position, it.frames))) for it in (here, there, elsewhere, others)] == [0, 1, 0, 0]


async def test_read_position_that_another_process_moves_arrives_forward_and_back(connect, alice, bob, hall):
    for _ in range(5):
        await sync_to_async(say)(alice, hall)
    socket = await connect(bob, hall)
    for command, news in [
        (protocol.Read(seq=4), {"read": 4}),
        (protocol.MarkUnread(seq=2), {"unread_from": 2}),
        (protocol.Read(seq=3), {"read": 3}),
    ]:
        await sync_to_async(execute)(Request(bob.pk, hall.pk, command))
        assert await socket.until(is_position) == {"type": "rooms", "unread": {}, **news}


async def test_posting_elsewhere_moves_the_read_position_too(connect, alice, bob, hall):
    await sync_to_async(say)(alice, hall)
    socket = await connect(bob, hall)
    await sync_to_async(say)(bob, hall)
    assert (await socket.until(is_position))["read"] == 2


async def test_a_new_connection_gets_its_counts_before_a_position(connect, alice, bob, hall, ops):
    for room in (hall, ops):
        await sync_to_async(say)(alice, room)
    socket = await connect(bob, hall)
    await sync_to_async(execute)(Request(bob.pk, hall.pk, protocol.Read(seq=1)))
    await socket.until(is_position)
    first, *_ = [frame for frame in socket.frames if frame["type"] == "rooms"]
    assert first["unread"].keys() == {"ops"}


async def test_a_message_elsewhere_alerts_the_pages_of_other_rooms_only(connect, alice, bob, hall, ops):
    elsewhere, there, other = await connect(bob, hall), await connect(bob, ops), await connect(alice, hall)
    await elsewhere.next("rooms")
    message = await sync_to_async(say)(alice, ops, "look")
    alert = await elsewhere.next("alert")
    assert (alert["room"], alert["message"]["seq"], alert["message"]["body"]) == ("ops", message.seq, "look")
    for socket in (there, other):
        await socket.ask("ping")
        assert not [frame for frame in socket.frames if frame["type"] == "alert"]


async def test_joined_renamed_and_lost_rooms_appear_in_open_pages(connect, alice, bob, carol, hall):
    socket = await connect(carol, hall)

    async def news(kind):
        frame = await socket.until(lambda frame: frame["type"] == "rooms" and kind in frame)
        return frame[kind]

    room = await sync_to_async(create_room)(alice, "Garden")
    await sync_to_async(joining.join)(carol, room)
    [joined] = await news("joined")
    assert (joined["slug"], joined["name"], joined["unread"]) == ("garden", "Garden", 0)
    await sync_to_async(change_room)(room, {"name": "Park"}, by=alice)
    [changed] = await news("changed")
    assert (changed["slug"], changed["name"]) == ("garden", "Park")
    await sync_to_async(sanctions.ban)(alice, room, carol, reason="")
    assert await news("left") == ["garden"]
