"""Posting a message over the API: retries, authentication and rate limits."""

import json

from django.test import Client

from chat.actions.accounts import issue_token
from chat.models import Membership, Message
from tests.api.client import HALL, assert_refused, draft, post
from tests.cases import each
from tests.cast import say


def test_posted_message_is_returned_with_all_its_fields(program, alice, bob, hall):
    say(alice, hall)
    fields = draft("*well*", reply_to=1)
    response = post(program(bob), HALL, fields)
    assert response.status_code == 201
    message = response.json()["message"]
    assert (message["seq"], message["client_id"], message["reply_to"]) == (2, fields["client_id"], 1)
    assert (message["body"], message["html"]) == ("*well*", '<p dir="auto"><em>well</em></p>')
    assert message["author"]["name"] == "bob"
    assert program(alice).get(HALL).json()["messages"][1] == message


def test_an_integer_may_be_written_with_a_point(program, alice, bob, hall):
    say(alice, hall)
    assert post(program(bob), HALL, draft(reply_to=1.0)).json()["message"]["reply_to"] == 1
    assert_refused(post(program(bob), HALL, draft(reply_to=1.5)), 400, "bad_frame")


def test_retry_is_answered_with_the_first_message(program, bob, hall):
    client, fields = program(bob), draft()
    first, second = post(client, HALL, fields), post(client, HALL, fields)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Message.objects.filter(room=hall).count() == 1


def test_message_needs_nothing_but_a_text(program, bob, hall):
    client = program(bob)
    first, second = (post(client, HALL, {"body": "hi"}) for _ in range(2))
    assert (first.status_code, second.status_code, Message.objects.filter(room=hall).count()) == (201, 201, 2)
    fields = {"body": "hi", "client_id": first.json()["message"]["client_id"]}
    assert post(client, HALL, fields).json() == first.json()


def test_same_key_posts_once_for_each_person(program, alice, bob, hall):
    key = {"Idempotency-Key": "backup 2026-01-02"}
    first, retry = (post(program(bob), HALL, {"body": "Backup finished"}, **key) for _ in range(2))
    assert (first.status_code, retry.status_code, retry.json()) == (201, 200, first.json())
    assert_refused(post(program(bob), HALL, {"body": "Backup failed"}, **key), 409, "conflict")
    assert post(program(alice), HALL, {"body": "Backup failed"}, **key).status_code == 201
    other = post(program(bob), HALL, {"body": "Backup finished"}, **{"Idempotency-Key": "x" * 200})
    assert other.json()["message"]["seq"] == 3


@each("key", ["", "x" * 201, "  ", "é", "a\tb"])
def test_a_key_has_up_to_200_characters_of_ascii(program, bob, hall, key):
    refused = post(program(bob), HALL, {"body": "hi"}, **{"Idempotency-Key": key})
    assert_refused(refused, 400, "bad_frame")
    assert refused.json()["error"]["field"] == "Idempotency-Key"


def test_client_id_of_another_message_is_a_conflict(program, bob, hall):
    client, fields = program(bob), draft()
    post(client, HALL, fields)
    assert_refused(post(client, HALL, fields | {"body": "other"}), 409, "conflict")


def test_too_many_posts_get_a_retry_delay(program, alice, bob, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.1, 2
    answers = [post(program(bob), HALL, draft()) for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    assert_refused(answers[2], 429, "rate_limited")
    assert 1 <= int(answers[2]["Retry-After"]) <= 10
    assert post(program(alice), HALL, draft()).status_code == 201


def test_posts_from_one_address_count_together(program, alice, bob, hall, settings):
    settings.CHAT_POSTS_PER_ADDRESS = 0.1
    assert post(program(alice), HALL, draft()).status_code == 201
    refused = post(program(bob), HALL, draft())
    assert_refused(refused, 429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 10
    elsewhere = program(bob)
    elsewhere.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert post(elsewhere, HALL, draft()).status_code == 201


def test_muted_member_can_read_but_not_write(program, bob, hall):
    client = program(bob)
    Membership.objects.filter(person=bob).update(muted_until="2999-01-01T00:00Z")
    assert client.get(HALL).status_code == 200
    response = post(client, HALL, draft())
    assert_refused(response, 403, "muted")
    assert int(response["Retry-After"]) > 0


def test_archived_room_can_be_read_but_not_written_to(program, bob, hall):
    hall.archived_at = hall.created_at
    hall.save()
    assert program(bob).get(HALL).status_code == 200
    assert_refused(post(program(bob), HALL, draft()), 403, "archived")


def test_utf8_body_is_returned_unchanged(program, bob, hall):
    text = "Grüße, 世界 👩‍👩‍👧 \u0301"
    posted = post(program(bob), HALL, json.dumps(draft(text), ensure_ascii=False))
    assert posted.json()["message"]["body"] == text


def test_person_posts_only_with_their_own_token(bob, alice, hall):
    message = post(Client(), HALL, draft(author=alice.pk), Authorization=f"Bearer {issue_token(bob)}").json()["message"]
    assert message["author"]["name"] == "bob"
