"""Rights revoked while a socket is open: the socket is told at once, and its next write is refused.

Nothing here waits for the round that looks at everybody: that comes once an hour in these tests, and has its own.
"""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site
from django.contrib.auth.tokens import default_token_generator
from django.db.backends.utils import CursorWrapper
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from chat.actions import account_deletion, administration, credentials
from chat.actions.accounts import issue_token
from chat.auth import authentication
from chat.db import compiled_queries
from chat.delivery import access_check
from chat.delivery.service import Delivery
from chat.models import Membership, Person
from tests.cast import PASSWORD, say
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "tr0mbone-quartet"
HERE = "http://testserver"


@pytest.fixture
async def delivery(transactional_db, monkeypatch):
    monkeypatch.setattr(access_check, "ACCESS_SECONDS", 3600)
    delivery = Delivery.current()
    yield delivery
    await delivery.stop()


class Browser:
    """A person's browser, with its requests and its open socket."""

    def __init__(self, person):
        self.client = Client()
        self.client.force_login(person)

    async def open(self, slug):
        cookie = self.client.cookies[site.SESSION_COOKIE_NAME].value
        headers = {"Cookie": f"{site.SESSION_COOKIE_NAME}={cookie}", "Origin": HERE}
        self.socket = await Socket(slug, headers=headers).enter()
        return self


@pytest.fixture
async def open_browser(delivery):
    opened = []

    async def open_it(person, slug="hall"):
        opened.append(await (await sync_to_async(Browser)(person)).open(slug))
        return opened[-1]

    yield open_it
    for browser in opened:
        await browser.socket.leave()


# ---- Changes that close a socket. Each function gets the browser.


def sign_out(browser, person):
    browser.client.post("/accounts/logout/")


def sign_out_of_the_admin(browser, person):
    browser.client.post("/admin/logout/")


def deactivate(browser, person):
    administration.change_person(person, {"is_active": False})


def delete_account(browser, person):
    account_deletion.delete_account(person)


def give_another_password(browser, person):
    administration.set_password(person, NEW)


def give_rights(browser, person):
    administration.change_person(person, {"is_staff": True})


def reset_password_elsewhere(browser, person):
    client, who = Client(), urlsafe_base64_encode(force_bytes(person.pk))
    page = client.get(f"/accounts/reset/{who}/{default_token_generator.make_token(person)}/", follow=True)
    client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert Person.objects.get(pk=person.pk).check_password(NEW)


def change_password_elsewhere(browser, person):
    other = Client()
    other.force_login(person)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert other.post("/accounts/password_change/", fields).status_code == 302


SIGNED_OUT = [
    deactivate,
    delete_account,
    give_another_password,
    give_rights,
    reset_password_elsewhere,
    change_password_elsewhere,
]


@pytest.mark.parametrize("end", [sign_out, sign_out_of_the_admin, *SIGNED_OUT])
async def test_a_revoked_browser_is_disconnected_at_once(open_browser, alice, hall, end):
    browser = await open_browser(alice)
    await sync_to_async(end)(browser, alice)
    assert await browser.socket.close_code() == 4401
    assert browser.socket.frames[-1] == {"type": "bye", "reason": "signed_out"}
    assert (await sync_to_async(browser.client.get)("/rooms/hall/")).status_code == 302


def change_password_outside_of_the_site(person):
    """Change the password as `manage.py changepassword` does: sessions with the old password remain."""
    person.set_password(NEW)
    person.save()


async def test_a_session_made_with_another_password_opens_no_socket(open_browser, alice, hall):
    browser = await open_browser(alice)
    cookie = browser.client.cookies[site.SESSION_COOKIE_NAME].value
    await sync_to_async(change_password_outside_of_the_site)(alice)
    headers = {"Cookie": f"{site.SESSION_COOKIE_NAME}={cookie}", "Origin": HERE}
    error, code = await Socket("hall", headers=headers).refusal()
    assert (error["code"], code) == ("signed_out", 4401)


@pytest.mark.parametrize("end", SIGNED_OUT)
async def test_a_revoked_program_is_disconnected_at_once_and_its_token_is_invalid(connect, bob, hall, end):
    socket, token = await connect(bob, hall), await sync_to_async(issue_token)(bob)
    await sync_to_async(end)(None, bob)
    assert await socket.close_code() == 4401
    headers = {"Authorization": f"Bearer {token}"}
    assert (await sync_to_async(Client().get)("/api/rooms/", headers=headers)).status_code == 401
    error, code = await Socket("hall", headers=headers).refusal()
    assert (error["code"], code) == ("signed_out", 4401)


async def test_the_session_that_changes_the_password_stays(open_browser, alice, hall):
    browser = await open_browser(alice)
    old_key = browser.client.session.session_key
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    await sync_to_async(browser.client.post)("/accounts/password_change/", fields)
    assert browser.client.session.session_key != old_key
    assert await browser.socket.close_code() == 4401  # it used the old key; the page reconnects by itself
    again = await browser.open("hall")
    assert again.socket.hello["you"]["name"] == "alice"


async def test_a_browser_that_is_signed_in_may_set_a_forgotten_password(open_browser, alice, hall):
    browser = await open_browser(alice)

    def reset():
        who = urlsafe_base64_encode(force_bytes(alice.pk))
        link = f"/accounts/reset/{who}/{default_token_generator.make_token(alice)}/"
        page = browser.client.get(link, follow=True)
        return browser.client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})

    assert (await sync_to_async(reset)())["Location"] == "/accounts/reset/done/"


async def test_password_change_keeps_connections_of_others(open_browser, connect, alice, bob, hall):
    leaving, staying, program = await open_browser(alice), await open_browser(bob), await connect(bob, hall)
    await sync_to_async(give_another_password)(leaving, alice)
    assert await leaving.socket.close_code() == 4401
    for socket in (staying.socket, program):
        assert (await socket.post())["type"] == "ok"


# ---- Moderation is committed first, and then applies in every process


@pytest.mark.parametrize("limit", [{"muted_until": "9999-12-31T00:00Z"}, {"role": "member"}])
async def test_a_lost_permission_refuses_the_next_write(connect, alice, bob, hall, limit):
    await sync_to_async(Membership.objects.filter(person=bob, room=hall).update)(role="moderator")
    await sync_to_async(Membership.objects.filter(person=alice, room=hall).update)(role="member")
    messages = [await sync_to_async(say)(alice, hall) for _ in range(2)]
    socket = await connect(bob, hall)
    assert (await socket.ask("delete", seq=messages[0].seq))["type"] == "ok"
    await sync_to_async(Membership.objects.filter(person=bob, room=hall).update)(**limit)
    if "muted_until" in limit:
        assert (await socket.post())["code"] == "muted"
    else:
        assert (await socket.ask("delete", seq=messages[1].seq))["code"] == "forbidden"


@pytest.mark.parametrize(("take_away", "code"), [("ban", "forbidden"), ("remove", "not_found")])
async def test_lost_access_refuses_the_next_write(connect, bob, ops, take_away, code):
    socket = await connect(bob, ops)
    place = Membership.objects.filter(person=bob, room=ops)
    await sync_to_async(lambda: place.update(banned_at=timezone.now()) if take_away == "ban" else place.delete())()
    assert (await socket.post())["code"] == code


async def test_the_next_check_finds_revoked_credentials_without_a_broadcast(connect, delivery, bob, ops):
    socket = await connect(bob, ops)
    await sync_to_async(Membership.objects.filter(person=bob, room=ops).delete)()
    await delivery.access_check.check()
    assert await socket.close_code() == 4403


async def test_access_check_costs_the_same_for_many_as_for_one(connect, delivery, alice, bob, hall, ops, count_queries):
    await delivery._tasks.cancel()  # so that nothing else is asked meanwhile
    await connect(alice, ops)
    alone = await count_queries(delivery.access_check.check)
    for person, room in [(alice, hall), (bob, hall), (bob, ops), (bob, ops)]:
        await connect(person, room)
    assert 0 < await count_queries(delivery.access_check.check) == alone <= 6


@pytest.fixture
def count_queries(monkeypatch):
    """Count the statements of all threads."""
    asked, execute = [], CursorWrapper.execute

    def counting(self, sql, params=None):
        asked.append(sql)
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", counting)
    monkeypatch.setattr(compiled_queries, "is_plain", lambda database: False)  # every query uses a cursor

    async def count(look):
        asked.clear()
        await look()
        return len(asked)

    return count


# ---- The secret key


@pytest.mark.parametrize("is_listed", [True, False])
async def test_replaced_key_ends_sessions_unless_it_is_a_fallback(
    open_browser, delivery, alice, hall, settings, is_listed
):
    browser = await open_browser(alice)
    old, settings.SECRET_KEY = settings.SECRET_KEY, uuid.uuid4().hex
    settings.SECRET_KEY_FALLBACKS = [old] if is_listed else []
    await delivery.access_check.check()
    if is_listed:
        assert (await browser.socket.post())["type"] == "ok"
    else:
        assert await browser.socket.close_code() == 4401


async def test_the_session_key_changes_when_a_person_signs_in_or_claims(delivery, alice, gil, hall):
    """Session fixation: a key planted in a browser before sign-in gives no access."""

    def keys(browser, address, fields):
        before = browser.session.session_key
        assert browser.post(address, fields).status_code == 302
        return before, browser.session.session_key

    def sign_in():
        browser = Client()
        browser.get("/")
        browser.session.save()
        return keys(browser, "/accounts/login/", {"username": "alice", "password": PASSWORD})

    def claim():
        browser = Client()
        browser.force_login(gil)
        return keys(browser, "/accounts/claim/", {"password1": NEW, "password2": NEW, "email": ""})

    for before, after in (await sync_to_async(sign_in)(), await sync_to_async(claim)()):
        assert before != after


async def test_active_session_can_be_ended_on_another_device(open_browser, alice, hall):
    here, there = await open_browser(alice), await open_browser(alice)
    await sync_to_async(credentials.sign_out_elsewhere)(alice, here.client.session.session_key)
    assert await there.socket.close_code() == 4401
    assert (await here.socket.post())["type"] == "ok"


def test_no_session_of_an_inactive_person_is_valid(alice, client):
    client.force_login(alice)
    request = RequestFactory().get("/")
    request.COOKIES[site.SESSION_COOKIE_NAME] = client.cookies[site.SESSION_COOKIE_NAME].value
    [(_, credential)] = authentication.from_sessions([request])
    assert authentication.revoked([credential]) == set()
    Person.objects.filter(pk=alice.pk).update(is_active=False)
    assert authentication.revoked([credential]) == {credential}
