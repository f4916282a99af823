"""The fingerprint of a post recognises a retry, and reveals nothing about a text that was edited away."""

import hashlib
import uuid

import pytest

from chat import protocol
from chat.actions import fingerprints, session_keys
from chat.actions.batch import Request
from chat.actions.messages import execute, execute_batch
from chat.errors import ActionError
from chat.models import Message
from tests.cast import ask, say


@pytest.fixture
def post(bob, hall):
    """Post one text under one client id, as often as wanted."""
    client_id = uuid.uuid4()
    return lambda body="first": execute(Request(bob.pk, hall.pk, protocol.Post(client_id=client_id, body=body)))


def plain(room, body):
    """Return the fingerprint that anyone who guesses a text could compute."""
    return hashlib.blake2b(f"{room.pk}\0None\0{body}".encode(), digest_size=16).hexdigest()


def edit(person, room, seq, body="second"):
    return ask(person, room, protocol.Edit(seq=seq, body=body))


def stored(seq=1):
    return Message.objects.get(seq=seq, author__name="bob").fingerprint


def test_fingerprint_of_an_edited_message_is_keyed(post, bob, hall):
    post("first")
    edit(bob, hall, 1)
    assert plain(hall, "first") not in stored()
    assert stored().startswith("k")
    assert len(stored()) == 32


def test_a_retry_is_recognised_after_edits_and_another_text_is_not(post, bob, hall):
    assert (post().created, post().created) == (True, False)
    edit(bob, hall, 1)
    edit(bob, hall, 1, "third")
    assert (post().seq, post().created) == (1, False)
    with pytest.raises(ActionError):
        post("another")


def test_a_retry_is_recognised_while_the_secret_key_is_among_the_fallbacks(post, bob, hall, settings):
    post()
    edit(bob, hall, 1)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret"
    assert not post().created
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(ActionError):
        post()


def test_the_release_before_recognises_unedited_posts(post, hall):
    post("first")
    assert stored() == plain(hall, "first")


def test_a_message_posted_and_edited_in_one_batch_is_keyed(bob, hall):
    commands = [protocol.Post(client_id=uuid.uuid4(), body="first"), protocol.Edit(seq=1, body="second")]
    execute_batch([Request(bob.pk, hall.pk, command) for command in commands])
    assert stored().startswith("k")


def test_messages_edited_by_the_release_before_are_keyed_later(post, bob, hall):
    post("first")
    say(bob, hall, "untouched")
    Message.objects.filter(seq=1).update(body="second", edited_at="2026-01-01T00:00Z")
    session_keys.end_now()
    assert stored().startswith("k")
    assert stored(2) == plain(hall, "untouched")
    assert not post().created
    assert fingerprints.key_edited() == 0


def test_a_post_and_an_edit_take_no_more_statements(post, bob, hall, django_assert_max_num_queries):
    post()
    with django_assert_max_num_queries(12) as asked:
        edit(bob, hall, 1)
    assert len([it for it in asked if it["sql"].startswith('UPDATE "chat_message"')]) == 1
