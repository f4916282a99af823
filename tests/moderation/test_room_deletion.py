"""The owners of an empty room can delete it. No other room can be deleted."""

import pytest

from chat import protocol
from chat.actions.room_deletion import delete_room
from chat.actions.room_settings import change_room
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Person, Room
from tests.cases import each
from tests.cast import PASSWORD, ask, say

PAGE, ADDRESS = "/rooms/hall/delete/", "/api/rooms/hall/"


def test_an_owner_deletes_an_empty_room(signed_in, alice, hall):
    browser = signed_in(alice)
    assert PAGE in browser.get("/rooms/hall/settings/").text
    assert Room.objects.filter(pk=hall.pk).exists()
    assert browser.get(PAGE).status_code == 200
    answer = browser.post(PAGE, {"reason": "A mistake"}, follow=True)
    assert "Hall has been deleted." in answer.text
    assert not Room.objects.filter(slug="hall").exists()
    assert not Membership.objects.filter(room_id=hall.pk).exists()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.room, entry.reason, entry.detail) == (
        "alice",
        "delete_room",
        "hall",
        "A mistake",
        "Hall",
    )


@each("is_deleted", [False, True])
def test_room_with_messages_cannot_be_deleted_even_if_all_are_deleted(signed_in, program, alice, hall, is_deleted):
    say(alice, hall)
    if is_deleted:
        ask(alice, hall, protocol.Delete(seq=1))
    browser = signed_in(alice)
    assert PAGE not in browser.get("/rooms/hall/settings/").text
    assert (browser.get(PAGE).status_code, browser.post(PAGE).status_code) == (200, 400)
    assert program(alice).delete(ADDRESS).json()["error"]["code"] == "conflict"
    assert Room.objects.filter(pk=hall.pk).exists()
    assert not AuditEntry.objects.exists()


def test_a_room_with_nothing_but_notes_of_the_site_is_empty(program, alice, mona, hall):
    change_room(hall, {"topic": "New"}, by=alice)
    ask(mona, hall, protocol.React(seq=1, emoji="👍", on=True))
    assert program(alice).delete(ADDRESS).status_code == 200
    assert not Room.objects.filter(pk=hall.pk).exists()


def test_only_owners_and_staff_delete_a_room(signed_in, program, alice, bob, carol, mona, hall, ops):
    for person in (bob, carol, mona):
        assert signed_in(person).post(PAGE).status_code == 404
        assert program(person).delete(ADDRESS).status_code == 403
    assert program(carol).delete("/api/rooms/ops/").status_code == 404
    assert program(Person.objects.create_superuser("root", PASSWORD)).delete(ADDRESS).json() == {"deleted": "hall"}


def test_api_deletes_a_room_with_a_reason(program, alice, hall):
    assert program(alice).delete(f"{ADDRESS}?reason=Unused").status_code == 200
    assert AuditEntry.objects.get().reason == "Unused"
    assert program(alice).delete(ADDRESS).status_code == 404


def test_room_deleted_during_a_request_is_not_found(alice, hall):
    delete_room(alice, Room.objects.get(pk=hall.pk))
    Membership.objects.all().delete()
    alice.is_superuser = True
    with pytest.raises(ActionError, match="doesn’t exist"):
        delete_room(alice, hall)


def test_the_address_is_free_again(signed_in, alice, hall):
    delete_room(alice, hall)
    assert signed_in(alice).post("/rooms/", {"name": "Hall", "visibility": "public"})["Location"] == "/rooms/hall/"


def test_staff_delete_empty_rooms_in_the_admin_all_or_none(signed_in, alice, hall, ops):
    browser = signed_in(Person.objects.create_superuser("root", PASSWORD))
    asked = {"action": "delete_empty", "_selected_action": [hall.pk, ops.pk]}
    assert "Delete empty rooms" in browser.post("/admin/chat/room/", asked).text
    say(alice, ops)
    answer = browser.post("/admin/chat/room/", {**asked, "confirmed": "yes", "reason": ""}, follow=True)
    assert "Ops has messages" in answer.text
    assert Room.objects.filter(pk=hall.pk).exists()
    browser.post("/admin/chat/room/", {**asked, "_selected_action": [hall.pk], "confirmed": "yes", "reason": "Unused"})
    assert not Room.objects.filter(pk=hall.pk).exists()
