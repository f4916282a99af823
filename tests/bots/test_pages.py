"""The pages of bots and of a room's webhooks, as forms without scripts."""

import re

import pytest
from django.test import Client

from chat.actions import bots
from chat.models import IncomingWebhook, Person, Token
from tests.cases import each

HOOKS = "/rooms/ops/webhooks/"


@pytest.fixture
def robot(alice):
    return bots.create(alice, "Robot")


def text_of(answer):
    return answer.content.decode()


def secret_in(answer):
    return re.search(r'id="secret" dir="ltr" value="([^"]+)"', text_of(answer))[1]


def test_a_bot_and_its_tokens_are_made_on_the_profile_page(signed_in, alice, ops):
    browser = signed_in(alice)
    profile = text_of(browser.get("/accounts/profile/"))
    assert len(set(re.findall(r' id="([^"]+)"', profile))) == len(re.findall(r' id="[^"]+"', profile))
    page = browser.post("/accounts/bots/", {"bot_name": "Robot"}, follow=True)
    robot = Person.objects.get(name="Robot")
    here = f"/accounts/bots/{robot.pk}/"
    assert page.redirect_chain == [(here, 302)]
    browser.post("/rooms/ops/add/", {"name": "Robot"})
    given = {"label": "CI", "scopes": ["read", "react"], "room": "ops", "days": "30"}
    made = browser.post(here, given)
    token = Token.objects.get(person=robot)
    assert (token.label, token.scopes, token.room, token.expires_at is None) == ("CI", "read react", ops, False)
    program = Client(headers={"Authorization": f"Bearer {secret_in(made)}"})
    assert program.get("/api/rooms/ops/messages/").status_code == 200
    assert "Only in <bdi>Ops</bdi>" in text_of(browser.get(here))
    assert 'id="secret"' not in text_of(browser.get(here))
    browser.post(here, {"label": "All", "scopes": ["read", "everything"], "days": "0"})
    assert Token.objects.get(label="All").scopes is None
    assert browser.post(f"{here}tokens/{token.pk}/revoke/").url == here
    assert program.get("/api/rooms/ops/messages/").status_code == 401
    assert browser.post(f"{here}deactivate/").url == "/accounts/profile/"
    robot.refresh_from_db()
    assert not robot.is_active


@each("fields", [{"scopes": []}, {"scopes": ["x"]}, {"label": ""}, {"room": "hall"}, {"days": "9"}])
def test_a_wrong_token_form_is_shown_again(signed_in, alice, robot, hall, fields):
    given = {"label": "CI", "scopes": ["read"], "room": "", "days": "0"} | fields
    assert signed_in(alice).post(f"/accounts/bots/{robot.pk}/", given).status_code == 400
    assert not Token.objects.filter(person=robot).exists()


def test_bots_of_others_have_no_page_and_a_taken_name_is_shown(signed_in, alice, bob, robot):
    browser = signed_in(bob)
    for path in ("", "deactivate/", "tokens/1/revoke/"):
        assert browser.post(f"/accounts/bots/{robot.pk}/{path}").status_code == 404
    assert browser.get(f"/accounts/bots/{robot.pk}/").status_code == 404
    taken = browser.post("/accounts/bots/", {"bot_name": "Robot"})
    assert (taken.status_code, "That name is taken" in text_of(taken)) == (400, True)


def test_the_profile_offers_no_bots_where_the_site_has_none(settings, signed_in, alice):
    settings.CHAT_BOTS = "off"
    browser = signed_in(alice)
    assert 'id="bots"' not in text_of(browser.get("/accounts/profile/"))
    assert browser.post("/accounts/bots/", {"bot_name": "Robot"}).status_code == 403
    hooks = browser.get("/accounts/profile/")
    assert hooks.status_code == 200


def test_a_moderator_creates_and_revokes_a_webhook_on_a_page(signed_in, alice, bob, ops):
    browser = signed_in(alice)
    assert 'href="/rooms/ops/webhooks/"' in text_of(browser.get("/rooms/ops/"))
    made = browser.post(HOOKS, {"label": "CI", "bot": "", "name": "Deploys"})
    address = secret_in(made)
    assert address.startswith("http://testserver/api/hooks/")
    assert Client().post(address[len("http://testserver") :], "hi", content_type="text/plain").status_code == 200
    bot = Person.objects.get(name="Deploys")
    page = text_of(browser.get(HOOKS))
    assert "CI" in page
    assert 'id="secret"' not in page
    assert browser.post(HOOKS, {"label": "More", "bot": str(bot.pk)}).status_code == 200
    for wrong in ({"label": "", "bot": str(bot.pk)}, {"label": "X", "bot": "new"}, {"label": "X", "bot": "999"}):
        assert browser.post(HOOKS, wrong).status_code == 400
    hook = IncomingWebhook.objects.get(label="CI")
    assert signed_in(bob).get(HOOKS).status_code == 404
    assert signed_in(bob).post(f"{HOOKS}{hook.pk}/revoke/").status_code == 404
    assert 'href="/rooms/ops/webhooks/"' not in text_of(signed_in(bob).get("/rooms/ops/"))
    assert browser.post(f"{HOOKS}{hook.pk}/revoke/").url == HOOKS
    assert [it.label for it in IncomingWebhook.objects.valid()] == ["More"]


def test_a_page_of_webhooks_without_bots_says_so(settings, signed_in, alice, ops):
    settings.CHAT_BOTS = "off"
    page = text_of(signed_in(alice).get(HOOKS))
    assert "you can’t create bots on this site" in page
    assert signed_in(alice).post(HOOKS, {"label": "CI", "bot": "", "name": "X"}).status_code == 403


def test_a_wrong_name_of_a_new_bot_is_shown_on_the_page(signed_in, alice, ops):
    for name in ("Alice", "​", "All"):
        page = signed_in(alice).post(HOOKS, {"label": "CI", "bot": "new", "name": name})
        assert page.status_code == 400
        assert 'class="errorlist' in text_of(page)
