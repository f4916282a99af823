"""The pages of outgoing webhooks, as forms without scripts."""

import re

import pytest

from chat.models import BotCommand, OutgoingWebhook, WebhookDelivery
from tests.cast import say
from tests.webhooks.test_outgoing import URL, answer, told

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(page):
    return page.content.decode()


def test_a_webhook_is_made_changed_switched_and_removed(network, deliver, signed_in, alice, bot, hall):
    browser, here = signed_in(alice), f"/accounts/bots/{bot.pk}/webhooks/"
    assert here in text_of(browser.get(f"/accounts/bots/{bot.pk}/"))
    given = {"url": URL, "label": "Deploys", "events": ["message"], "rooms": [hall.slug], "words": "deploy, ship it"}
    made = browser.post(here, given)
    hook = OutgoingWebhook.objects.get()
    assert (hook.words, list(hook.rooms.all())) == (["deploy", "ship it"], [hall])
    assert f'value="{hook.secret}"' in text_of(made)
    one = f"{here}{hook.pk}/"
    for page in (here, one):
        assert hook.secret not in text_of(browser.get(page))
    assert 'value="deploy, ship it"' in text_of(browser.get(one))
    assert browser.post(one, given | {"words": "", "events": ["message", "edited"]}).url == one
    network.answer = answer(500)
    say(alice, hall, "anything")
    deliver()
    shown = text_of(browser.get(one))
    assert "waiting, 1 attempt." in shown
    assert "The receiver answered 500." in shown
    OutgoingWebhook.objects.update(rests_until=None)
    network.answer = answer(200)
    assert browser.post(f"{one}deliveries/{WebhookDelivery.objects.get().pk}/").url == one
    deliver()
    assert [it["data"]["message"]["body"] for it in told(network)] == ["anything"] * 2
    assert "delivered, 2 attempts." in text_of(browser.get(one))
    for word in ("Switch on", "Switch off"):
        browser.post(f"{one}switch/")
        assert f">{word}</button>" in text_of(browser.get(one))
    assert browser.post(f"{one}remove/").url == here
    assert not OutgoingWebhook.objects.exists()


def test_commands_are_added_and_removed_and_refusals_are_shown(signed_in, alice, bob, bot, hall, ops):
    browser, here = signed_in(alice), f"/accounts/bots/{bot.pk}/webhooks/"
    for wrong in ({"url": "http://example.org/"}, {"url": ""}, {"url": URL, "rooms": ["nowhere"]}):
        assert browser.post(here, wrong).status_code == 400
    browser.post(here, {"url": URL})
    one = f"{here}{OutgoingWebhook.objects.get().pk}/"
    assert browser.post(f"{one}commands/", {"name": "/deploy", "usage": "service", "room": hall.slug}).url == one
    command = BotCommand.objects.get()
    assert (command.name, command.room) == ("deploy", hall)
    taken = browser.post(f"{one}commands/", {"name": "deploy"})
    assert (taken.status_code, "There is a command /deploy already." in text_of(taken)) == (400, True)
    ids = re.findall(r' id="([^"]+)"', text_of(taken))
    assert len(ids) == len({*ids})
    other = signed_in(bob)
    for path in (here, one):
        assert other.get(path).status_code == 404
    for path in ("switch/", "remove/", "commands/", f"commands/{command.pk}/remove/", "deliveries/1/"):
        assert other.post(f"{one}{path}", {"name": "x"}).status_code == 404
    browser.post(f"{one}commands/{command.pk}/remove/")
    assert not BotCommand.objects.exists()
