"""The files of a room: on their page and in the API."""

import pytest

from chat.actions import blocks
from chat.actions.removal import DELETE, BulkRequest
from chat.actions.removal import execute as remove
from chat.models import File, Membership, Message
from tests.cases import each
from tests.cast import say, uploaded


def attach(person, room, name, **fields):
    say(person, room, body="", files=[uploaded(person, name, **({"kind": File.MediaKind.FILE} | fields))])


def names(client, room, query=""):
    answer = client.get(f"/api/rooms/{room.slug}/files/{query}")
    assert answer.status_code == 200
    return [it["file"]["name"] for it in answer.json()["files"]]


def shown(client, room, query=""):
    answer = client.get(f"/rooms/{room.slug}/files/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def three(alice, bob, hall):
    attach(alice, hall, "first.png", kind=File.MediaKind.IMAGE, width=40, height=20)
    attach(bob, hall, "second.mp3", kind=File.MediaKind.AUDIO)
    attach(alice, hall, "third.pdf")
    return ["third.pdf", "second.mp3", "first.png"]


def test_files_are_listed_newest_first_by_kind_and_in_pages(signed_in, bob, hall, three):
    client = signed_in(bob)
    assert names(client, hall) == three
    assert names(client, hall, "?kind=image") == ["first.png"]
    page = client.get(f"/api/rooms/{hall.slug}/files/?limit=2").json()
    assert page["more"]
    assert names(client, hall, f"?before={page['files'][-1]['id']}") == ["first.png"]
    assert all(name in shown(client, hall) for name in three)
    assert "third.pdf" not in shown(client, hall, f"?before={page['files'][0]['id']}")
    assert "third.pdf" not in shown(client, hall, "?kind=audio")


def test_files_that_do_not_exist_for_the_person_are_not_listed(signed_in, alice, bob, hall, three):
    remove(DELETE, BulkRequest(None), list(Message.objects.filter(room=hall, seq=3).values_list("pk", flat=True)))
    Membership.objects.filter(person=bob, room=hall).update(floor_seq=1)
    client = signed_in(bob)
    assert names(client, hall) == ["second.mp3"]
    File.objects.filter(name="second.mp3").update(state=File.FileState.REFUSED, refusal="Too large.")
    assert names(client, hall) == []
    assert "No files" in shown(client, hall)
    assert names(signed_in(alice), hall) == ["first.png"]


def test_page_leaves_out_people_whom_the_reader_has_blocked(signed_in, alice, bob, hall, three):
    blocks.block(bob, alice.pk)
    assert "third.pdf" not in shown(signed_in(bob), hall)
    assert "second.mp3" in shown(signed_in(bob), hall)


@each("path", ["/rooms/ops/files/", "/api/rooms/ops/files/"])
def test_nobody_outside_learns_of_the_files_of_a_private_room(path, signed_in, alice, carol, ops):
    attach(alice, ops, "secret.pdf")
    answer = signed_in(carol).get(path)
    assert answer.status_code == 404
    assert b"secret" not in answer.content
