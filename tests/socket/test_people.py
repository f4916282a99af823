"""People online, typing, and unread counts of other rooms."""

import asyncio
import uuid

import msgspec
import pytest
from asgiref.sync import sync_to_async

from chat import protocol, serializers
from chat.actions import blocks
from chat.actions import presence as actions
from chat.actions.direct import open_conversation
from chat.delivery.presence import exchange, roster
from chat.delivery.presence.roster import Claims, Roster
from chat.models import Presence, Worker
from chat.protocol import PersonData
from tests.cast import say

PATIENCE_SECONDS = 20

pytestmark = pytest.mark.django_db(transaction=True)


def names(people):
    return {person["name"] for person in people}


async def test_hello_lists_the_people_online_and_people_frames_list_arrivals_and_departures(
    connect, alice, bob, hall, monkeypatch
):
    monkeypatch.setattr(roster, "LINGER_SECONDS", 0)
    one = await connect(alice, hall)
    assert (names(one.hello["people"]), one.hello["count"]) == ({"alice"}, 1)
    other = await connect(bob, hall)
    assert (names(other.hello["people"]), other.hello["count"]) == ({"alice", "bob"}, 2)
    came = await one.until(lambda frame: frame["type"] == "people" and "bob" in names(frame["joined"]))
    assert came["count"] == 2
    await other.leave()
    went = await one.until(lambda frame: frame["type"] == "people" and frame["left"])
    assert (went["left"], went["count"]) == ([bob.pk], 1)


async def test_after_a_block_neither_of_two_sees_that_the_other_is_there(delivery, connect, alice, bob):
    talk, _ = await sync_to_async(open_conversation)(alice, [bob.pk], "")
    one, other = await connect(alice, talk), await connect(bob, talk)
    await one.until(lambda frame: frame["type"] == "people" and "bob" in names(frame["joined"]))
    await sync_to_async(blocks.block)(alice, bob.pk)
    for socket, person in ((one, bob), (other, alice)):
        gone = await socket.until(lambda frame: frame["type"] == "people" and frame["left"])
        assert (gone["left"], gone["count"]) == ([person.pk], 1)
    before = len(one.frames)
    delivery._send_people(talk.pk, [serializers.person(bob)], [], 2)
    await one.ask("ping")
    assert "people" not in {frame["type"] for frame in one.frames[before:]}
    again = await connect(bob, talk)
    assert (names(again.hello["people"]), again.hello["count"]) == ({"bob"}, 1)
    await sync_to_async(blocks.unblock)(alice, bob.pk)
    back = await again.until(lambda frame: frame["type"] == "people" and frame["joined"])
    assert (names(back["joined"]), back["count"]) == ({"alice"}, 2)


async def test_a_second_connection_of_a_person_announces_no_arrival_and_no_departure(
    connect, alice, bob, hall, monkeypatch
):
    monkeypatch.setattr(roster, "LINGER_SECONDS", 0)
    watcher, one, two = await connect(alice, hall), await connect(bob, hall), await connect(bob, hall)
    assert two.hello["count"] == 2
    await two.leave()
    await one.post("still here")
    await watcher.holds(1)
    assert not any(frame["left"] for frame in watcher.frames if frame["type"] == "people")


async def test_a_page_that_reloads_was_never_away(connect, delivery, alice, bob, hall, monkeypatch):
    monkeypatch.setattr(roster, "GATHER_SECONDS", 0)
    watcher = await connect(alice, hall)
    await (await connect(bob, hall)).leave()
    await connect(bob, hall)
    assert len(delivery.roster._lingering) == 0
    await watcher.post("look")
    await watcher.holds(1)
    assert not any(frame["left"] for frame in watcher.frames if frame["type"] == "people")


async def test_joins_of_many_people_are_announced_at_a_limited_rate(monkeypatch):
    monkeypatch.setattr(roster, "GATHER_SECONDS", 0)
    monkeypatch.setattr(roster, "FRAMES_PER_SECOND", 10)
    monkeypatch.setattr(roster, "FRAMES_AT_ONCE", 50)
    sent, now = [], [0.0]
    people = Roster(lambda room_id, joined, left, count: sent.append((room_id, count)), clock=lambda: now[0])
    for room_id in (1, 2, 3, 4):
        for person_id in range(40):
            people.enter(room_id, PersonData(person_id, "somebody", False))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while people._waiting is None:
            await asyncio.sleep(0)
    assert sent == [(1, 40), (2, 40)]
    now[0] += 4
    people._announce_due()
    assert sent == [(1, 40), (2, 40), (3, 40)]
    people.stop()


async def test_the_people_in_the_hello_of_a_large_room_are_encoded_once_until_they_change(monkeypatch):
    monkeypatch.setattr(protocol, "MAX_PEOPLE_LISTED", 3)
    monkeypatch.setattr(roster, "LINGER_SECONDS", 0)
    people = Roster(lambda *_: None)

    def listed():
        first, count = people.listed(1)
        return [it["name"] for it in msgspec.json.decode(first)], count

    for person_id in range(5):
        people.enter(1, PersonData(person_id, f"p{person_id}", False))
        assert listed() == (["p0", "p1", "p2"][: person_id + 1], person_id + 1)
    assert people.listed(1)[0] is people.listed(1)[0]
    people.change(PersonData(1, "renamed", False))
    assert listed() == (["p0", "renamed", "p2"], 5)
    people.leave(1, 0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while listed()[1] == 5:
            await asyncio.sleep(0)
    assert listed() == (["renamed", "p2", "p3"], 4)
    people.stop()


async def test_partners_hear_who_comes_and_goes_but_not_where_and_a_block_hides_both(
    connect, alice, bob, carol, hall, ops, monkeypatch
):
    monkeypatch.setattr(roster, "LINGER_SECONDS", 0)
    room, _ = await sync_to_async(open_conversation)(alice, [bob.pk], "192.0.2.1")
    await sync_to_async(say)(bob, room)
    hers, stranger = await connect(alice, hall), await connect(carol, hall)
    assert await hers.next("online") == {"type": "online", "on": [], "off": []}
    his = await connect(bob, ops)
    assert await hers.next("online") == {"type": "online", "on": [bob.pk], "off": []}
    assert await his.next("online") == {"type": "online", "on": [alice.pk], "off": []}
    await sync_to_async(blocks.block)(bob, alice.pk)
    assert await hers.next("online") == {"type": "online", "on": [], "off": [bob.pk]}
    assert await his.next("online") == {"type": "online", "on": [], "off": [alice.pk]}
    await sync_to_async(blocks.unblock)(bob, alice.pk)
    assert (await hers.next("online"))["on"] == [bob.pk]
    await his.leave()
    assert (await hers.next("online"))["off"] == [bob.pk]
    await stranger.post("hello")
    assert not any(frame["type"] == "online" for frame in stranger.frames)


async def test_people_of_another_worker_are_here_until_its_lease_runs_out(connect, delivery, alice, bob, hall):
    socket = await connect(alice, hall)
    worker = roster.uuid.uuid4()
    place = {(hall.pk, bob.pk)}
    await sync_to_async(exchange.store_claims)(worker, place, place, set())
    came = await socket.until(lambda frame: frame["type"] == "people" and "bob" in names(frame["joined"]))
    assert came["count"] == 2
    assert delivery.roster.online() == {alice.pk, bob.pk}
    delivery.roster._others[worker].seen_at = float("-inf")
    went = await socket.until(lambda frame: frame["type"] == "people" and frame["left"])
    assert went["left"] == [bob.pk]
    await delivery.database.write(int)  # after everything that was asked for before
    assert not await Worker.objects.filter(pk=worker).aexists()


async def test_this_workers_claims_are_in_the_database_and_leave_with_it(connect, delivery, alice, hall):
    await connect(alice, hall)
    await delivery.presence.report()
    mine = Presence.objects.filter(worker=delivery.roster.worker_id, room=hall, person=alice)
    assert await mine.aexists()
    await sync_to_async(actions.remove_workers)([delivery.roster.worker_id])
    delivery.presence._reported_at = float("-inf")
    await delivery.presence.report()
    assert await mine.aexists(), "who was taken for dead by mistake claims everything anew"


async def test_processes_without_a_common_layer_are_logged_once(delivery, caplog):
    worker = roster.uuid.uuid4()

    async def beats():
        await sync_to_async(exchange.store_claims)(worker, set(), set(), set())
        await delivery.presence.merge()
        return [record.message for record in caplog.records if "REDIS_URL" in record.message]

    assert await beats() == [], "it may be what a killed one left behind"
    assert len(await beats()) == 1
    assert len(await beats()) == 1


def test_worker_expires_by_the_clock_of_the_observer(db):
    now = [0.0]
    people = Roster(lambda *_: None, clock=lambda: now[0])
    worker = roster.uuid.uuid4()
    assert people.merge({worker: Claims(beat=1, version=1, rooms=None)}) == []
    for beat in (2, 3):
        now[0] += roster.LEASE_SECONDS
        assert people.merge({worker: Claims(beat=beat, version=1, rooms=None)}) == []
    now[0] += roster.LEASE_SECONDS + 1
    assert people.merge({worker: Claims(beat=3, version=1, rooms=None)}) == [worker]


async def test_typing_is_sent_once_to_the_others_and_ends(connect, delivery, alice, bob, hall):
    one, other = await connect(alice, hall), await connect(bob, hall)
    for on in (True, True, False):
        assert (await one.ask("typing", on=on))["type"] == "ok"
    assert (await other.next("typing")) == {"type": "typing", "person": one.hello["you"], "on": True}
    assert (await other.next("typing"))["on"] is False
    assert not any(frame["type"] == "typing" for frame in one.frames)


async def test_typing_after_a_message_is_announced_again_at_once(connect, delivery, alice, bob, hall):
    one, other = await connect(alice, hall), await connect(bob, hall)
    await one.ask("typing", on=True)
    assert (await one.ask("post", client_id=str(uuid.uuid4()), body="done"))["type"] == "ok"
    await one.ask("typing", on=True)
    assert [(await other.next("typing"))["on"] for _ in range(3)] == [True, False, True]


async def test_typing_passes_by_itself(connect, alice, bob, hall, monkeypatch):
    from chat.delivery.presence import typing_people

    monkeypatch.setattr(typing_people, "TYPING_TTL_SECONDS", 0)
    one, other = await connect(alice, hall), await connect(bob, hall)
    await one.send({"type": "typing", "on": True})
    assert (await other.next("typing"))["on"] is True
    assert (await other.next("typing"))["on"] is False


async def test_unread_counts_of_other_rooms_are_sent_and_cleared(connect, alice, bob, hall, ops):
    socket = await connect(bob, hall)
    await sync_to_async(say)(alice, ops, "one")
    await sync_to_async(say)(alice, ops, "two, @bob")
    frame = await socket.until(
        lambda frame: frame["type"] == "rooms" and frame["unread"].get("ops", {}).get("unread") == 2
    )
    assert frame["unread"] == {"ops": {"unread": 2, "mentions": 1}}
    elsewhere = await connect(bob, ops)
    await elsewhere.ask("read", seq=2)
    frame = await socket.next("rooms")
    assert frame["unread"] == {"ops": {"unread": 0, "mentions": 0}}


async def test_new_connection_gets_unread_counts_even_if_empty(connect, bob, hall):
    """The page it belongs to may be older than what the person has read since."""
    socket = await connect(bob, hall)
    assert (await socket.next("rooms"))["unread"] == {}


async def test_current_room_is_not_sent_as_unread(connect, delivery, alice, bob, hall):
    socket = await connect(bob, hall)
    await socket.next("rooms")
    await sync_to_async(say)(alice, hall)
    await socket.holds(1)
    await delivery.head_check.check()
    await delivery.unread.refresh()
    await socket.ask("ping")
    assert len([frame for frame in socket.frames if frame["type"] == "rooms"]) == 1
