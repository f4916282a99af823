"""Outgoing webhooks from a message to the receiver, and back."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook

from chat import protocol
from chat.actions import outgoing_webhooks, webhook_deliveries
from chat.errors import ActionError
from chat.models import Job, Membership, Message, OutgoingWebhook, WebhookDelivery
from tests.cast import ask, say

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://hooks.example.org/chat/secret-path"


def answer(status, body=b"", *headers):
    head = [f"HTTP/1.1 {status} Fine", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda asked: "\r\n".join(head).encode() + body


@pytest.fixture
def hook(network, alice, bot, hall, follow):
    network.answer = answer(200)
    events = ["message", "edited", "deleted", "changed", "member"]
    return outgoing_webhooks.create(alice, bot.pk, url=URL, events=events, rooms=[hall.slug])


def told(network):
    return [json.loads(asked.body) for asked in network.asked]


def test_a_message_is_told_signed_and_once(network, deliver, hook, alice, hall):
    message = say(alice, hall, "deploy now")
    deliver()
    deliver()
    [asked] = network.asked
    event = Webhook(hook.secret).verify(asked.body, asked.headers)
    assert event["type"] == "message"
    assert event["data"]["room"] == {"slug": hall.slug, "name": hall.name}
    assert (event["data"]["message"]["seq"], event["data"]["message"]["body"]) == (message.seq, "deploy now")
    [delivery] = WebhookDelivery.objects.all()
    assert (asked.headers["webhook-id"], delivery.status, delivery.attempts) == (delivery.key, 200, 1)
    assert delivery.delivered_at is not None
    assert "POST /chat/secret-path " in asked.line


def test_each_kind_of_change_is_an_event(network, deliver, hook, alice, bob, hall):
    message = say(alice, hall, "one")
    deliver()
    ask(alice, hall, protocol.Edit(seq=message.seq, body="two"))
    deliver()
    ask(bob, hall, protocol.React(seq=message.seq, emoji="👍", on=True))
    deliver()
    ask(alice, hall, protocol.Delete(seq=message.seq))
    deliver()
    assert [it["type"] for it in told(network)] == ["message", "edited", "changed", "deleted"]
    assert [it["data"]["message"]["body"] for it in told(network)] == ["one", "two", "two", ""]


def test_a_message_that_was_deleted_meanwhile_is_not_told(network, follow, deliver, hook, alice, hall):
    message = say(alice, hall, "one")
    follow()
    ask(alice, hall, protocol.Delete(seq=message.seq))
    deliver()
    assert [it["type"] for it in told(network)] == ["deleted"]


def test_words_and_events_choose_messages(network, deliver, hook, alice, bot, hall):
    outgoing_webhooks.change(alice, hook, words=["Deploy"], events=["message"])
    first = say(alice, hall, "deploy it")
    say(alice, hall, "do not deploy it")
    say(alice, hall, f"please do, @{bot.name}")
    ask(alice, hall, protocol.Edit(seq=first.seq, body="deploy all"))
    deliver()
    assert [it["data"]["message"]["body"] for it in told(network)] == ["please do, @Deployer", "deploy all"]


def test_bots_do_not_answer_each_other_unless_they_are_named(network, deliver, hook, alice, bot, hall):
    from chat.actions import bots, members

    other = bots.create(alice, "Other")
    members.add(alice, hall, person_id=other.pk)
    say(bot, hall, "my own")
    say(other, hall, "hello")
    say(other, hall, f"hello @{bot.name}")
    deliver()
    found = [(it["type"], it["data"].get("message", it["data"]).get("body")) for it in told(network)]
    assert sorted(found) == [("member", None), ("message", f"hello @{bot.name}")]


def test_an_answer_is_posted_once_as_a_reply(network, deliver, hook, alice, bot, hall):
    message = say(alice, hall, "deploy now")
    network.answer = answer(200, b'{"text": "Deployed"}')
    deliver()
    outgoing_webhooks.send_again(hook, WebhookDelivery.objects.get().pk)
    deliver()
    [posted] = Message.objects.filter(author=bot)
    assert (posted.body, posted.reply_to) == ("Deployed", message.seq)
    assert len({asked.headers["webhook-id"] for asked in network.asked}) == 1
    assert len(network.asked) == 2


def test_only_what_has_ended_is_sent_again_and_only_while_the_webhook_is_on(network, follow, hook, alice, hall):
    say(alice, hall, "one")
    follow()
    delivery = WebhookDelivery.objects.get()
    with pytest.raises(ActionError, match="waits for its next attempt"):
        outgoing_webhooks.send_again(hook, delivery.pk)
    webhook_deliveries.drop(delivery, "")
    outgoing_webhooks.change(alice, hook, enabled=False)
    with pytest.raises(ActionError, match="switched off"):
        outgoing_webhooks.send_again(hook, delivery.pk)
    assert Job.objects.count() == 1


def test_a_bot_that_was_removed_is_told_nothing_more(network, follow, deliver, hook, alice, bot, hall):
    say(alice, hall, "before")
    follow()
    Membership.objects.filter(person=bot, room=hall).update(left_at=timezone.now())
    say(alice, hall, "after")
    deliver()
    assert not network.asked
    [delivery] = WebhookDelivery.objects.all()
    assert delivery.given_up_at is not None


def test_a_failure_is_repeated_later_with_the_same_id(network, deliver, hook, alice, hall):
    say(alice, hall, "one")
    for broken in (answer(500), answer(302, b"", "Location: https://10.0.0.1/"), lambda asked: b""):
        network.answer = broken
        [job] = deliver()
        assert job.status == Job.State.READY
    OutgoingWebhook.objects.update(rests_until=None)
    network.answer = answer(204)
    deliver()
    assert len(network.asked) == 4
    assert len({asked.headers["webhook-id"] for asked in network.asked}) == 1
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since) == (0, None)


def test_a_failing_webhook_rests_and_is_switched_off_after_a_day(network, deliver, hook, alice, bot, hall):
    network.answer = answer(500)
    for number in range(webhook_deliveries.RESTS_AFTER + 2):
        say(alice, hall, str(number))
    deliver()
    assert len(network.asked) == webhook_deliveries.RESTS_AFTER
    long_ago = timezone.now() - webhook_deliveries.MAX_FAILING
    last = webhook_deliveries.MAX_FAILURES - 1
    OutgoingWebhook.objects.update(failures=last, failing_since=long_ago, rests_until=None)
    deliver()
    hook.refresh_from_db()
    assert hook.disabled_at is not None
    [told_owner] = Message.objects.filter(author=bot)
    assert "was switched off" in told_owner.body
    assert Membership.objects.filter(person=alice, room=told_owner.room).exists()


def test_a_receiver_that_is_gone_switches_the_webhook_off(network, deliver, hook, alice, hall):
    say(alice, hall, "one")
    network.answer = answer(410)
    deliver()
    say(alice, hall, "two")
    deliver()
    assert len(network.asked) == 1
    hook.refresh_from_db()
    assert hook.disabled_reason == "The receiver answered 410."


def test_a_receiver_may_ask_for_a_delay(network, deliver, hook, alice, hall):
    say(alice, hall, "one")
    network.answer = answer(503, b"", "Retry-After: 3600")
    [job] = deliver()
    job.refresh_from_db()
    assert job.due_at - timezone.now() > timedelta(minutes=59)


def test_only_moderators_choose_rooms_and_only_public_addresses_are_taken(network, alice, bob, bot, hall, settings):
    with pytest.raises(ActionError, match="no such bot"):
        outgoing_webhooks.create(bob, bot.pk, url=URL)
    for url in ("http://hooks.example.org/", "https://hooks.example.org:8443/", "https://a:b@hooks.example.org/", "x"):
        with pytest.raises(ActionError, match="must begin with https"):
            outgoing_webhooks.create(alice, bot.pk, url=url)
    Membership.objects.filter(person=alice, room=hall).update(role="member")
    with pytest.raises(ActionError, match="Only moderators"):
        outgoing_webhooks.create(alice, bot.pk, url=URL, rooms=[hall.slug])


def test_a_post_costs_the_same_with_a_hundred_webhooks(network, alice, bot, hall):
    say(alice, hall, "the first loads what later ones have")
    counts = []
    for number in (0, 100):
        hooks = [OutgoingWebhook(bot=bot, url=URL, secret="whsec_x", events=["message"]) for _ in range(number)]
        for hook in OutgoingWebhook.objects.bulk_create(hooks):
            hook.rooms.add(hall)
        with CaptureQueriesContext(connection) as queries:
            say(alice, hall, f"with {number}")
        counts.append(len(queries))
    assert counts[0] == counts[1]
