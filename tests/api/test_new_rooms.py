"""The creation of rooms over the API. The rules are those of the page."""

from chat.models import Room
from tests.api.client import assert_refused, post

ROOMS = "/api/rooms/"


def test_new_room_belongs_to_its_creator(program, alice, bob):
    answer = post(program(alice), ROOMS, {"name": "Deploys", "topic": "What goes out"})
    assert answer.status_code == 201
    room, details = answer.json()["room"], answer.json()["details"]
    assert (room["slug"], room["name"], room["topic"]) == ("deploys", "Deploys", "What goes out")
    assert (room["visibility"], room["joined"]) == ("public", True)
    assert [it["name"] for it in details["owners"]] == ["alice"]
    assert program(bob).get("/api/rooms/deploys/").status_code == 200
    assert_refused(post(program(bob), ROOMS, {"name": "deploys"}), 409, "conflict")


def test_private_room_exists_for_its_members_only(program, alice, bob):
    room = post(program(alice), ROOMS, {"name": "Ops", "visibility": "private"}).json()["room"]
    assert room["slug"].startswith("ops-")
    assert_refused(program(bob).get(f"{ROOMS}{room['slug']}/"), 404, "not_found")


def test_guests_create_rooms_only_where_they_may(program, gil, settings):
    settings.CHAT_GUESTS_CREATE_ROOMS = False
    assert_refused(post(program(gil), ROOMS, {"name": "Ours"}), 403, "forbidden")


def test_too_many_rooms_are_refused_on_the_page_and_over_the_api_together(program, signed_in, alice, settings):
    settings.CHAT_ROOMS_PER_HOUR = 2
    assert signed_in(alice).post("/rooms/", {"name": "One", "visibility": "public"}).status_code == 302
    assert post(program(alice), ROOMS, {"name": "Two"}).status_code == 201
    refused = post(program(alice), ROOMS, {"name": "Three"})
    assert_refused(refused, 429, "rate_limited")
    assert int(refused["Retry-After"]) > 60
    assert Room.objects.filter(created_by=alice).count() == 2
