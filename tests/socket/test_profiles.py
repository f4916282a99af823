"""Profiles on open connections: new names, signing out elsewhere, deleted accounts."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from chat import protocol
from chat.actions import account_deletion, credentials, profiles
from chat.actions import presence as presence_actions
from chat.actions.files import avatars
from chat.delivery.presence import exchange, roster
from chat.delivery.presence.roster import Roster
from chat.models import Session, Token, Worker
from chat.models.session_keys import digest_of
from tests.cast import say, uploaded
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)

SAME = {"color": None, "theme": "system", "notify": "all"}


@sync_to_async
def rename(person, name, **fields):
    profiles.change(person, **(SAME | {"name": name} | fields))


def joins(name):
    return lambda frame: frame["type"] == "people" and any(person["name"] == name for person in frame["joined"])


async def test_a_new_name_and_colour_are_sent_to_everyone_online(connect, alice, bob, hall):
    watcher, other = await connect(alice, hall), await connect(bob, hall)
    await rename(bob, "Robert", color=4)
    for socket in (watcher, other):
        seen = await socket.until(joins("Robert"))
        assert {"id": bob.pk, "name": "Robert", "guest": False, "color": 4} in seen["joined"]
        assert (seen["left"], seen["count"]) == ([], 2)


async def test_a_new_picture_is_sent_to_everyone_online(connect, alice, bob, hall, monkeypatch):
    key = "A" * 22
    monkeypatch.setattr(avatars, "new_key", lambda: key)
    monkeypatch.setattr(avatars, "_stored_square", lambda *_: {"size": 5, "media_type": "image/webp"})
    watcher, other = await connect(alice, hall), await connect(bob, hall)
    await sync_to_async(lambda: avatars.make(bob.pk, uploaded(bob).pk))()
    for socket in (watcher, other):
        seen = await socket.until(joins("bob"))
        assert {"id": bob.pk, "name": "bob", "guest": False, "avatar": key} in seen["joined"]
    await other.ask("typing", on=True)
    assert (await watcher.next("typing"))["person"]["avatar"] == key
    await sync_to_async(say)(bob, hall)
    await watcher.holds(1)
    assert watcher.rows[1]["author"]["avatar"] == key


async def test_typing_after_a_rename_shows_the_new_name(connect, alice, bob, hall):
    watcher, other = await connect(alice, hall), await connect(bob, hall)
    await rename(bob, "Robert", color=4)
    await other.until(joins("Robert"))
    await other.ask("typing", on=True)
    typing = await watcher.next("typing")
    assert typing["person"] == {"id": bob.pk, "name": "Robert", "guest": False, "color": 4}


async def test_messages_after_a_rename_have_the_new_name(connect, alice, bob, hall):
    watcher = await connect(alice, hall)
    await rename(bob, "Robert")
    await sync_to_async(say)(bob, hall)
    await watcher.holds(1)
    assert watcher.rows[1]["author"]["name"] == "Robert"


async def test_changes_of_private_settings_are_not_broadcast(connect, delivery, alice, bob, hall, monkeypatch):
    monkeypatch.setattr(roster, "GATHER_SECONDS", 0)
    watcher = await connect(alice, hall)
    await connect(bob, hall)
    await watcher.until(joins("bob"))
    seen = len(watcher.frames)
    await rename(bob, "bob", theme="dark", notify="nothing")
    await delivery.access_check.check()
    await watcher.ask("ping")
    # Unread counts of other rooms are sent every second in any case.
    assert {frame["type"] for frame in watcher.frames[seen:]} - {"rooms"} == {"pong"}


async def test_new_name_raises_the_version_for_other_workers(connect, delivery, bob, hall):
    socket = await connect(bob, hall)
    await delivery.presence.report()
    version = (await Worker.objects.aget(pk=delivery.roster.worker_id)).version
    await rename(bob, "Robert")
    await socket.until(joins("Robert"))
    await delivery.presence.report()
    worker = await Worker.objects.aget(pk=delivery.roster.worker_id)
    assert worker.version > version
    people = await sync_to_async(exchange._people_of)(worker)
    assert people[hall.pk][bob.pk].name == "Robert"


async def test_a_name_that_changes_while_a_report_is_under_way_is_in_the_next():
    people = Roster(lambda *_: None)
    people.enter(1, protocol.PersonData(7, "bob", False))
    _, everybody, _, _ = people.next_report()
    people.change(protocol.PersonData(7, "Robert", False))
    people.reported(everybody)
    _, _, came, _ = people.next_report()
    assert came == {(1, 7)}
    people.stop()


async def test_a_new_name_at_another_worker_is_sent_here(connect, delivery, alice, bob, hall):
    watcher = await connect(alice, hall)
    worker, place = roster.uuid.uuid4(), {(hall.pk, bob.pk)}
    await sync_to_async(exchange.store_claims)(worker, place, place, set())
    await watcher.until(joins("bob"))
    await rename(bob, "Robert", color=2)
    await sync_to_async(presence_actions.report)(worker, place, place, set())
    assert (await watcher.until(joins("Robert")))["joined"][0]["color"] == 2


async def open_socket(person):
    """Return a function that opens a socket with a session, and the browser of that session."""
    browser = Client()
    await sync_to_async(browser.force_login)(person)
    name = site.SESSION_COOKIE_NAME
    headers = {"Cookie": f"{name}={browser.cookies[name].value}", "Origin": "http://testserver"}
    return await Socket("hall", headers=headers).enter(), browser.cookies[name].value


async def test_signing_out_elsewhere_closes_connections_there_only(delivery, alice, bob, hall):
    here, key = await open_socket(alice)
    there, _ = await open_socket(alice)
    await sync_to_async(credentials.sign_out_elsewhere)(alice, key)
    assert await there.close_code() == 4401
    assert (await here.ask("ping"))["type"] == "pong"
    await here.leave()


async def test_deleting_an_account_ends_all_of_its_connections(connect, delivery, alice, bob, hall):
    by_session, _ = await open_socket(bob)
    by_token, watcher = await connect(bob, hall), await connect(alice, hall)
    await sync_to_async(account_deletion.delete_account)(bob)
    assert [await by_session.close_code(), await by_token.close_code()] == [4401, 4401]
    assert (await watcher.ask("ping"))["type"] == "pong"


async def test_the_credential_of_an_open_connection_counts_as_used(connect, delivery, alice, bob, hall):
    socket, key = await open_socket(alice)
    by_token = await connect(bob, hall)
    long_ago = timezone.now() - timedelta(days=1)
    await Session.objects.filter(pk=digest_of(key)).aupdate(seen_at=long_ago)
    await delivery._record_uses()
    assert (await Session.objects.aget(pk=digest_of(key))).seen_at > long_ago
    token = await Token.objects.aget(person=bob)
    assert token.last_used_at is not None
    await socket.leave()
    await by_token.leave()


async def test_token_of_a_short_connection_is_recorded_as_used(connect, delivery, bob, hall):
    await (await connect(bob, hall)).leave()
    await delivery._record_uses()
    assert (await Token.objects.aget(person=bob)).last_used_at is not None
