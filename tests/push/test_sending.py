"""Pushes: what a browser gets, and what follows from the answers of its push service."""

import json
import time
from datetime import timedelta

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from chat import outbound, protocol
from chat.actions import joining
from chat.actions.direct import open_conversation
from chat.actions.followers import cursors
from chat.actions.followers import notices as follower
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.actions.push_subscriptions import MAX_FAILURES
from chat.actions.rooms import create_room
from chat.actions.tasks.push import push_missed, push_test
from chat.models import Block, Level, Membership, Message, PushSubscription, Room
from chat.push import sending
from chatsite.config import vapid_key
from tests.cases import each
from tests.cast import ask, say
from tests.notices import run
from tests.push.service import Device, claims_of

KEY = vapid_key.new()
answered = outbound.Answer(201, {}, b"")


@pytest.fixture(autouse=True)
def key(settings):
    settings.CHAT_VAPID_KEY = KEY
    settings.SITE_URL = "https://chat.example.org"


@pytest.fixture
def device(network, bob):
    return Device(network).sign_in(bob)


@pytest.fixture
def subscription(device, bob, ops):
    return device.subscribe()


def test_the_browser_gets_an_encrypted_and_signed_push_about_a_mention(device, subscription, alice, ops):
    message = say(alice, ops, "@bob the **map**\n is here")
    push_missed.call(subscription.pk, ops.pk, 0, message.seq)
    [content], [headers] = device.received, device.headers
    assert content["web_push"] == 8030
    notification = content["notification"]
    assert notification["title"] == "\u2068alice\u2069 in \u2068Ops\u2069"
    assert notification["body"] == "@bob the **map** is here"
    assert notification["navigate"] == f"https://chat.example.org/rooms/ops/#{message.seq}"
    assert (notification["tag"], notification["app_badge"], content["app_badge"]) == ("chat.ops", "1", 1)
    assert (headers["ttl"], headers["urgency"], len(headers["topic"])) == ("86400", "high", 32)
    claims = claims_of(headers["authorization"])
    assert claims["aud"] == "https://push.example.org"
    assert claims["sub"] == "https://chat.example.org"
    assert 0 < claims["exp"] - time.time() <= 24 * 3600
    subscription.refresh_from_db()
    assert subscription.last_ok_at is not None


def push(subscription, room, message):
    push_missed.call(subscription.pk, room.pk, 0, message.seq)


@each(
    ("content", "title", "body"),
    [
        ("full", "\u2068alice\u2069 in \u2068Ops\u2069", "the second\n2 new messages"),
        ("names", "\u2068alice\u2069 in \u2068Ops\u2069", "2 new messages"),
        ("none", "Chat", "New message"),
    ],
)
def test_the_setting_says_how_much_of_a_message_is_shown(
    device, subscription, alice, ops, settings, content, title, body
):
    settings.CHAT_PUSH_CONTENT = content
    say(alice, ops, "the first")
    push(subscription, ops, say(alice, ops, "the second"))
    notification = device.received[-1]["notification"]
    assert (notification["title"], notification["body"]) == (title, body)
    if content != "full":
        assert "second" not in json.dumps(device.received[-1])
    if content == "none":
        assert "alice" not in json.dumps(device.received[-1])


def test_a_direct_message_of_two_has_the_name_of_its_author_only(device, subscription, alice, bob):
    room, _ = open_conversation(alice, [bob.pk], "network")
    push(subscription, room, say(alice, room, "hello"))
    assert device.received[-1]["notification"]["title"] == "\u2068alice\u2069"
    assert device.headers[-1]["urgency"] == "high"


def test_a_message_for_everyone_who_wants_all_of_a_room_waits_for_a_device_that_saves_power(
    device, subscription, alice, ops
):
    push(subscription, ops, say(alice, ops, "hello"))
    assert device.headers[-1]["urgency"] == "normal"


def read(bob, ops, message):
    ask(bob, ops, protocol.Read(seq=message.seq))


def remove_message(bob, ops, message):
    ask(message.author, ops, protocol.Delete(seq=message.seq))


def leave(bob, ops, message):
    joining.leave(bob, ops)


def mute_room(bob, ops, message):
    Membership.objects.filter(person=bob, room=ops).update(notify=Level.NOTHING)


def block(bob, ops, message):
    Block.objects.create(person=bob, blocked=message.author)


@each("change", [read, remove_message, leave, mute_room, block])
def test_nothing_is_sent_about_a_message_that_is_not_missed_any_more(device, subscription, alice, bob, ops, change):
    device.received.clear()
    message = say(alice, ops, "@bob hello")
    change(bob, ops, message)
    push(subscription, ops, message)
    assert device.received == []


@each("character", ["\x01", "🙂", '"', "e\u0301", "\ud7ff"])
def test_the_longest_push_fits(device, subscription, alice, bob, character):
    """Use the longest names as well, of characters that take the most bytes."""
    room = create_room(alice, "🙂" * 39 + "x", visibility=Room.Visibility.PRIVATE)
    import_memberships(room, [MembershipImport(bob)])
    message = say(alice, room, "hello")
    Message.objects.filter(pk=message.pk).update(body=character * 4000)
    alice.name = "🙂" * 40
    alice.save(update_fields=["name"])
    push(subscription, room, message)
    assert len(device.received[-1]["notification"]["body"]) <= 300


def test_a_test_arrives(device, subscription):
    push_test.call(subscription.pk)
    assert device.received[-1]["notification"]["title"] == "Chat"
    assert "topic" not in device.headers[-1]


def test_the_signature_for_a_push_service_is_kept(device, subscription):
    push_test.call(subscription.pk)
    push_test.call(subscription.pk)
    one, other = (it["authorization"] for it in device.headers)
    assert one == other


def test_a_message_becomes_a_push_to_each_device_of_the_person(device, subscription, alice, bob, ops):
    """Take the whole way: the follower, the decision, and the tasks that it enqueues."""
    now = timezone.now()
    cursors.start(follower.NAME)
    say(alice, ops, "@bob the map is here")
    run.follow(now)
    run.decide(now)
    assert device.received == []
    for name, arguments in run.tasks():
        assert name == "push_missed"
        push_missed.call(*arguments)
    assert [it["notification"]["body"] for it in device.received] == ["@bob the map is here"]
    run.follow(now)
    run.decide(now + timedelta(minutes=1))
    assert run.tasks() == []


def test_a_site_that_has_lost_its_key_sends_nothing_and_keeps_the_subscriptions(device, subscription, settings):
    settings.CHAT_VAPID_KEY = ""
    push_test.call(subscription.pk)
    assert (device.received, PushSubscription.objects.count()) == ([], 1)


# ---- What follows from answers


def answer(status, *headers):
    return "\r\n".join([f"HTTP/1.1 {status} x", *headers, "Content-Length: 0", "", ""]).encode()


@each("status", [404, 410])
def test_a_subscription_that_the_push_service_does_not_know_is_removed(device, subscription, status):
    device.answer = answer(status)
    push_test.call(subscription.pk)
    assert not PushSubscription.objects.exists()
    push_test.call(subscription.pk)  # one that was waiting
    assert len(device.received) == len(device.headers)


@each(
    ("status", "headers", "seconds"),
    [
        (429, ["Retry-After: 120"], 120),
        (429, ["Retry-After: 0"], 10),
        (429, ["Retry-After: 999999"], 3600),
        (429, ["Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"], 10),
        (429, ["Retry-After: soon"], 60),
        (429, [], 60),
        (500, [], 60),
        (503, ["Retry-After: 30"], 30),
    ],
)
def test_a_push_service_that_is_busy_is_asked_later(device, subscription, status, headers, seconds):
    device.answer = answer(status, *headers)
    with pytest.raises(RetryLater) as refusal:
        push_test.call(subscription.pk)
    assert refusal.value.seconds == seconds
    assert PushSubscription.objects.get().failures == 1


@each("status", [301, 400, 401, 403, 413])
def test_a_push_that_is_refused_is_given_up(device, subscription, status):
    device.answer = answer(status, "Location: https://push.example.org/elsewhere")
    with pytest.raises(GiveUp, match=str(status)):
        push_test.call(subscription.pk)
    assert PushSubscription.objects.get().failures == 1


def test_a_push_service_without_an_answer_is_asked_again_by_the_queue(device, subscription, network):
    network.names["push.example.org"] = iter([])
    with pytest.raises(outbound.NoAnswer) as refusal:
        push_test.call(subscription.pk)
    assert subscription.endpoint not in str(refusal.value)
    assert PushSubscription.objects.get().failures == 1


def test_a_subscription_at_an_address_that_is_not_public_is_removed(device, subscription, network):
    network.names["push.example.org"] = iter(["10.0.0.1"])
    with pytest.raises(GiveUp):
        push_test.call(subscription.pk)
    assert (network.connected, PushSubscription.objects.count()) == ([], 0)


def test_a_subscription_with_a_point_that_is_not_on_the_curve_is_removed(device, subscription):
    PushSubscription.objects.update(p256dh="B" + "A" * 86)
    with pytest.raises(GiveUp):
        push_test.call(subscription.pk)
    assert (device.received, PushSubscription.objects.count()) == ([], 0)


@each(
    ("failures", "days", "is_removed"),
    [(MAX_FAILURES, 8, True), (MAX_FAILURES, 6, False), (3, 8, False)],
)
def test_a_subscription_that_fails_often_and_long_is_removed(device, subscription, failures, days, is_removed):
    since = timezone.now() - timedelta(days=days)
    PushSubscription.objects.update(failures=failures, last_ok_at=since)
    device.answer = answer(500)
    with pytest.raises(RetryLater):
        push_test.call(subscription.pk)
    assert PushSubscription.objects.exists() is not is_removed


def test_a_success_ends_the_failures_and_is_recorded_once_an_hour(device, subscription, django_assert_num_queries):
    PushSubscription.objects.update(failures=3)
    push_test.call(subscription.pk)
    assert PushSubscription.objects.get().failures == 0
    with django_assert_num_queries(2):
        push_test.call(subscription.pk)


@each(("failures", "seconds"), [(0, 10), (1, 3)])
def test_a_push_service_that_has_failed_holds_up_the_others_for_less_time(
    device, subscription, monkeypatch, failures, seconds
):
    PushSubscription.objects.update(failures=failures)
    asked = []
    monkeypatch.setattr(
        outbound, "request", lambda *args, **options: asked.append(options["limits"].seconds) or answered
    )
    push_test.call(subscription.pk)
    assert asked == [seconds]


# ---- Encryption


def test_the_encryption_is_that_of_rfc_8291():
    """Decrypt the example in its appendix A."""
    private = int.from_bytes(sending.decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    content = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    text = http_ece.decrypt(
        sending.decoded(content),
        private_key=ec.derive_private_key(private, ec.SECP256R1()),
        auth_secret=sending.decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        version="aes128gcm",
    )
    assert text == b"When I grow up, I want to be a watermelon"


def test_a_push_that_is_too_long_is_not_sent():
    with pytest.raises(ValueError, match="3994 bytes"):
        sending.encrypted(b"x" * 3994, "", "")
