"""Incoming webhooks: who creates them, what they take and post, and what becomes of their secret."""

import json
import logging
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from chat.actions import bots, sanctions, webhooks
from chat.actions.rooms import create_room
from chat.models import AuditEntry, IncomingWebhook, Membership, Person, Room
from chat.telemetry.logs import without_secrets
from tests.api.client import assert_refused, post
from tests.cases import each
from tests.cast import PASSWORD

HOOKS = "/api/rooms/ops/webhooks/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def hook(alice, ops):
    """The path of a webhook of the private room."""
    _, secret = webhooks.create(alice, ops, name="Deploys", label="CI")
    return f"/api/hooks/{secret}/"


def send(hook, body, kind="text/plain", **headers):
    return Client().post(hook, body, content_type=kind, headers=headers)


def newest(room):
    return room.messages.exclude(author=None).latest("seq").body


def test_a_moderator_creates_a_webhook_and_a_program_posts_with_it(program, alice, ops, settings):
    settings.SITE_URL = "https://chat.example.org"
    mine = program(alice)
    made = post(mine, HOOKS, {"name": "Deploys", "label": "CI"}).json()
    bot = Person.objects.get(name="Deploys")
    assert (made["webhook"]["bot"]["id"], made["webhook"]["label"], bot.bot_owner) == (bot.pk, "CI", alice)
    assert Membership.objects.current().filter(room=ops, person=bot).exists()
    path = "/api/hooks/" + made["url"].partition("/api/hooks/")[2]
    answer = send(path, "The build is **green**.")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok", "text/plain")
    message = ops.messages.latest("seq")
    assert (message.author, message.body) == (bot, "The build is **green**.")
    [listed] = mine.get(HOOKS).json()["webhooks"]
    assert listed["last_used_at"] is not None
    assert "url" not in listed
    assert post(mine, HOOKS, {"bot": bot.pk}).status_code == 201
    said = AuditEntry.objects.filter(person_id=bot.pk).order_by("pk").values_list("action", "room")
    assert list(said) == [("add_bot", ""), ("add_member", "ops"), ("add_webhook", "ops"), ("add_webhook", "ops")]


@each(
    ("payload", "body"),
    [
        ({"text": "*Done*: <https://a.example|log> &amp; more"}, "**Done**: [log](https://a.example) & more"),
        ({"text": "up", "username": "Graf*ana", "icon_emoji": ":rotating_light:"}, "🚨 **Grafana**\nup"),
        ({"text": "up", "channel": "#general", "link_names": 1}, "up"),
        ({"attachments": [{"title": "Disk", "title_link": "https://a.example", "text": "full"}]}, None),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Deploy"}}]}, "**Deploy**"),
    ],
)
def test_what_slack_takes_is_posted_as_markdown(hook, ops, payload, body):
    assert send(hook, json.dumps(payload), "application/json").status_code == 200
    body = body or "**[Disk](https://a.example)**\nfull"
    assert newest(ops) == body
    form = urlencode({"payload": json.dumps(payload)})
    assert send(hook, form, "application/x-www-form-urlencoded").status_code == 200
    assert newest(ops) == body


def test_a_retry_with_the_same_key_posts_once(hook, ops):
    first, second = (send(hook, "hello", Idempotency_Key="deploy 7", **JSON).json()["message"] for _ in range(2))
    assert first["id"] == second["id"]
    assert ops.messages.filter(body="hello").count() == 1
    assert_refused(send(hook, "other", Idempotency_Key="deploy 7"), 409, "conflict")
    assert send(hook, "hello", **JSON).json()["message"]["id"] != first["id"]


@each(
    ("body", "kind", "status", "code"),
    [
        ("", "text/plain", 415, "bad_frame"),  # the client sends no type with an empty body
        ("  \n", "text/plain", 400, "empty"),
        (b"\xff", "text/plain", 400, "bad_frame"),
        (b"a\x00b", "text/plain", 400, "bad_frame"),
        ("{", "application/json", 400, "bad_frame"),
        ("[]", "application/json", 400, "bad_frame"),
        ("{}", "application/json", 400, "empty"),
        ('{"username": "x"}', "application/json", 400, "empty"),
        ('{"blocks": ["x", {"type": 7}], "text": {"a": 1}}', "application/json", 400, "empty"),
        ('{"attachments": [{"text": "\\ud800"}]}', "application/json", 400, "bad_frame"),
        ("text=x", "application/x-www-form-urlencoded", 400, "bad_frame"),
        ("<a/>", "text/xml", 415, "bad_frame"),
        ("x" * 65_537, "text/plain", 413, "too_long"),
    ],
)
def test_a_body_that_cannot_be_posted_is_refused(hook, ops, body, kind, status, code):
    assert_refused(send(hook, body, kind), status, code)
    assert not ops.messages.exclude(author=None).exists()


def test_a_long_text_is_cut(settings, hook, ops):
    settings.CHAT_MAX_BODY = 20
    assert send(hook, "x" * 30).status_code == 200
    assert newest(ops) == "x" * 19 + "…"


def test_an_archived_room_a_muted_bot_and_a_removed_one_refuse(hook, alice, ops):
    bot = Person.objects.get(name="Deploys")
    Room.objects.filter(pk=ops.pk).update(archived_at=timezone.now())
    assert_refused(send(hook, "x"), 403, "archived")
    Room.objects.filter(pk=ops.pk).update(archived_at=None)
    Membership.objects.filter(person=bot).update(muted_until=timezone.now() + timedelta(hours=1))
    assert send(hook, "x").json()["error"]["code"] == "muted"
    Membership.objects.filter(person=bot).update(muted_until=None)
    sanctions.close_membership(alice, ops, bot)
    assert_refused(send(hook, "x"), 404, "not_found")
    assert not ops.messages.filter(author=bot).exists()


def test_a_revoked_webhook_does_not_exist(program, alice, bob, hook, ops):
    found = IncomingWebhook.objects.get()
    assert_refused(program(bob).get(HOOKS), 403, "forbidden")
    assert_refused(post(program(bob), HOOKS, {"name": "Mine"}), 403, "forbidden")
    assert_refused(program(bob).delete(f"{HOOKS}{found.pk}/"), 403, "forbidden")
    assert send(hook, "x").status_code == 200
    elsewhere = create_room(bob, "Else")
    assert_refused(program(bob).delete(f"/api/rooms/{elsewhere.slug}/webhooks/{found.pk}/"), 404, "not_found")
    assert program(alice).delete(f"{HOOKS}{found.pk}/").status_code == 204
    assert_refused(send(hook, "x"), 404, "not_found")
    assert_refused(program(alice).delete(f"{HOOKS}{found.pk}/"), 404, "not_found")


def test_the_bot_must_be_ones_own_and_a_conversation_has_no_webhooks(program, alice, bob, ops):
    theirs = bots.create(bob, "Theirs")
    assert_refused(post(program(alice), HOOKS, {"bot": theirs.pk}), 404, "not_found")
    assert_refused(post(program(alice), HOOKS, {}), 400, "empty")
    direct = post(program(alice), "/api/direct/", {"people": [bob.pk]}).json()["room"]["slug"]
    assert_refused(post(program(alice), f"/api/rooms/{direct}/webhooks/", {"name": "X"}), 403, "forbidden")
    staff = Person.objects.create_superuser("chief", PASSWORD)
    assert_refused(post(program(staff), HOOKS, {"bot": theirs.pk}), 404, "not_found")


def test_wrong_secrets_count_as_wrong_tokens(settings, hook):
    settings.CHAT_WRONG_TOKENS_PER_MINUTE = 2
    wrong = f"/api/hooks/{'x' * 43}/"
    assert [send(wrong, "x").status_code for _ in range(3)] == [404, 404, 429]
    assert Client().get("/api/rooms/", headers={"Authorization": "Bearer wrong"}).status_code == 429


def test_messages_of_a_webhook_are_limited(settings, monkeypatch, hook):
    settings.CHAT_POSTS_PER_SECOND = 5
    monkeypatch.setattr("chat.rate_limits.limits.HOOKS_PER_SECOND", 0.001)
    assert [send(hook, "x").status_code for _ in range(11)] == [200] * 10 + [429]


def test_the_secret_is_in_no_log_and_no_answer(program, alice, hook, caplog):
    caplog.set_level(logging.DEBUG)
    secret = hook.split("/")[3]
    for path in (hook, hook.replace("/hooks/", "//hooks//"), hook.upper().replace("/API/HOOKS/", "/api/hooks/")):
        send(path, "")
    lines = [without_secrets(line) for line in caplog.text.splitlines()]
    assert any("/api/hooks/" in line for line in lines)
    assert not [line for line in lines if secret.lower() in line.lower()]
    assert secret not in program(alice).get(HOOKS).content.decode()
    assert not IncomingWebhook.objects.filter(digest__contains=secret[:10]).exists()
