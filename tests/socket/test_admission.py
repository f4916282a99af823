"""Admission of sockets: accepted, refused and revoked."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from chat.actions.accounts import issue_token
from chat.actions.rooms import create_room
from chat.models import Membership, Person, Token
from chatsite.asgi import application
from tests.cast import PASSWORD
from tests.logs import collected
from tests.socket.client import Socket, wire

pytestmark = pytest.mark.django_db(transaction=True)

OWN_ORIGIN = "http://testserver"


@sync_to_async
def cookie_of(person):
    client = Client()
    client.force_login(person)
    return f"{site.SESSION_COOKIE_NAME}={client.cookies[site.SESSION_COOKIE_NAME].value}"


@sync_to_async
def token_of(person):
    return {"Authorization": f"Bearer {issue_token(person)}"}


@pytest.fixture
async def open_socket(delivery):
    sockets = []

    async def enter(slug, headers):
        sockets.append(Socket(slug, headers=headers))
        return await sockets[-1].enter()

    yield enter
    for socket in sockets:
        await socket.leave()


async def test_a_browser_connects_with_its_session_from_its_own_origin(open_socket, alice, hall):
    socket = await open_socket("hall", {"Cookie": await cookie_of(alice), "Origin": OWN_ORIGIN})
    assert socket.hello["you"] == {"id": alice.pk, "name": "alice", "guest": False}


@pytest.mark.parametrize(
    "origin",
    [
        "https://testserver",
        "http://testserver:8000",
        "http://evil.example",
        "null",
        "",
        "http://testserver.evil.example",
    ],
)
async def test_a_page_of_another_origin_is_refused_with_any_credentials(delivery, alice, hall, origin):
    for identity in ({"Cookie": await cookie_of(alice)}, await token_of(alice)):
        error, code = await Socket("hall", headers={**identity, "Origin": origin}).refusal()
        assert (error["code"], code) == ("forbidden", 4403)


async def test_origin_with_a_foreign_host_is_refused(delivery, alice, hall):
    headers = {"Cookie": await cookie_of(alice), "Origin": "http://evil.example", "Host": "evil.example"}
    assert (await Socket("hall", headers=headers).refusal())[1] == 4403


async def test_a_trusted_origin_is_accepted(open_socket, alice, hall, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org"]
    await open_socket("hall", {"Cookie": await cookie_of(alice), "Origin": "https://chat.example.org"})


async def test_a_program_connects_with_a_token_and_not_with_a_cookie(open_socket, delivery, alice, hall):
    assert (await open_socket("hall", await token_of(alice))).hello["you"]["name"] == "alice"
    error, code = await Socket("hall", headers={"Cookie": await cookie_of(alice)}).refusal()
    assert (error["code"], code) == ("signed_out", 4401)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN_ORIGIN},
        {"Authorization": "Bearer made-up"},
        {"Authorization": "Basic x"},
        {"Cookie": "sessionid=x", "Origin": OWN_ORIGIN},
    ],
)
async def test_a_stranger_is_asked_to_sign_in(delivery, hall, headers):
    error, code = await Socket("hall", headers=headers).refusal()
    assert (error["code"], code) == ("signed_out", 4401)


async def test_outsider_gets_the_same_refusal_for_a_private_and_a_missing_room(delivery, open_socket, bob, carol, ops):
    await open_socket("ops", await token_of(bob))
    private, _ = await Socket("ops", headers=await token_of(carol)).refusal()
    missing, code = await Socket("nowhere", headers=await token_of(carol)).refusal()
    assert private == missing
    assert (missing["code"], code) == ("not_found", 4404)


@pytest.mark.parametrize("slug", ["a/b", "a\x00b", "%"])
async def test_an_invalid_slug_is_no_room(delivery, alice, slug):
    error, code = await Socket(slug, headers=await token_of(alice)).refusal()
    assert (error["code"], code) == ("not_found", 4404)


async def test_a_room_may_be_named_in_any_script(open_socket, alice):
    room = await sync_to_async(create_room)(alice, "日本語 かいぎ")
    assert (await open_socket(room.slug, await token_of(alice))).hello["room"]["name"] == "日本語 かいぎ"


async def test_a_banned_person_cannot_reconnect(delivery, bob, hall):
    await sync_to_async(Membership.objects.filter(person=bob).update)(banned_at=timezone.now())
    error, code = await Socket("hall", headers=await token_of(bob)).refusal()
    assert (error["code"], code) == ("forbidden", 4403)


async def test_client_with_only_other_subprotocols_is_refused(delivery, alice, hall):
    error, code = await Socket("hall", headers=await token_of(alice), subprotocols=("chat.v9",)).refusal()
    assert (error["code"], code) == ("bad_frame", 4400)


@pytest.mark.parametrize("history", ["-1", "201", "many", "1e3", "٣", "9" * 30])
async def test_history_is_a_number_up_to_the_limit(delivery, alice, hall, history):
    error, code = await Socket("hall", headers=await token_of(alice), history=history).refusal()
    assert (error["code"], code) == ("bad_frame", 4400)


@sync_to_async
def sign_out(person, cookie):
    client = Client()
    client.cookies[site.SESSION_COOKIE_NAME] = cookie.partition("=")[2]
    client.logout()


@sync_to_async
def deactivate(person, cookie):
    Person.objects.filter(pk=person.pk).update(is_active=False)


@sync_to_async
def change_password(person, cookie):
    person.set_password(PASSWORD + "!")
    person.save()


@pytest.mark.parametrize("revoke", [sign_out, deactivate, change_password])
async def test_a_session_that_ends_shows_its_open_connections_out(open_socket, alice, bob, hall, revoke):
    cookie = await cookie_of(alice)
    socket = await open_socket("hall", {"Cookie": cookie, "Origin": OWN_ORIGIN})
    other = await open_socket("hall", await token_of(bob))
    await revoke(alice, cookie)
    assert await socket.close_code() == 4401
    assert socket.frames[-1] == {"type": "bye", "reason": "signed_out"}
    await other.post("she is gone")
    await other.holds(1)
    assert not socket.rows


async def test_a_revoked_token_and_a_ban_close_connections_too(open_socket, alice, bob, hall):
    one, other = await open_socket("hall", await token_of(alice)), await open_socket("hall", await token_of(bob))
    await sync_to_async(Token.objects.filter(person=alice).update)(revoked_at=timezone.now())
    await sync_to_async(Membership.objects.filter(person=bob).update)(banned_at=timezone.now())
    assert await one.close_code() == 4401
    assert await other.close_code() == 4403
    assert other.frames[-1] == {"type": "bye", "reason": "removed"}


async def test_ending_a_membership_disconnects_from_private_rooms_only(open_socket, delivery, bob, hall, ops):
    private, public = await open_socket("ops", await token_of(bob)), await open_socket("hall", await token_of(bob))
    await sync_to_async(Membership.objects.filter(person=bob).delete)()
    assert await private.close_code() == 4403
    assert (await public.post("still here"))["type"] == "ok"


async def test_a_write_with_a_session_that_has_ended_is_refused_at_once(
    open_socket, delivery, alice, hall, monkeypatch
):
    socket = await open_socket("hall", await token_of(alice))
    monkeypatch.setattr(delivery.rooms, "connections", list)  # so that the access check does not close it first
    await sync_to_async(Token.objects.filter(person=alice).update)(revoked_at=timezone.now())
    answer = await socket.post()
    assert answer["code"] == "signed_out"
    assert await socket.close_code() == 4401


async def test_a_secret_key_that_was_rotated_keeps_sessions_while_the_old_one_is_a_fallback(
    open_socket, delivery, alice, hall, settings
):
    cookie = await cookie_of(alice)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    error, code = await Socket("hall", headers={"Cookie": cookie, "Origin": OWN_ORIGIN}).refusal()
    assert (error["code"], code) == ("signed_out", 4401)
    settings.SECRET_KEY_FALLBACKS = [old]
    await open_socket("hall", {"Cookie": cookie, "Origin": OWN_ORIGIN})


async def test_a_client_gone_before_its_refusal_is_no_failure(delivery, hall):
    """A server refuses to send to a client that has gone. Daphne raises an exception."""
    refused = []

    async def receive():
        return {"type": "websocket.disconnect", "code": 1006} if refused else {"type": "websocket.connect"}

    async def send(event):
        if event["type"] != "websocket.accept":
            refused.append(event)
            raise ConnectionError("gone")

    with collected() as lines:
        await application(wire(hall.slug, {}, None, ["chat.v1"]).scope, receive, send)
    assert refused
    assert not [line for line in lines if "traceback" in line]
