"""Lists of rooms have pages: a site with thousands of rooms sends and renders a few at a time."""

from itertools import chain

import pytest

from chat import room_list
from chat.actions import joining, profiles
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.rooms import create_room
from chat.models import Room
from chat.protocol import MarkUnread
from chat.room_list import RoomPosition
from chat.views import rooms as page
from chat.views import search
from tests.cases import each
from tests.cast import say

API = "/api/rooms/"


@pytest.fixture
def many(alice):
    """Sixty rooms, the newest first."""
    return [create_room(alice, f"Room {number:02}") for number in range(60)][::-1]


def walked(client, query=""):
    """Return the slugs on each page of the API."""
    pages, after = [], ""
    while after is not None:
        answer = client.get(f"{API}?limit=25&after={after}{query}").json()
        pages.append([room["slug"] for room in answer["rooms"]])
        after = answer["next"]
    return pages


def test_room_list_pages_contain_each_room_once_in_order(program, alice, many):
    pages = walked(program(alice))
    assert [len(it) for it in pages] == [25, 25, 11]
    assert [*chain(*pages)][:60] == [room.slug for room in many]


def test_rooms_of_the_same_moment_are_paged_by_id(program, alice, many):
    moment = many[0].head.active_at
    for room in many:
        room.head.active_at = moment
        room.head.save(update_fields=["active_at"])
    assert sorted(chain(*walked(program(alice)))) == sorted(["lobby", *(room.slug for room in many)])


def test_a_program_from_before_the_list_had_pages_gets_a_bounded_list(program, alice, many, monkeypatch):
    assert program(alice).get(API).json()["next"] is None
    assert len(program(alice).get(API).json()["rooms"]) == 61
    assert list(program(alice).get(API).json()) == ["rooms", "next", "more"]


@each("query", ["limit=0", "limit=501", "limit=x", "after=x", "after=1-x", f"q={'x' * 81}"])
def test_invalid_room_list_query_is_refused(program, alice, query):
    assert program(alice).get(f"{API}?{query}").json()["error"]["code"] == "bad_frame"


def test_a_part_of_a_name_finds_a_room_in_any_case_and_without_accents(program, alice, many):
    create_room(alice, "Das Über-Zimmer")
    found = [
        program(alice).get(API, {"q": words}).json()["rooms"]
        for words in ("ÜBER", "room 07", "über-z", "uber", "nothing")
    ]
    assert [[room["name"] for room in rooms] for rooms in found] == [
        ["Das Über-Zimmer"],
        ["Room 07"],
        ["Das Über-Zimmer"],
        ["Das Über-Zimmer"],
        [],
    ]


def test_unread_filter_lists_only_rooms_with_unread_messages(program, alice, bob, hall, ops):
    say(alice, hall)
    say(alice, ops)
    execute(Request(bob.pk, ops.pk, MarkUnread(seq=1)))
    assert [room["slug"] for room in program(bob).get(f"{API}?unread=true").json()["rooms"]] == ["ops", "hall"]
    assert program(alice).get(f"{API}?unread=true").json()["rooms"] == []


def test_own_rooms_and_what_they_are_to_a_person(program, alice, bob, carol, hall, ops):
    say(alice, hall)
    joining.star(bob, hall, True)
    profiles.set_notifications(bob, ops, "mentions")
    mine = {room["slug"]: room for room in program(bob).get(f"{API}?mine=1").json()["rooms"]}
    assert mine.keys() == {"hall", "ops", "lobby"}
    shown = {slug: [room[name] for name in ("joined", "starred", "level", "unread")] for slug, room in mine.items()}
    assert shown["hall"] == [True, True, "all", 1]
    assert shown["ops"] == [True, False, "mentions", 0]
    joining.leave(bob, hall)
    assert "hall" not in {room["slug"] for room in program(bob).get(f"{API}?mine=1").json()["rooms"]}
    assert "hall" not in {room["slug"] for room in program(bob).get(f"{API}?unread=1").json()["rooms"]}
    for client in (program(bob), program(carol)):
        room = client.get(f"{API}hall/").json()["room"]
        assert [room[name] for name in ("joined", "starred", "unread")] == [False, False, 0]


def test_a_private_room_is_not_found_by_its_name(program, carol, ops):
    assert program(carol).get(f"{API}?q=ops").json()["rooms"] == []


def test_a_position_survives_its_way_to_the_client(hall):
    hall.head.refresh_from_db()
    assert RoomPosition.parse(str(RoomPosition.of(hall))) == RoomPosition.of(hall)
    assert RoomPosition.of(hall).active_at == hall.head.active_at


def test_home_page_links_to_the_next_and_the_first_page(signed_in, alice, many):
    browser = signed_in(alice)
    first = browser.get("/")
    assert first.text.count('class="room-row"') == page.ROOMS_LIMIT
    second = browser.get(f"/?after={first.context['page'].next}")
    assert second.text.count('class="room-row"') == 11
    assert f'rel="next" href="/?after={first.context["page"].next}"' in first.text
    assert 'href="/">First page' in second.text
    assert 'rel="next"' not in second.text


def test_the_home_page_filters_by_name(signed_in, alice, many):
    found = signed_in(alice).get("/", {"q": "room 3"})
    assert found.text.count('class="room-row"') == 10
    assert "None of your rooms match" in signed_in(alice).get("/", {"q": "<none>"}).text


@each("query", ["after=x", "after=99999999999999999-1", "q=%00", "q=" + "x" * 900])
def test_the_home_page_takes_any_query(signed_in, alice, hall, query):
    assert signed_in(alice).get(f"/?{query}").status_code == 200


def test_the_home_page_does_not_grow_with_the_rooms(signed_in, alice, many, monkeypatch):
    monkeypatch.setattr(page, "ROOMS_LIMIT", 10)
    monkeypatch.setattr(room_list, "SIDEBAR_LIMIT", 10)
    before = len(signed_in(alice).get("/").content)
    for number in range(60, 80):
        create_room(alice, f"Room {number}")
    assert len(signed_in(alice).get("/").content) < before + 500


def test_the_search_page_lists_some_rooms_and_the_chosen_one(signed_in, alice, many, monkeypatch):
    monkeypatch.setattr(search, "ROOMS_LISTED", 5)
    found = signed_in(alice).get("/search/?room=room-00")
    assert found.text.count("<option") == 1 + 5 + 1
    assert 'value="room-00" selected' in found.text
    assert "most recently active rooms" in found.text


def test_a_page_is_one_statement(alice, many, django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        assert len(room_list.page(alice, limit=50, query="room").rooms) == 50
    assert "LIMIT 51" in asked.captured_queries[0]["sql"]


def test_a_deactivated_person_has_no_rooms(alice, hall):
    alice.is_active = False
    assert room_list.page(alice, limit=50).rooms == []
    assert Room.objects.exists()
