"""The members of a room, the card of a person, and the room page of someone who has not joined."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.actions import joining, sanctions
from chat.actions.accounts import sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.models import Membership, Person, Presence, Room, Worker
from tests.cast import PASSWORD, say

MEMBERS = "/api/rooms/{}/members/"
# The token with its person, the room, the page and the count.
STATEMENTS = 4


def members(client, room, **query):
    """Return (names, more, count) of a page of members."""
    answer = client.get(MEMBERS.format(room.slug), query).json()
    return [it["person"]["name"] for it in answer["members"]], answer["more"], answer["count"]


def card(client, person):
    return client.get(f"/api/people/{person.pk}/")


# ---- Members


def test_pages_of_members_hold_each_once_by_name(program, alice, bob, hall):
    people = [sign_up(f"Person {number}", PASSWORD) for number in range(5)]
    import_memberships(hall, map(MembershipImport, people))
    client, seen, after = program(bob), [], 0
    while True:
        answer = client.get(MEMBERS.format("hall"), {"limit": 3, "after": after}).json()
        seen += [it["person"]["name"] for it in answer["members"]]
        after = answer["members"][-1]["person"]["id"]
        if not answer["more"]:
            break
    assert seen == ["alice", "bob", *(it.name for it in people)]
    assert members(client, hall, q="PERSON 3") == (["Person 3"], False, 7)
    assert members(client, hall, q="nobody") == ([], False, 7)
    assert members(client, hall, after=2**40)[0] == []
    roles = {it["person"]["name"]: it["role"] for it in client.get(MEMBERS.format("hall")).json()["members"]}
    assert (roles["alice"], roles["bob"]) == ("owner", "member")


def test_only_people_who_belong_to_a_room_are_its_members(program, alice, bob, carol, gil, hall):
    joining.join(carol, hall)
    joining.join(gil, hall)
    joining.leave(carol, hall)
    sanctions.ban(alice, hall, gil, reason="")
    assert members(program(alice), hall) == (["alice", "bob"], False, 2)


def test_members_of_a_private_room_are_for_its_members(program, bob, carol, ops):
    assert members(program(bob), ops)[0] == ["alice", "bob"]
    assert program(carol).get(MEMBERS.format("ops")).status_code == 404


def test_a_page_of_members_takes_as_many_statements_in_a_large_room(program, alice, hall, django_assert_num_queries):
    client = program(alice)
    client.get(MEMBERS.format("hall"))  # notes the use of the token
    people = Person.objects.bulk_create(Person(name=f"p{n}", handle=f"p{n}", search_name=f"p{n}") for n in range(300))
    Membership.objects.bulk_create(Membership(room=hall, person=person) for person in people)
    with django_assert_num_queries(STATEMENTS):
        assert len(members(client, hall, limit=200)[0]) == 200


# ---- The card of a person


def test_card_names_the_rooms_to_which_both_belong_and_no_other(program, alice, bob, carol, hall, ops):
    answer = card(program(bob), alice).json()
    assert answer["person"] == {"id": alice.pk, "name": "alice", "guest": False}
    assert answer["since"].endswith("Z")
    assert [room["slug"] for room in answer["rooms"]] == ["hall", "lobby", "ops"]
    joining.leave(bob, hall)
    assert [room["slug"] for room in card(program(bob), alice).json()["rooms"]] == ["lobby", "ops"]
    assert [room["slug"] for room in card(program(carol), alice).json()["rooms"]] == ["lobby"]


@pytest.fixture
def apart(alice, bob, carol, hall, ops):
    """Carol and bob, who share no room: bob belongs to the private room only."""
    Membership.objects.exclude(room=ops).filter(person__in=[bob, carol]).delete()


def test_people_of_a_private_room_do_not_exist_for_others(program, bob, carol, apart, ops):
    say(bob, ops)
    assert card(program(carol), bob).status_code == 404
    assert card(program(bob), bob).status_code == 200


def test_author_of_a_readable_message_has_a_card(program, bob, carol, apart, hall):
    say(bob, hall)
    Membership.objects.filter(person=bob, room=hall).delete()
    assert card(program(carol), bob).json()["rooms"] == []
    sanctions_row = Membership.objects.create(person=carol, room=hall, floor_seq=hall.messages.get().seq)
    assert card(program(carol), bob).status_code == 404, "the message is below the floor"
    sanctions_row.floor_seq, sanctions_row.banned_at = None, timezone.now()
    sanctions_row.save()
    assert card(program(carol), bob).status_code == 404, "banned from the room"


def test_person_who_is_online_in_a_room_one_sees_has_a_card(program, bob, carol, apart, hall):
    Presence.objects.create(worker=Worker.objects.create(), room=hall, person=bob)
    assert card(program(carol), bob).status_code == 200


def test_deleted_or_inactive_person_has_no_card(program, alice, bob, hall):
    Person.objects.filter(pk=bob.pk).update(is_active=False)
    assert card(program(alice), bob).status_code == 404


def test_card_takes_as_many_statements_with_many_rooms(program, alice, bob, hall):
    client = program(alice)

    def statements():
        with CaptureQueriesContext(connection) as found:
            assert card(client, bob).status_code == 200
        return len(found)

    statements()
    few = statements()
    rooms = Room.objects.bulk_create(Room(slug=f"r{n}", name=f"Room {n}", search_name=f"room {n}") for n in range(60))
    Membership.objects.bulk_create(Membership(room=room, person=it) for room in rooms for it in (alice, bob))
    assert statements() == few
    answer = card(client, bob).json()
    assert (len(answer["rooms"]), answer["more"]) == (50, True)


# ---- The page of someone who has not joined


def data_of(page):
    return json.loads(re.search(r'<script id="page-data"[^>]*>(.*?)</script>', page)[1])


def is_hidden(page, mark):
    """Return whether the element with this attribute is hidden at first."""
    return " hidden" in re.search(rf"<[^>]* {mark}[^>]*>", page)[0]


def test_reading_a_public_room_is_not_joining_it(signed_in, alice, carol, hall):
    say(alice, hall, "for everyone")
    page = signed_in(carol).get("/rooms/hall/").text
    assert "for everyone" in page
    assert not Membership.objects.filter(person=carol, room=hall).exists()
    assert data_of(page)["standing"]["member"] is False
    assert [is_hidden(page, it) for it in ("data-join", "data-writing", "data-star", "data-bell")] == [
        False, True, True, True,
    ]  # fmt: skip
    assert "with 2 members" in page
    joining.join(carol, hall)
    page = signed_in(carol).get("/rooms/hall/").text
    assert [is_hidden(page, it) for it in ("data-join", "data-writing", "data-star", "data-bell")] == [
        True, False, False, False,
    ]  # fmt: skip


def test_form_of_the_page_joins_without_scripts(carol, hall):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carol)
    page = browser.get("/rooms/hall/").text
    token = re.search(r'value="([^"]+)" form="join-form"', page)[1]
    action = re.search(r'id="join-form" action="([^"]+)"', page)[1]
    answer = browser.post(action, {"csrfmiddlewaretoken": token})
    assert (answer.status_code, answer["Location"]) == (302, "/rooms/hall/")
    assert Membership.objects.current().filter(person=carol, room=hall).exists()


def test_someone_who_left_sees_no_unread_line_and_starts_at_the_end(signed_in, alice, bob, hall):
    for _ in range(80):
        say(alice, hall)
    Membership.objects.filter(person=bob, room=hall).update(read_seq=3, left_at=timezone.now())
    page = signed_in(bob).get("/rooms/hall/")
    assert (page.context["history"][-1].message.seq, data_of(page.text)["read"]) == (80, 0)
    assert not any(line.is_first_unread for line in page.context["history"])


def test_archived_room_offers_no_joining(signed_in, carol, hall):
    Room.objects.filter(pk=hall.pk).update(archived_at=timezone.now())
    page = signed_in(carol).get("/rooms/hall/").text
    assert is_hidden(page, "data-join")
    assert "This room is archived." in page


def test_room_page_takes_one_statement_more_for_someone_who_did_not_join(signed_in, alice, bob, carol, hall):
    def statements(person):
        browser = signed_in(person)
        browser.get("/rooms/hall/")  # notes the use of the session
        with CaptureQueriesContext(connection) as found:
            assert browser.get("/rooms/hall/").status_code == 200
        return len(found)

    assert statements(carol) == statements(bob) + 1
