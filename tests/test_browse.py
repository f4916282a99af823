"""The page that lists public rooms, and the forms that join, leave and star a room."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.actions import joining, rooms
from chat.actions.rooms import create_room
from chat.models import Membership, Room
from chat.room_list import NamePosition
from chat.views import browse
from tests.cases import each
from tests.cast import say

JSON = {"Accept": "application/json"}


def names(response):
    return re.findall('<strong class="room-row-name"><bdi>(.*?)</bdi>', response.text)


def row(response, slug):
    found = re.search(f'<li class="room-item" data-place="{slug}">.*?</li>', response.text, re.DOTALL)
    assert found
    return found[0]


def place(person, room):
    return Membership.objects.get(person=person, room=room)


def test_public_rooms_are_listed_by_name_in_pages(signed_in, alice, carol, hall, ops, monkeypatch):
    monkeypatch.setattr(browse, "ROOMS_LIMIT", 2)
    create_room(alice, "zoo")
    create_room(alice, "Attic & <b>")
    browser = signed_in(carol)
    pages, address = [], "/browse/"
    while address:
        page = browser.get(address)
        pages.append(names(page))
        following = re.search('rel="next" href="([^"]+)"', page.text)
        address = following and following[1].replace("&amp;", "&")
    assert pages == [["Attic &amp; &lt;b&gt;", "Hall"], ["Lobby", "zoo"]]


def test_names_that_differ_only_in_case_are_paged_by_id(signed_in, carol, hall, monkeypatch):
    monkeypatch.setattr(browse, "ROOMS_LIMIT", 1)
    Room.objects.update(name="Same")
    browser, after = signed_in(carol), NamePosition("same", 0)
    ids = []
    for _ in range(2):
        [room] = browser.get("/browse/", {"after": str(after)}).context["page"].rooms
        after = NamePosition(room.name, room.pk)
        ids.append(room.pk)
    assert ids == sorted(Room.objects.values_list("pk", flat=True))


def test_rows_say_what_a_room_is_to_the_reader(signed_in, alice, bob, carol, hall, ops):
    for _ in range(2):
        say(alice, hall)
    browser = signed_in(bob)
    mine, others = row(browser.get("/browse/"), "hall"), row(signed_in(carol).get("/browse/"), "hall")
    assert "2 members" in mine
    assert "For everybody" in mine
    assert 'data-when="joined" hidden' not in mine
    assert 'data-when="outside" hidden' in mine
    assert 'data-when="joined" hidden' in others
    assert 'data-when="outside" hidden' not in others
    rooms.archive(alice, hall)
    archived = row(signed_in(carol).get("/browse/"), "hall")
    assert "archived" in archived
    assert "join/" not in archived
    Membership.objects.filter(person=bob, room=hall).update(banned_at=timezone.now())
    assert names(browser.get("/browse/")) == ["Lobby"]


def test_rooms_are_found_by_a_part_of_the_name(signed_in, alice, carol, hall, ops):
    browser = signed_in(carol)
    create_room(alice, "Über Zimmer")
    assert names(browser.get("/browse/", {"q": "uber"})) == ["Über Zimmer"]
    assert "No public rooms match" in browser.get("/browse/", {"q": "ops"}).text
    assert "No more rooms" in browser.get("/browse/", {"after": "1-zzz"}).text


@each("query", ["after=x", "after=1-%00", "after=9999999999999999999-x", "q=%00", "q=" + "x" * 900])
def test_the_browse_page_takes_any_query(signed_in, alice, hall, query):
    assert signed_in(alice).get(f"/browse/?{query}").status_code == 200


def test_the_browse_page_takes_one_statement_for_its_rooms(signed_in, alice, hall):
    browser, counts = signed_in(alice), []
    for number in range(2):
        for each_one in range(20 * number):
            create_room(alice, f"Room {each_one}")
        browser.get("/browse/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/browse/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert sum("LIMIT 51" in query["sql"] for query in queries) == 1


def test_a_newcomer_without_rooms_sees_what_to_do(signed_in, carol):
    browser = signed_in(carol)
    Membership.objects.filter(person=carol).delete()
    home = browser.get("/").text
    assert "You haven’t joined any rooms yet" in home
    assert 'href="/browse/"' in home[home.index("<main") :]


def test_forms_join_star_and_leave_and_lead_back(signed_in, alice, carol, hall):
    browser = signed_in(carol)
    say(alice, hall)
    answer = browser.post("/rooms/hall/join/", {"next": "/browse/?q=ha"})
    assert (answer.status_code, answer["Location"]) == (302, "/browse/?q=ha")
    assert place(carol, hall).read_seq == 1
    assert browser.post("/rooms/hall/star/")["Location"] == "/rooms/hall/"
    assert place(carol, hall).starred_at
    browser.post("/rooms/hall/star/", {"on": "0"})
    assert place(carol, hall).starred_at is None
    assert browser.post("/rooms/hall/leave/", {"next": "https://evil.example/"})["Location"] == "/rooms/hall/"
    assert place(carol, hall).left_at


def test_scripts_get_the_room_as_it_is_in_lists(signed_in, carol, hall):
    browser = signed_in(carol)
    for action, joined, starred, members in (
        ("join", True, False, 3),
        ("star", True, True, 3),
        ("leave", False, False, 2),
    ):
        answer = browser.post(f"/rooms/hall/{action}/", headers=JSON).json()
        room = answer["room"]
        assert (room["joined"], room["starred"], answer["members"]) == (joined, starred, members), action


def test_leaving_a_private_room_asks_first(signed_in, bob, ops):
    browser = signed_in(bob)
    question = browser.post("/rooms/ops/leave/").text
    assert "You can’t come back by yourself." in question
    assert browser.post("/rooms/ops/leave/", headers=JSON).json()["error"]["code"] == "conflict"
    assert place(bob, ops).is_current
    assert "You can’t come back by yourself." in browser.get("/rooms/ops/leave/").text
    assert browser.post("/rooms/ops/leave/", {"confirmed": "1"})["Location"] == "/"
    assert browser.get("/rooms/ops/leave/").status_code == 404
    assert not place(bob, ops).is_current


def test_a_script_that_leaves_a_private_room_gets_no_room(signed_in, bob, ops):
    answer = signed_in(bob).post("/rooms/ops/leave/", {"confirmed": "1"}, headers=JSON)
    assert (answer.status_code, answer.content) == (204, b"")


def test_refusals_say_why(signed_in, alice, carol, hall, ops):
    refused = signed_in(alice).post("/rooms/hall/leave/")
    assert refused.status_code == 400
    assert "You’re the only owner of this room." in refused.text
    assert signed_in(alice).post("/rooms/hall/leave/", headers=JSON).json()["error"]["code"] == "conflict"
    rooms.archive(alice, hall)
    assert signed_in(carol).post("/rooms/hall/join/", headers=JSON).json()["error"]["code"] == "archived"
    for action in ("join", "leave", "star"):
        assert signed_in(carol).post(f"/rooms/ops/{action}/").status_code == 404
        assert Client(enforce_csrf_checks=True).post(f"/rooms/hall/{action}/").status_code == 403


def test_changes_of_memberships_are_limited(signed_in, carol, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.01, 2
    browser = signed_in(carol)
    browser.post("/rooms/hall/join/")
    browser.post("/rooms/hall/star/")
    assert browser.post("/rooms/hall/leave/").status_code == 429
    answer = browser.post("/rooms/hall/leave/", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert place(carol, hall).is_current


def test_the_home_page_shows_stars(signed_in, alice, hall):
    joining.star(alice, hall, True)
    assert 'aria-pressed="true"' in row(signed_in(alice).get("/"), "hall")
    assert 'aria-pressed="false"' in row(signed_in(alice).get("/"), "lobby")
