"""Delivery: everyone ends with the room's log on a good, a bad and a dead layer, and after a reconnect."""

import asyncio
import threading
import time
import uuid
from io import StringIO

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import InterfaceError, OperationalError

from chat import broadcast, history
from chat.actions import messages
from chat.delivery import head_check
from chat.delivery.process import drain
from chat.models import Epoch, Message, RoomHead, Worker
from tests.cast import say
from tests.socket.layers import Broken, Deaf, Hanging, Unreliable, in_use

pytestmark = pytest.mark.django_db(transaction=True)

HEAL_SECONDS = 3


@pytest.fixture
def layer(request):
    """The channel layer of this test instead of the site's."""
    with in_use(request.param()) as layer:
        yield layer


@sync_to_async
def stored(room):
    return {seq: (rev, body) for seq, rev, body in Message.objects.filter(room=room).values_list("seq", "rev", "body")}


def held(socket):
    return {seq: (message["rev"], message["body"]) for seq, message in socket.rows.items()}


@pytest.mark.parametrize("layer", [Deaf, Unreliable, Broken, Hanging], indirect=True)
async def test_everyone_holds_the_rooms_log_on_a_layer_that_loses_messages(layer, connect, alice, bob, hall, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    sockets = [await connect(person, hall) for person in (alice, bob) for _ in range(5)]
    posters = [socket.post(f"from {index}-{n}") for n in range(10) for index, socket in enumerate(sockets[:1])]
    for posting in posters:
        assert (await posting)["type"] == "ok"
    await sockets[0].ask("edit", seq=3, body="edited")
    expected = await stored(hall)
    answered = time.monotonic()
    await asyncio.gather(*(socket.until(lambda _, it=socket: held(it) == expected) for socket in sockets[1:]))
    print(
        f"{type(layer).__name__}: all {len(sockets)} clients whole {time.monotonic() - answered:.2f} s after the post"
    )
    # The promise is kept by construction; a clock would measure the machine.
    assert head_check.HEAD_CHECK_SECONDS * 1.2 < HEAL_SECONDS


@pytest.mark.parametrize("layer", [Broken], indirect=True)
async def test_recovered_layer_delivers_broadcasts_again(layer, connect, delivery, alice, hall):
    socket = await connect(alice, hall)
    layer.is_down = False
    delivery.head_check.trigger()
    await socket.post("one")
    await socket.holds(1)
    gaps_filled = delivery.rooms.feeds[hall.pk].gaps_filled
    group = f"room.{hall.pk}"
    async with asyncio.timeout(10):
        while group not in layer.groups:
            await asyncio.sleep(0.01)
    await socket.post("two")
    await socket.holds(2)
    assert delivery.rooms.feeds[hall.pk].gaps_filled == gaps_filled


async def test_a_feed_about_to_close_stays_open_for_a_connecting_client(connect, delivery, alice, bob, hall):
    await (await connect(alice, hall)).leave()
    async with delivery.rooms.entering(hall.pk) as feed:
        delivery.rooms._close_if_empty(hall.pk)
        assert delivery.rooms.feeds[hall.pk] is feed
    delivery.rooms._close_if_empty(hall.pk)
    assert hall.pk not in delivery.rooms.feeds
    socket = await connect(bob, hall)
    await socket.post()
    await socket.holds(1)


async def test_a_client_that_gives_up_while_a_room_opens_leaves_nothing_behind(delivery, hall):
    async def enter_room():
        async with delivery.rooms.entering(hall.pk):
            pass

    coming = asyncio.create_task(enter_room())
    await asyncio.sleep(0)
    opening = delivery.rooms._opening[hall.pk]
    coming.cancel()
    await asyncio.gather(coming, opening, return_exceptions=True)
    await asyncio.sleep(0)
    assert not delivery.rooms._opening
    delivery.rooms._close_if_empty(hall.pk)
    assert not delivery.rooms.feeds


async def test_messages_of_another_process_appear_without_a_layer(connect, delivery, alice, bob, hall):
    socket = await connect(bob, hall)
    detached = broadcast.hubs.copy()
    broadcast.hubs.clear()
    with in_use(Deaf()):
        await sync_to_async(say)(alice, hall, "from elsewhere")
    broadcast.hubs.update(detached)
    await socket.holds(1)
    assert socket.rows[1]["body"] == "from elsewhere"


async def test_changes_too_large_to_broadcast_are_read_from_the_database(connect, alice, bob, hall, monkeypatch):
    monkeypatch.setattr(broadcast, "MAX_BROADCAST_BYTES", 10)
    sockets = [await connect(alice, hall), await connect(bob, hall)]
    await sockets[0].post("one")
    await sockets[0].post("two")
    for socket in sockets:
        await socket.holds(1, 2)


async def test_a_client_that_resumes_at_a_cursor_gets_what_it_missed_once(connect, alice, bob, hall):
    for number in range(5):
        await sync_to_async(say)(alice, hall, f"message {number}")
    socket = await connect(bob, hall, history=5)
    await socket.holds(5)
    cursor, rows = socket.cursor, dict(socket.rows)
    await socket.leave()
    await sync_to_async(say)(alice, hall, "missed")
    other = await connect(alice, hall)
    await other.ask("edit", seq=2, body="edited meanwhile")
    back = await connect(bob, hall, after=cursor)
    await back.holds(2, 6)
    assert back.rows.keys() == {2, 6}
    back.rows = rows | back.rows
    assert held(back) == await stored(hall)


async def test_history_is_followed_by_live_messages(connect, alice, bob, hall):
    for number in range(10):
        await sync_to_async(say)(alice, hall, f"message {number}")
    socket = await connect(bob, hall, history=3)
    await socket.holds(8, 9, 10)
    assert socket.rows.keys() == {8, 9, 10}
    await socket.post("next")
    await socket.holds(11)


async def test_without_history_a_connection_starts_at_the_head(connect, alice, bob, hall):
    await sync_to_async(say)(alice, hall, "before")
    socket = await connect(bob, hall)
    await socket.post("after")
    await socket.holds(2)
    assert socket.rows.keys() == {2}


async def test_a_long_history_is_split_into_frames_below_the_limit(connect, alice, bob, hall):
    for _ in range(40):
        await sync_to_async(say)(alice, hall, '"' * 7000)
    socket = await connect(bob, hall, history=40)
    await socket.holds(*range(1, 41))
    frames = [frame for frame in socket.frames if frame["type"] == "changes"]
    assert len(frames) > 2
    assert frames[-1]["cursor"] == socket.hello["cursor"]


@pytest.mark.parametrize("cursor", ["nonsense", "other.{room}.1", "{epoch}.{room}.99", "{epoch}.999999.1"])
async def test_cursor_that_cannot_be_resumed_causes_a_reset(connect, alice, hall, cursor):
    await sync_to_async(say)(alice, hall)
    epoch = await sync_to_async(Epoch.current)()
    socket = await connect(alice, hall, after=cursor.format(epoch=epoch, room=hall.pk))
    reset = await socket.next("reset")
    assert reset["cursor"] == socket.hello["cursor"] == f"{epoch}.{hall.pk}.1"
    await socket.post("goes on")
    await socket.holds(2)


async def test_cursor_beyond_the_resume_limit_or_below_the_floor_causes_a_reset(connect, alice, hall, settings):
    settings.CHAT_RESUME_LIMIT = 5
    for _ in range(8):
        await sync_to_async(say)(alice, hall)
    epoch = await sync_to_async(Epoch.current)()
    await (await connect(alice, hall, after=f"{epoch}.{hall.pk}.2")).next("reset")
    await (await connect(alice, hall, after=f"{epoch}.{hall.pk}.3")).holds(4, 5, 6, 7, 8)
    await sync_to_async(RoomHead.objects.filter(room=hall).update)(floor_rev=6)
    await (await connect(alice, hall, after=f"{epoch}.{hall.pk}.5")).next("reset")
    await (await connect(alice, hall, after=f"{epoch}.{hall.pk}.6")).holds(7, 8)


async def test_a_restored_backup_resets_open_connections(connect, delivery, alice, hall):
    socket = await connect(alice, hall)
    await socket.post()
    await socket.holds(1)
    await sync_to_async(call_command)("bump_epoch", stdout=StringIO())
    epoch = await sync_to_async(Epoch.current)()
    reset = await socket.next("reset")
    assert reset["cursor"] == f"{epoch}.{hall.pk}.1" != socket.hello["cursor"]
    await socket.post("goes on")
    await socket.holds(2)


async def test_a_database_that_fails_answers_unavailable_and_the_retry_succeeds_once(connect, alice, hall, monkeypatch):
    socket = await connect(alice, hall)

    def fail(*_):
        raise OperationalError("database is locked")

    client_id = "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11"
    with monkeypatch.context() as patch:
        patch.setattr(messages.Batch, "save", fail)
        answer = await socket.post("kept", client_id=client_id)
        assert (answer["code"], answer["retry_after"] > 0) == ("unavailable", True)
        assert await stored(hall) == {}
    assert (await socket.post("kept", client_id=client_id))["seq"] == 1
    assert (await socket.post("kept", client_id=client_id))["seq"] == 1
    assert await stored(hall) == {1: (1, "kept")}


async def test_one_request_that_the_database_refuses_does_not_fail_its_neighbours(alice, hall, monkeypatch):
    from chat import protocol
    from chat.actions.batch import Request

    def request(body):
        return Request(alice.pk, hall.pk, protocol.Post(client_id=uuid.uuid4(), body=body))

    save = messages.Batch.save

    def refuse_poison(batch):
        if any(message.body == "poison" for message in batch.created):
            raise messages.DatabaseError("value out of range")
        save(batch)

    monkeypatch.setattr(messages.Batch, "save", refuse_poison)
    outcomes = await sync_to_async(messages.execute_batch)([request(body) for body in ("a", "poison", "b", "")])
    codes = [getattr(outcome, "code", None) for outcome in outcomes]
    assert codes == [None, "unavailable", None, "empty"]
    assert {body for _, body in (await stored(hall)).values()} == {"a", "b"}


@pytest.mark.parametrize("already", [0, 3])
def test_read_position_moved_forward_by_another_process_is_kept(alice, bob, hall, already):
    from chat import protocol
    from chat.actions.batch import Batch, Request
    from chat.models import Membership

    for _ in range(9):
        say(alice, hall)
    Membership.objects.filter(person=bob).update(read_seq=already)
    request = Request(bob.pk, hall.pk, protocol.Read(seq=5))
    batch = Batch.load([request])
    messages.read(batch, request, request.command)
    Membership.objects.filter(person=bob).update(read_seq=8)
    batch.save()
    assert Membership.objects.get(person=bob, room=hall).read_seq == 8


@pytest.mark.parametrize(("theirs", "kept"), [(2, 5), (8, 8)])
def test_joining_in_two_processes_at_once_keeps_the_later_read_position(alice, carol, hall, theirs, kept):
    from chat import protocol
    from chat.actions.batch import Batch, Request
    from chat.models import Membership

    for _ in range(9):
        say(alice, hall)
    request = Request(carol.pk, hall.pk, protocol.Read(seq=5))
    batch = Batch.load([request])
    messages.read(batch, request, request.command)
    Membership.objects.create(person=carol, room=hall, read_seq=theirs)
    batch.save()
    assert Membership.objects.get(person=carol, room=hall).read_seq == kept


async def test_unreadable_room_refuses_sockets_with_a_retry_delay(delivery, alice, hall, monkeypatch):
    from chat.actions.accounts import issue_token
    from tests.socket.client import Socket

    def fail(*_):
        raise OperationalError("gone")

    token = await sync_to_async(issue_token)(alice)
    monkeypatch.setattr(history, "heads", fail)
    socket = Socket(hall.slug, headers={"Authorization": f"Bearer {token}"})
    error, code = await socket.refusal()
    assert (error["code"], code) == ("unavailable", 4412)
    monkeypatch.undo()
    back = Socket(hall.slug, headers={"Authorization": f"Bearer {token}"})
    await back.enter()
    await back.leave()


async def test_requests_that_arrive_together_share_a_transaction(connect, delivery, alice, hall, monkeypatch, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    sizes, carry_out_all = [], messages.execute_batch

    def counting(requests):
        sizes.append(len(requests))
        return carry_out_all(requests)

    monkeypatch.setattr(messages, "execute_batch", counting)
    socket = await connect(alice, hall)
    for number in range(60):
        await socket.send({"type": "post", "client_id": str(uuid.uuid4()), "body": str(number)})
    await socket.holds(*range(1, 61))
    assert sum(sizes) == 60
    assert len(sizes) < 30
    assert [socket.rows[seq]["body"] for seq in range(1, 61)] == [str(number) for number in range(60)]


async def test_a_drained_process_sends_a_retry_delay_and_accepts_no_one(connect, delivery, alice, bob, hall):
    from chat.actions.accounts import issue_token
    from tests.socket.client import Socket

    socket = await connect(alice, hall)
    await socket.send({"type": "post", "client_id": "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11", "body": "last words"})
    await asyncio.sleep(0)
    await delivery.drain()
    assert await socket.close_code() == 4412
    bye = next(frame for frame in socket.frames if frame["type"] == "bye")
    assert bye["reason"] == "restart"
    token = await sync_to_async(issue_token)(bob)
    error, code = await Socket(hall.slug, headers={"Authorization": f"Bearer {token}"}).refusal()
    assert (error["code"], code) == ("unavailable", 4412)


@pytest.mark.parametrize("is_alone", [True, False])
async def test_single_process_stops_listening_and_delays_reconnects(connect, delivery, alice, hall, is_alone):
    socket, stopped = await connect(alice, hall), []
    if not is_alone:  # a worker that has just started, and may be alive
        await sync_to_async(Worker.objects.create)(id=uuid.uuid4())
    await delivery.drain(lambda: stopped.append(True))
    assert await socket.close_code() == 4412
    bye = next(frame for frame in socket.frames if frame["type"] == "bye")
    earliest = drain.RESTART_SECONDS if is_alone else 0
    assert earliest <= bye["reconnect_after"] <= earliest + 0.1
    assert stopped == [True] * is_alone


async def test_a_database_failure_at_shutdown_does_not_block_the_shutdown(connect, delivery, alice, hall, monkeypatch):
    def fail(*arguments):
        raise InterfaceError("cut")

    socket = await connect(alice, hall)
    monkeypatch.setattr("chat.delivery.presence.exchange.read_claims", fail)
    await delivery.drain()
    assert await socket.close_code() == 4412


async def test_client_that_connects_as_draining_starts_is_closed_too(delivery, alice, hall, monkeypatch):
    from chat.actions.accounts import issue_token
    from chat.delivery.admission import access
    from chat.delivery.process.readiness import process_state
    from tests.socket.client import Socket

    admit_all = access.admit_all

    def and_the_end_begins(visits):
        process_state.draining = True
        return admit_all(visits)

    monkeypatch.setattr(access, "admit_all", and_the_end_begins)
    token = await sync_to_async(issue_token)(alice)
    socket = await Socket(hall.slug, headers={"Authorization": f"Bearer {token}"}).enter()
    assert await socket.close_code() == 4412
    bye = next(frame for frame in socket.frames if frame["type"] == "bye")
    assert (bye["reason"], bye["reconnect_after"]) == ("restart", 1.0)


async def test_draining_waits_for_pending_handshakes(delivery, alice, hall, monkeypatch):
    """A process that ends before has TCP take back what they were told."""
    from chat.actions.accounts import issue_token
    from chat.delivery.admission import access
    from chat.delivery.process.readiness import process_state
    from tests.socket.client import Socket

    arrived, go_on, admit = threading.Event(), threading.Event(), access.admit_all

    def slowly(visits):
        arrived.set()
        go_on.wait()
        return admit(visits)

    monkeypatch.setattr(access, "admit_all", slowly)
    token = await sync_to_async(issue_token)(alice)
    socket = Socket(hall.slug, headers={"Authorization": f"Bearer {token}"})
    entering = asyncio.create_task(socket.enter())
    await asyncio.to_thread(arrived.wait)
    draining = asyncio.create_task(delivery.drain())
    while not process_state.draining:
        await asyncio.sleep(0)
    go_on.set()
    await entering
    assert await socket.close_code() == 4412
    assert not draining.done()
    await socket.leave()
    await draining
