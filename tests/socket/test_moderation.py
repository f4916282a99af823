"""Moderation on open connections: mutes, bans, roles and removed messages take effect at once."""

import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from chat.actions import join_requests, members, removal, sanctions
from chat.actions.imports.messages import Entry, import_history
from chat.actions.removal import DELETE, ERASE, BulkRequest
from chat.actions.room_settings import change_room
from chat.actions.rooms import archive, unarchive
from chat.delivery.admission import access
from chat.models import Membership, Message, Person, Worker
from tests.cast import PASSWORD, say
from tests.socket.client import PATIENCE_SECONDS, Socket

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def do(action, *arguments, **options):
    return action(*arguments, **options)


@pytest.fixture
def chief(transactional_db):
    return Person.objects.create_superuser("chief", PASSWORD)


@sync_to_async
def ids_in(room):
    return list(Message.objects.filter(room=room).order_by("seq").values_list("pk", flat=True))


async def standing(socket):
    return (await socket.next("standing"))["standing"]


async def test_moderators_are_told_of_a_request_to_join_while_they_are_connected(connect, alice, bob, carol, ops):
    await do(change_room, ops, {"joining": "ask"})
    hers, his = await connect(alice, ops), await connect(bob, ops)
    await do(join_requests.ask, carol, "ops")
    assert (await standing(hers))["requests"] == 1
    await his.ask("ping")
    assert "requests" not in his.hello["standing"]
    assert not [frame for frame in his.frames if frame["type"] == "standing"]


async def test_muted_person_gets_a_standing_frame_at_start_and_end(connect, alice, bob, hall):
    socket, other = await connect(bob, hall), await connect(alice, hall)
    about = {"name": "Hall", "topic": "For everybody", "visibility": "public", "member": True, "room_mentions": False}
    about |= {"posting": True, "may_invite": True}
    status = {"role": "member", "muted_until": None, "mute_reason": "", "archived": False}
    assert socket.hello["standing"] == status | about
    await do(sanctions.mute, alice, hall, bob, duration=timedelta(hours=1), reason="Shouting")
    frame = await standing(socket)
    assert (frame["mute_reason"], frame["muted_until"][-1]) == ("Shouting", "Z")
    refusal = await socket.post()
    until = frame["muted_until"][:16].replace("T", " ")
    assert refusal["code"] == "muted"
    assert refusal["detail"] == f"A moderator has muted you until {until} UTC: Shouting"
    later = await connect(bob, hall)
    assert later.hello["standing"] == frame
    await do(sanctions.unmute, alice, hall, bob)
    assert (await standing(socket))["muted_until"] is None
    assert (await socket.post())["type"] == "ok"
    await other.holds(1)
    assert not [frame for frame in other.frames if frame["type"] == "standing"], "it is nobody else's business"


HELD = {
    "muted": (lambda alice, hall, bob: sanctions.mute(alice, hall, bob, duration=None, reason=""), sanctions.unmute),
    "archived": (lambda alice, hall, bob: archive(alice, hall), lambda alice, hall, bob: unarchive(alice, hall)),
    "not a moderator": (
        lambda alice, hall, bob: change_room(hall, {"posting": "moderators"}, by=alice),
        lambda alice, hall, bob: change_room(hall, {"posting": "everyone"}, by=alice),
    ),
}


@pytest.mark.parametrize(("hold", "release"), HELD.values(), ids=HELD)
async def test_typing_of_a_muted_person_is_not_announced(connect, alice, bob, hall, hold, release):
    socket, other = await connect(bob, hall), await connect(alice, hall)
    await do(hold, alice, hall, bob)
    await standing(socket)
    assert (await socket.ask("typing", on=True))["type"] == "ok"
    await do(release, alice, hall, bob)
    await standing(socket)
    await socket.post()
    await other.until(lambda _: any(row["author"] for row in other.rows.values()))  # beside the notes of the site
    assert not [frame for frame in other.frames if frame["type"] == "typing"]
    await socket.ask("typing", on=True)
    assert (await other.next("typing"))["person"]["name"] == "bob"


async def test_person_gets_a_standing_frame_with_a_new_role(connect, alice, bob, hall):
    socket = await connect(bob, hall)
    await do(sanctions.give_role, alice, hall, bob, Membership.Role.MODERATOR)
    assert (await standing(socket))["role"] == "moderator"


async def test_hello_gives_staff_the_role_owner(connect, chief, hall):
    assert (await connect(chief, hall)).hello["standing"]["role"] == "owner"


async def test_everyone_gets_a_standing_frame_when_a_room_is_archived(connect, alice, bob, hall):
    sockets = [await connect(alice, hall), await connect(bob, hall)]
    await do(archive, alice, hall)
    for socket in sockets:
        assert (await standing(socket))["archived"] is True
    assert (await sockets[1].post())["code"] == "archived"
    await do(unarchive, alice, hall)
    for socket in sockets:
        assert (await standing(socket))["archived"] is False


async def test_everyone_gets_the_new_name_topic_and_visibility_of_a_room(connect, alice, bob, hall):
    sockets = [await connect(alice, hall), await connect(bob, hall)]
    await do(change_room, hall, {"name": "Great hall", "topic": "", "visibility": "private"}, by=alice)
    for socket in sockets:
        frame = await standing(socket)
        assert (frame["name"], frame["topic"], frame["visibility"]) == ("Great hall", "", "private")
    assert (await connect(bob, hall)).hello["standing"] == frame
    for socket in sockets:
        await socket.holds(3)
        assert [row["author"] for row in socket.rows.values()] == [None] * 3


async def test_people_are_told_at_once_when_everyone_may_mention_the_room(connect, alice, bob, hall):
    socket = await connect(bob, hall)
    await do(change_room, hall, {"room_mentions": "everyone"}, by=alice)
    assert (await standing(socket))["room_mentions"] is True


async def test_people_are_told_at_once_that_only_moderators_post(connect, alice, bob, hall):
    sockets = {person.name: await connect(person, hall) for person in (alice, bob)}
    await do(change_room, hall, {"posting": "moderators"}, by=alice)
    assert (await standing(sockets["bob"]))["posting"] is False
    assert (await sockets["bob"].post())["code"] == "forbidden"
    assert (await sockets["alice"].post())["type"] == "ok"


async def test_a_banned_person_is_disconnected_and_cannot_reconnect(
    connect, delivery, program_headers, alice, bob, hall
):
    socket, other = await connect(bob, hall), await connect(alice, hall)
    await do(sanctions.ban, alice, hall, bob, reason="Enough")
    assert (await socket.next("bye"))["reason"] == "removed"
    assert await socket.close_code() == 4403
    error, code = await Socket("hall", headers=await program_headers(bob)).refusal()
    assert (error["code"], code) == ("forbidden", 4403)
    await do(sanctions.unban, alice, hall, bob)
    await connect(bob, hall)
    assert (await other.post())["type"] == "ok"


async def test_message_posted_before_the_check_reaches_only_those_who_pass_it(
    connect, alice, bob, carol, ops, monkeypatch
):
    await do(members.add, alice, ops, person_id=carol.pk)
    hers, bobs, carols = [await connect(person, ops) for person in (alice, bob, carol)]
    may_check, check_all = threading.Event(), access.check_all
    monkeypatch.setattr(access, "check_all", lambda *asked: may_check.wait(PATIENCE_SECONDS) and check_all(*asked))
    await do(sanctions.close_membership, alice, ops, bob)
    await do(sanctions.mute, alice, ops, carol, duration=None, reason="")
    seq = (await hers.post("about bob"))["seq"]
    await hers.holds(seq)
    may_check.set()
    assert (await bobs.next("bye"))["reason"] == "removed"
    assert await bobs.close_code() == 4403
    assert not any(frame["type"] == "changes" for frame in bobs.frames)
    await carols.holds(seq)


async def test_bulk_deleted_messages_disappear_from_every_open_page(connect, chief, alice, bob, hall):
    await do(import_history, hall, [Entry(bob, str(n), hall.created_at) for n in range(1200)])
    socket = await connect(alice, hall, history=50)
    await socket.holds(1200)
    assert await do(removal.execute, DELETE, BulkRequest(chief, "Spam"), await ids_in(hall)) == 1200
    await socket.until(lambda _: len(socket.rows) == 1200 and all(row["deleted"] for row in socket.rows.values()))
    assert not any(row["body"] or row["html"] for row in socket.rows.values())


async def test_connected_clients_get_an_erasure_and_resuming_clients_a_reset(connect, chief, alice, bob, hall):
    await do(say, bob, hall, "nothing")
    early = await connect(alice, hall)
    cursor = early.cursor
    await early.leave()
    socket = await connect(bob, hall)
    await do(say, bob, hall, "secret")
    await socket.holds(2)
    await do(removal.execute, ERASE, BulkRequest(chief), (await ids_in(hall))[1:])
    await socket.until(lambda _: socket.rows[2]["deleted"])
    assert not [frame for frame in socket.frames if frame["type"] == "reset"], "who was told everything goes on"
    back = await connect(alice, hall, after=cursor)
    assert (await back.receive())["type"] == "reset"
    await do(say, bob, hall, "another")
    await back.holds(3)
    assert not any("secret" in str(frame) for frame in back.frames)


async def test_the_admin_sees_the_activity_of_a_process(connect, delivery, alice, bob, hall):
    for person in (alice, bob):
        await connect(person, hall)
    delivery.presence._reported_at = float("-inf")
    await delivery.presence.report()
    worker = await Worker.objects.aget(pk=delivery.roster.worker_id)
    assert worker.connections == 2
