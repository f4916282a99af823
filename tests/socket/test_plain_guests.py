"""Clients without a subprotocol: their identity, and when they are disconnected."""

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat.actions import accounts, administration
from chat.errors import ActionError
from chat.models import Membership, Person, Token
from chat.models.people import PersonQuerySet
from tests.cast import PASSWORD
from tests.socket.client import PlainSocket
from tests.socket.test_admission import OWN_ORIGIN, cookie_of, token_of

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = "! That name is taken, or looks too much like one that is."
NAME_REQUIRED = "! Add ?name=… to the URL to choose a name."


@sync_to_async
def person_named(name):
    return Person.objects.get(name=name)


# ---- Identity


async def test_a_name_makes_a_guest_and_again_the_same_one(plain, hall):
    for name in ("ada", "Ada", "ada"):
        socket = await plain("hall", name=name, history=0)
        await socket.send("it is me")
        await socket.until("ada: it is me")
    ada = await person_named("ada")
    assert (ada.is_guest, ada.is_plain, ada.has_usable_password()) == (True, True, False)
    assert await Person.objects.acount() == 3
    assert await ada.tokens.acount() == 1


@pytest.mark.parametrize("name", ["alice", "ALICE", "аlice", "gil"])
async def test_a_name_of_another_person_is_refused(plain, alice, gil, hall, name):
    assert await PlainSocket("hall", name=name).refusal() == (TAKEN, 4401)
    await plain("hall", name="ada")


async def test_a_name_that_looks_like_a_plain_clients_is_refused(plain, hall):
    await plain("hall", name="paul")
    assert await PlainSocket("hall", name="pаul").refusal() == (TAKEN, 4401)


async def test_a_plain_clients_name_cannot_be_taken_in_another_way(plain, hall):
    await plain("hall", name="ada")
    for join, *arguments in ((accounts.join_as_guest, "ada"), (accounts.sign_up, "Ada", PASSWORD)):
        with pytest.raises(ActionError, match="That name is taken"):
            await sync_to_async(join)(*arguments)
    assert (await sync_to_async(accounts.join_as_guest)("adam")).is_plain is False


async def test_a_token_or_a_session_takes_precedence_over_the_name(plain, alice, bob, hall):
    for headers in (await token_of(alice), {"Cookie": await cookie_of(alice), "Origin": OWN_ORIGIN}):
        socket = await plain("hall", headers=headers, name="ada", history=0)
        await socket.send("it is me")
        await socket.until("alice: it is me")
    assert not await Person.objects.filter(is_plain=True).aexists()


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, {}), ({"Authorization": "Bearer made-up"}, {"name": "ada"}), ({"Authorization": ""}, {"name": "ada"})],
)
async def test_plain_client_without_a_name_is_asked_for_one(delivery, hall, headers, query):
    assert await PlainSocket("hall", headers=headers, **query).refusal() == (NAME_REQUIRED, 4401)
    assert not await Person.objects.filter(is_plain=True).aexists()


async def test_cookie_without_an_origin_is_not_accepted(delivery, alice, hall):
    assert await PlainSocket("hall", headers={"Cookie": await cookie_of(alice)}).refusal() == (NAME_REQUIRED, 4401)


async def test_plain_client_in_a_page_of_another_origin_is_refused(plain, hall):
    elsewhere = PlainSocket("hall", headers={"Origin": "http://evil.example"}, name="ada")
    line, code = await elsewhere.refusal()
    assert (line, code) == ("! Connections from that origin are not allowed.", 4403)
    ada = await plain("hall", headers={"Origin": OWN_ORIGIN}, name="ada")
    await ada.send("hello")
    await ada.until("ada: hello")


async def test_plain_client_by_name_enters_only_public_rooms(plain, alice, bob, hall, ops):
    await plain("hall", name="ada")
    ada = await person_named("ada")
    await sync_to_async(administration.add_member)(ada, ops)
    for slug, name in (("ops", "ada"), ("ops", "new"), ("nowhere", "new")):
        assert await PlainSocket(slug, name=name).refusal() == (
            "! This room doesn’t exist, or you don’t have access.",
            4404,
        )
    assert not await Person.objects.filter(name="new").aexists()
    await plain("ops", headers=await token_of(bob))


async def test_plain_client_needs_credentials_where_guests_are_off(plain, alice, hall, settings):
    await plain("hall", name="ada")
    settings.CHAT_GUESTS = False
    for name in ("ada", "new"):
        assert await PlainSocket("hall", name=name).refusal() == (
            "! Guests can’t join this site. Sign in or create an account.",
            4401,
        )
    await plain("hall", headers=await token_of(alice))


async def test_plain_client_is_refused_where_plain_clients_are_off(connect, alice, hall, settings):
    settings.CHAT_PLAIN_CLIENTS = False
    line, code = await PlainSocket("hall", headers=await token_of(alice)).refusal()
    assert (line, code) == ("! Plain WebSocket clients are disabled; use the chat.v1 subprotocol.", 4400)
    await connect(alice, hall)


async def test_only_new_names_from_one_address_are_rate_limited(plain, hall, settings):
    settings.CHAT_GUESTS_PER_MINUTE = 2
    for name in ("ada", "bo", "ada", "bo"):
        await plain("hall", name=name)
    line, code = await PlainSocket("hall", name="cy").refusal()
    assert (line, code) == ("! Too many sign-ups from your network. Try again in a moment.", 4429)


def test_a_name_used_in_two_processes_at_once_is_one_person(gil, monkeypatch):
    faster = accounts.join_plainly("ada")
    monkeypatch.setattr(PersonQuerySet, "exists", lambda _: False)  # as before the other process committed
    assert accounts.join_plainly("Ada") == faster
    with pytest.raises(ActionError, match="That name is taken"):
        accounts.join_plainly("gil")


# ---- Disconnection


async def test_banned_or_deactivated_plain_guest_cannot_return_and_others_stay(plain, hall):
    ada, bo, cy = [await plain("hall", name=name) for name in ("ada", "bo", "cy")]
    await ada.send("hello")
    await ada.until("ada: hello")
    await sync_to_async(Membership.objects.filter(person__name="ada").update)(banned_at=timezone.now())
    await sync_to_async(administration.change_person)(await person_named("bo"), {"is_active": False})
    assert (await ada.close_code(), ada.lines[-1]) == (4403, "* you were removed from this room")
    assert (await bo.close_code(), bo.lines[-1]) == (4401, "* you were signed out")
    assert await PlainSocket("hall", name="ada").refusal() == ("! You’ve been removed from this room.", 4403)
    assert await PlainSocket("hall", name="bo").refusal() == ("! That name isn’t available.", 4401)
    await cy.send("still here")
    await cy.until("cy: still here")


async def test_revoking_a_plain_guests_tokens_ends_the_connections_there_are(plain, hall):
    ada = await plain("hall", name="ada")
    ids = await sync_to_async(lambda: list(Token.objects.filter(person__name="ada").values_list("pk", flat=True)))()
    assert await sync_to_async(administration.revoke_tokens)(ids) == 1
    assert (await ada.close_code(), ada.lines[-1]) == (4401, "* you were signed out")
    again = await plain("hall", name="ada")
    await again.send("back")
    await again.until("ada: back")


async def test_a_plain_name_with_a_password_is_refused(plain, hall):
    await plain("hall", name="ada")
    await sync_to_async(administration.set_password)(await person_named("ada"), PASSWORD)
    assert await PlainSocket("hall", name="ada").refusal() == (TAKEN, 4401)
